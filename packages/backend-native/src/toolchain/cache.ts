import type { Host } from './host.ts';

/** So much of compiled code is kept; what was used longest ago goes first. */
const mostBytes = 256 * 2 ** 20;
const mostEntries = 1024;
/** Beside the compiled code: answers of compilers, some kilobytes for each that was ever used. */
export const answers = 'compilers';

/** A folder of compiled code. */
export interface Folder {
  readonly path: string;
  /** Why nothing is kept in it; undefined for one that is kept. */
  readonly passing: string | undefined;
}

/** A folder that only this user can write in, or why there is none. */
export type Own =
  | { readonly path: string; readonly why?: undefined }
  | { readonly path?: undefined; readonly why: string };

/** The folder for what this user compiles: `own`, else one that passes. */
export function cacheFolder({ fs, os, path }: Host, own: Own): Folder {
  if (own.path !== undefined) return { path: own.path, passing: undefined };
  return { path: fs.mkdtempSync(path.join(os.tmpdir(), 'pullback-native-')), passing: own.why };
}

/** The folder of that name, made where it is missing; the usual one when it is left out. */
export function ownFolder(host: Host, wanted?: string | false): Own {
  if (wanted === false) return { why: 'no cache is wanted' };
  try {
    const folder = wanted ?? usualFolder(host);
    host.fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const why = whyNotOwn(host, folder);
    return why === undefined ? { path: folder } : { why };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

function usualFolder({ process, os, path }: Host): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  const base =
    XDG_CACHE_HOME ||
    (process.platform === 'win32' && LOCALAPPDATA) ||
    path.join(os.homedir(), process.platform === 'darwin' ? 'Library/Caches' : '.cache');
  return path.join(base, 'pullback', 'native');
}

/** Code is loaded only from where nobody else can write. */
function whyNotOwn({ fs, process }: Host, folder: string): string | undefined {
  const found = fs.lstatSync(folder);
  if (!found.isDirectory()) return `${folder} is no folder`;
  const user = process.getuid?.();
  if (user === undefined) return undefined;
  if (found.uid !== user) return `${folder} belongs to another user`;
  if ((found.mode & 0o077) !== 0)
    return `${folder} is open to other users (mode ${(found.mode & 0o777).toString(8)}, wanted 700)`;
  return undefined;
}

/** The name of what was compiled from that text. */
export function nameOf({ crypto }: Host, text: string): string {
  return crypto.createHash('sha256').update(text).digest('hex').slice(0, 40);
}

/** The shared object of exactly that text, where it lies complete in the folder. */
export function cached(host: Host, folder: string, name: string, text: string): string | undefined {
  const { fs, path } = host;
  const entry = path.join(folder, name);
  const object = path.join(entry, 'object.so');
  try {
    if (fs.readFileSync(path.join(entry, 'source.c'), 'utf8') !== text) return undefined;
    if (fs.readFileSync(path.join(entry, 'sum'), 'utf8') !== sumOf(host, object)) return undefined;
    const now = new Date();
    fs.utimesSync(entry, now, now);
    return object;
  } catch {
    return undefined;
  }
}

function sumOf({ fs, crypto }: Host, file: string): string {
  return crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}

/** Puts a complete entry in its place at once, over one that is broken. @returns its shared object. */
export function keep(host: Host, folder: string, name: string, made: string): string {
  const { fs, path } = host;
  fs.writeFileSync(path.join(made, 'sum'), sumOf(host, path.join(made, 'object.so')));
  const entry = path.join(folder, name);
  const text = fs.readFileSync(path.join(made, 'source.c'), 'utf8');
  try {
    fs.renameSync(made, entry);
  } catch {
    // Somebody was faster, or what lies there is broken.
    const other = cached(host, folder, name, text);
    if (other !== undefined) {
      fs.rmSync(made, { recursive: true, force: true });
      return other;
    }
    fs.rmSync(entry, { recursive: true, force: true });
    fs.renameSync(made, entry);
  }
  bound(host, folder, name);
  return path.join(entry, 'object.so');
}

function bound({ fs, path }: Host, folder: string, own: string): void {
  try {
    const entries = fs
      .readdirSync(folder)
      .filter((name) => name !== own && name !== answers)
      .map((name) => {
        const entry = path.join(folder, name);
        const sizes = fs.readdirSync(entry).map((file) => fs.statSync(path.join(entry, file)).size);
        return { entry, used: fs.statSync(entry).mtimeMs, bytes: sizes.reduce((sum, size) => sum + size, 0) };
      })
      .sort((a, b) => b.used - a.used);
    let bytes = 0;
    entries.forEach(({ entry, bytes: size }, i) => {
      bytes += size;
      if (i >= mostEntries || bytes > mostBytes) fs.rmSync(entry, { recursive: true, force: true });
    });
  } catch {
    // Another process cleans up as well.
  }
}

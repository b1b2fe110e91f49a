import { type FileSystem, here, type Processes, paths } from './file-system.ts';

/*
 * A file that is being saved has the name of its target, then `.pullback-MACHINE-PROCESS-RANDOM.tmp`. One whose process was killed stays,
 * and is removed by the next save to the same target.
 */

/** The names of files that this thread is writing. */
const busy = new Set<string>();
const ending = /^\.pullback-([0-9a-f]{8})-(\d+)-[0-9a-f]{16}\.tmp$/;
/** A file of another machine, or of another thread, is left alone until nothing was written to it for so long. */
const patience = 3_600_000;

/** A new name beside `path`; `done` is called when the file is renamed or gone. */
export async function temporaryName(path: string): Promise<{ readonly path: string; done(): void }> {
  const { process, machine } = await here();
  const random = crypto.getRandomValues(new Uint32Array(2));
  const unique = Array.from(random, (word) => word.toString(16).padStart(8, '0')).join('');
  const name = `${path}.pullback-${digestOf(machine)}-${process.pid}-${unique}.tmp`;
  busy.add(name);
  return { path: name, done: () => void busy.delete(name) };
}

/** Removes what killed saves to `path` left. */
export async function removeStale(files: FileSystem, path: string): Promise<void> {
  const { basename, dirname, join } = await paths();
  const { process, machine } = await here();
  const [folder, base] = [dirname(path), basename(path)];
  for (const name of await files.readdir(folder).catch(() => [])) {
    const [, where, number] = (name.startsWith(base) && ending.exec(name.slice(base.length))) || [];
    if (where === undefined || busy.has(`${path}${name.slice(base.length)}`)) continue;
    const file = join(folder, name);
    const gone = where === digestOf(machine) && !runs(process, Number(number));
    if (gone || (await ageOf(files, file)) > patience) await files.unlink(file).catch(() => {});
  }
}

async function ageOf(files: FileSystem, file: string): Promise<number> {
  const { mtimeMs } = await files.stat(file).catch(() => ({ mtimeMs: Infinity }));
  return Date.now() - mtimeMs;
}

/** Whether a process of that number is there; one of another user may not be asked, but is. */
function runs(process: Processes, number: number): boolean {
  try {
    process.kill(number, 0);
    return true;
  } catch (failure) {
    return !(failure instanceof Error && 'code' in failure && failure.code === 'ESRCH');
  }
}

/** FNV-1a, so that a name of any characters and length has eight. */
function digestOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

import { UnsupportedError } from '@pullback/core';
import { cached, type Folder, keep, nameOf } from './cache.ts';
import type { Compiler } from './compiler.ts';
import type { Host } from './host.ts';

export interface BuildOptions {
  readonly compiler: Compiler;
  readonly folder: Folder;
  /** Seconds that the compiler may take. */
  readonly timeout: number;
}

const building = new Map<string, Promise<string>>();

/** The path of the shared object of a C text: from the cache, or compiled by another process meanwhile. @throws UnsupportedError */
export async function objectOf(host: Host, source: string, options: BuildOptions): Promise<string> {
  const { compiler, folder } = options;
  const text = `${source}\n/* ${compiler.key.replaceAll('*/', '* /')} */\n`;
  const name = nameOf(host, text);
  const known = cached(host, folder.path, name, text);
  if (known !== undefined) return known;
  const place = host.path.join(folder.path, name);
  const running =
    building.get(place) ?? build(host, name, text, options).finally(() => building.delete(place));
  building.set(place, running);
  return running;
}

async function build(
  host: Host,
  name: string,
  text: string,
  { compiler, folder, timeout }: BuildOptions,
): Promise<string> {
  const { fs, path } = host;
  const { command, flags } = compiler;
  let made: string;
  try {
    made = fs.mkdtempSync(path.join(folder.path, `${name.slice(0, 8)}-`));
    fs.writeFileSync(path.join(made, 'source.c'), text);
  } catch (error) {
    throw new UnsupportedError({
      got: `${error instanceof Error ? error.message : String(error)}`,
      expected: `room for C in ${folder.path}`,
      hint: "native({ cache }) names another folder. The backend 'wasm' needs none.",
    });
  }
  const [source, object] = [path.join(made, 'source.c'), path.join(made, 'object.so')];
  const why = await run(
    host,
    command,
    [...flags, '-shared', '-x', 'c', source, '-o', object, '-lm'],
    timeout,
  );
  if (why === undefined) return keep(host, folder.path, name, made);
  throw new UnsupportedError({
    got: `${command} failed: ${why}`,
    expected: 'a shared object',
    hint: `Its source stays as ${source}. Another compiler is named by CC or native({ compiler }); the backend 'wasm' needs none.`,
  });
}

/** Why a command failed; undefined where it did not. */
function run(
  { children }: Host,
  command: string,
  given: readonly string[],
  seconds: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    children.execFile(
      command,
      given,
      { timeout: seconds * 1000, killSignal: 'SIGKILL', maxBuffer: 2 ** 24 },
      (error, _, stderr) => {
        if (error === null) resolve(undefined);
        else if (error.killed) resolve(`it took longer than ${seconds} s`);
        else resolve(stderr.trim().split('\n').slice(0, 5).join('\n').slice(0, 400) || error.message);
      },
    );
  });
}

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

/** Between the files of a text, and before what the compiler says of itself. */
const separator = '\n/* ---- */\n';

const building = new Map<string, Promise<string>>();

/** The path of the shared object of C files: from the cache, or compiled. @throws UnsupportedError */
export async function objectOf(host: Host, parts: readonly string[], options: BuildOptions): Promise<string> {
  const { compiler, folder } = options;
  const text = [...parts, compiler.key].join(separator);
  const name = nameOf(host, text);
  const known = cached(host, folder.path, name, text);
  if (known !== undefined) return known;
  const place = host.path.join(folder.path, name);
  const running =
    building.get(place) ?? build(host, name, text, parts, options).finally(() => building.delete(place));
  building.set(place, running);
  return running;
}

async function build(
  host: Host,
  name: string,
  text: string,
  parts: readonly string[],
  { compiler, folder, timeout }: BuildOptions,
): Promise<string> {
  const { fs, path } = host;
  const { command, flags } = compiler;
  let made = '';
  const inFolder = (file: string) => path.join(made, file);
  /** The result of `write`. @throws UnsupportedError where the disk is full: nothing is left of it then. */
  const written = <T>(write: () => T): T => {
    try {
      return write();
    } catch (error) {
      if (made !== '') fs.rmSync(made, { recursive: true, force: true });
      throw new UnsupportedError({
        got: `${error instanceof Error ? error.message : String(error)}`,
        expected: `room for C in ${folder.path}`,
        hint: "native({ cache }) names another folder. The backend 'wasm' needs none.",
      });
    }
  };
  written(() => {
    made = fs.mkdtempSync(path.join(folder.path, `${name.slice(0, 8)}-`));
    fs.writeFileSync(inFolder('source.c'), text);
    parts.forEach((part, i) => {
      fs.writeFileSync(inFolder(`${i}.c`), part);
    });
  });
  const objects = parts.map((_, i) => inFolder(`${i}.o`));
  const compiled = await Promise.all(
    objects.map((object, i) =>
      run(host, command, [...flags, '-c', inFolder(`${i}.c`), '-o', object], timeout),
    ),
  );
  const why =
    compiled.find((each) => each !== undefined) ??
    (await run(
      host,
      command,
      ['-shared', ...objects, '-o', inFolder('object.so'), '-lm', '-pthread', '-ldl'],
      timeout,
    ));
  for (const object of objects) fs.rmSync(object, { force: true });
  if (why === undefined) {
    for (const i of parts.keys()) fs.rmSync(inFolder(`${i}.c`));
    return written(() => keep(host, folder.path, name, made));
  }
  throw new UnsupportedError({
    got: `${command} failed: ${why}`,
    expected: 'a shared object',
    hint: `Its source stays in ${made}. Another compiler is named by CC or native({ compiler }); the backend 'wasm' needs none.`,
  });
}

/** Why a command failed; undefined where it did not. A command that takes too long is ended with all processes that it began. */
function run(
  { children, process }: Host,
  command: string,
  given: readonly string[],
  seconds: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = children.spawn(command, given, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    const timer = setTimeout(() => {
      said = `it took longer than ${seconds} s`;
      child.stderr.removeAllListeners('data');
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        child.kill('SIGKILL');
      }
    }, seconds * 1000);
    child.stderr.on('data', (text: Buffer) => {
      said = `${said}${text.toString()}`.slice(0, 1000);
    });
    child.on('error', ({ message }) => {
      clearTimeout(timer);
      resolve(message);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      const lines = said.trim().split('\n').slice(0, 5).join('\n').slice(0, 400);
      resolve(code === 0 ? undefined : lines || `it ended with ${code}`);
    });
  });
}

import { UnsupportedError } from '@pullback/core';
import { answerOf } from './answers.ts';
import type { Host } from './host.ts';

/** A C compiler and what it says of itself and of this processor. */
export interface Compiler {
  readonly command: string;
  readonly flags: readonly string[];
  /** The macros that it predefines, its version and the features of the processor among them. */
  readonly macros: ReadonlyMap<string, string>;
  /** All that decides about its code, in writing. */
  readonly key: string;
}

const usual = ['cc', 'gcc', 'clang'];
/** Some compilers take the processor by the one flag, some by the other. */
const processorFlags = [['-march=native'], ['-mcpu=native'], []];
/** Sums in the order that is written, multiply-add only where it is written; results do not depend on errno or traps. */
const common = [
  '-ffp-contract=off',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-fno-strict-aliasing',
  '-fPIC',
  '-pthread',
  '-fvisibility=hidden',
  '-w',
];

const known = new Map<string, Compiler | string>();

/**
 * The compiler of that name, or `CC`, or the first of cc, gcc and clang.
 * @throws UnsupportedError where none runs, with what to install.
 */
export function compilerOf(
  host: Host,
  named: string | undefined,
  folder: string | undefined,
  optimize = 3,
): Compiler {
  const found = foundCompiler(host, named, folder);
  const level = `-O${optimize}`;
  if (typeof found !== 'string')
    return { ...found, flags: [level, ...found.flags], key: `${level} ${found.key}` };
  throw new UnsupportedError({
    got: `no C compiler that runs: ${found}`,
    expected: 'cc, gcc or clang',
    hint: "Install one (Debian: apt install gcc libc6-dev; macOS: xcode-select --install), or name it by CC or native({ compiler }). The backend 'wasm' needs none.",
  });
}

/** The compiler, or why there is none. It is looked for once; what it says is kept in `folder`, where there is one, for other processes. */
export function foundCompiler(
  host: Host,
  named: string | undefined,
  folder: string | undefined,
): Compiler | string {
  const { CC } = host.process.env;
  const candidates = named !== undefined ? [named] : CC !== undefined && CC !== '' ? [CC] : usual;
  const reasons: string[] = [];
  for (const command of candidates) {
    const found = known.get(command) ?? probe(host, command, folder);
    known.set(command, found);
    if (typeof found !== 'string') return found;
    reasons.push(found);
  }
  return reasons.join('; ');
}

function probe(host: Host, command: string, folder: string | undefined): Compiler | string {
  let reason = '';
  for (const processor of processorFlags) {
    const given = [...processor, '-dM', '-E', '-x', 'c', '-'];
    const answer = answerOf(host, folder, command, given, () => {
      const { error, status, stdout, stderr } = host.children.spawnSync(command, given, {
        input: '',
        encoding: 'utf8',
        timeout: 10_000,
      });
      // Deno gives nothing at all where it may not run a command.
      const said = `${stderr ?? 'may not be run (in Deno: --allow-run)'}`.trim().slice(0, 200);
      reason = error?.message ?? `${command} ${status === undefined ? '' : `ends with ${status}: `}${said}`;
      if (error !== undefined || status === undefined) return { ends: true };
      return status === 0 ? { text: stdout } : { ends: false };
    });
    if ('ends' in answer) {
      if (answer.ends) break;
      continue;
    }
    const macros = new Map(
      answer.text.split('\n').flatMap((line): [string, string][] => {
        const [, name, text] = /^#define (\S+) ?(.*)$/.exec(line) ?? [];
        return name === undefined ? [] : [[name, text ?? '']];
      }),
    );
    if (!macros.has('__GNUC__')) return `${command} has no vector extensions of GCC`;
    const wide = macros.has('__AVX512F__') && !macros.has('__clang__') ? ['-mprefer-vector-width=512'] : [];
    const flags = [...common, ...processor, ...wide];
    return { command, flags, macros, key: [command, ...flags, answer.text].join('\n') };
  }
  return reason;
}

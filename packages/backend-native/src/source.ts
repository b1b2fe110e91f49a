import type { Kernel, Kernels, WholeKernel } from '@pullback/compiler';
import { prelude } from './c/prelude.ts';
import { usedBy } from './c/used.ts';
import type { Call } from './kernels/call.ts';
import { type Defined, Functions } from './kernels/functions.ts';
import type { Target } from './target.ts';
import { handSource, togetherSource } from './threads/together.ts';

/** A kernel is done by a function, with places where its buffers begin, or by the host; some have nothing to do. */
export type Task = Call | { readonly host: WholeKernel } | undefined;

/** The kernels of a Program in C: one function for all that are equal but for their buffers. */
export interface Source {
  /** As at most so many files, which are compiled side by side. */
  inParts(most: number): string[];
  /** The functions `kernel_0`, `kernel_1` ... (buffers, first unit, the one behind the last, scratch), each with what it calls before it. */
  readonly functions: readonly string[];
  taskOf(kernel: Kernel): Task;
}

/** @param wide operations and elements from which on a kernel is divided among threads; for one thread when left out. */
export function sourceOf(kernels: Kernels, target: Target, wide?: number): Source {
  const functions = new Functions(kernels, target, wide);
  const { list } = functions;
  return {
    inParts: (most) => inParts(list, target, { most, threads: wide !== undefined }),
    functions: list.map(({ text }) => text),
    taskOf: (kernel) => {
      const call = functions.callOf(kernel, kernels.lowered.specs);
      return call === undefined && kernel.kind === 'whole' ? { host: kernel } : call;
    },
  };
}

/** Fewer characters of C than this are not worth a file, whose first lines are as many. */
const fewest = 12_000;

function inParts(
  list: readonly Defined[],
  target: Target,
  { most, threads }: { readonly most: number; readonly threads: boolean },
): string[] {
  const texts = list.flatMap(({ isRepetition, text }) => (isRepetition ? [] : [text]));
  const size = texts.reduce((sum, { length }) => sum + length, 0);
  const parts = Array.from({ length: Math.max(1, Math.min(most, Math.round(size / fewest))) }, () => ({
    texts: [] as string[],
    size: 0,
  }));
  for (const text of [...texts].sort((a, b) => b.length - a.length)) {
    const least = parts.reduce((a, b) => (b.size < a.size ? b : a));
    least.texts.push(text);
    least.size += text.length;
  }
  const before = prelude(target);
  return parts.map((part, i) => {
    const code = [...part.texts, ...(i === 0 ? stepOf(list, threads) : [])].join('\n\n');
    return `${usedBy(code, before)}\n\n${code}`;
  });
}

/**
 * The repetitions, and the function that does kernel after kernel as a script says, `times` times: of five numbers each, the kernel, its table, units; or
 * -1 and what is copied.
 */
function stepOf(list: readonly Defined[], threads: boolean): string[] {
  const named = (names: readonly string[]) => `{${[...names, '0'].join(', ')}}`;
  return [
    list.map(({ name }) => `void ${name}(char *const *, int64_t, int64_t, char *);`).join('\n'),
    ...(threads ? [handSource] : []),
    ...list.flatMap(({ isRepetition, text }) => (isRepetition ? [text] : [])),
    [
      '#define SEEN __attribute__((visibility("default")))',
      `static void (*const kernels[])(char *const *, int64_t, int64_t, char *) = ${named(list.map(({ name }) => name))};`,
      'static void one(const int64_t *s, char *scratch) {',
      '  if (s[0] < 0) memcpy((char *)(intptr_t)s[1], (const char *)(intptr_t)s[2], (size_t)s[3]);',
      '  else kernels[s[0]]((char *const *)(intptr_t)s[1], s[2], s[3], scratch);',
      '}',
      'SEEN void step(const int64_t *script, int64_t count, int64_t scratch, int64_t times) {',
      '  for (int64_t t = 0; t < times; t++)',
      '    for (const int64_t *s = script; s < script + 5 * count; s += 5) one(s, (char *)(intptr_t)scratch);',
      '}',
    ].join('\n'),
    ...(threads
      ? [
          `static void (*const together_of[])(char *const *, struct hand *) = ${named(list.map(({ together }) => together ?? '0'))};`,
          togetherSource,
        ]
      : []),
  ];
}

import {
  describeKernel,
  type Kernel,
  type Kernels,
  type LoopKernel,
  type ProductKernel,
  type Structure,
  structureOf,
  type WholeKernel,
} from '@pullback/compiler';
import { describeOrigins, type TensorSpec } from '@pullback/core';
import { usesDoubles } from './c/formulas.ts';
import { Lanes } from './c/lanes.ts';
import { prelude } from './c/prelude.ts';
import { usedBy } from './c/used.ts';
import { Buffers } from './kernels/buffers.ts';
import { writeColumns } from './kernels/columns.ts';
import { Loops } from './kernels/loops.ts';
import { printProduct } from './kernels/product.ts';
import { writeRows } from './kernels/rows.ts';
import { Scratch } from './kernels/scratch.ts';
import { isWritten, printWhole } from './kernels/whole.ts';
import type { Target } from './target.ts';
import { togetherSource } from './threads/together.ts';

/** A kernel as a function of the addresses of its buffers. */
export interface Function {
  /** Its place in the list of functions. */
  readonly index: number;
  readonly units: number;
  /** Bytes of scratch memory that each thread needs. */
  readonly scratch: number;
  /** Whether several threads may share the units. */
  readonly mayDivide: boolean;
}

/** A kernel is done by a function, with places where its buffers begin, or by the host. */
export type Task =
  | { readonly function: Function; readonly from: Structure['from'] }
  | { readonly host: WholeKernel };

/** The kernels of a Program in C: one function for all that are equal but for their buffers. */
export interface Source {
  /** As at most so many files, which are compiled side by side. */
  inParts(most: number): string[];
  /** The functions `kernel_0`, `kernel_1` ... (buffers, first unit, the one behind the last, scratch), each with what it calls before it. */
  readonly functions: readonly string[];
  taskOf(kernel: Kernel): Task;
}

export function sourceOf({ groups, lowered }: Kernels, target: Target, threads = false): Source {
  const functions = new Map<string, Function>();
  const texts: string[] = [];
  const origins = new Map<string, Kernel[]>();
  for (const kernel of groups.flat()) {
    const { key } = structureOf(kernel, lowered.specs);
    const same = origins.get(key);
    if (same === undefined) origins.set(key, [kernel]);
    else same.push(kernel);
  }
  for (const [key, [kernel, ...others]] of origins) {
    if (kernel === undefined || (kernel.kind === 'whole' && !isWritten(kernel))) continue;
    const printed = printKernel(kernel, lowered.specs, target, texts.length);
    const { units, scratch } = printed;
    functions.set(key, { index: texts.length, units, scratch, mayDivide: units > 1 && mayDivide(kernel) });
    texts.push([commentOf([kernel, ...others]), printed.text].join('\n'));
  }
  const names = texts.map((_, i) => `kernel_${i}`);
  return {
    inParts: (most) => inParts(texts, names, target, { most, threads }),
    functions: texts,
    taskOf: (kernel) => {
      const { key, from } = structureOf(kernel, lowered.specs);
      const known = functions.get(key);
      if (known !== undefined) return { function: known, from };
      return kernel.kind === 'whole'
        ? { host: kernel }
        : { function: { index: 0, units: 0, scratch: 0, mayDivide: false }, from };
    },
  };
}

/** Fewer characters of C than this are not worth a file, whose first lines are as many. */
const fewest = 12_000;

function inParts(
  texts: readonly string[],
  names: readonly string[],
  target: Target,
  { most, threads }: { readonly most: number; readonly threads: boolean },
): string[] {
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
  const declared = names.map((name) => `void ${name}(char *const *, int64_t, int64_t, char *);`);
  const before = prelude(target);
  return parts.map((part, i) => {
    const code = [...part.texts, ...(i === 0 ? [...declared, stepFunction(names, threads)] : [])].join(
      '\n\n',
    );
    return `${usedBy(code, before)}\n\n${code}`;
  });
}

function commentOf(kernels: readonly Kernel[]): string {
  const [first] = kernels;
  const from = describeOrigins(kernels.flatMap(({ origins }) => origins));
  const lines = [
    ...(first === undefined ? [] : describeKernel(first).split('\n')),
    ...(kernels.length > 1 ? [`for ${kernels.length} kernels`] : []),
    ...(from === '' ? [] : [`from ${from}`]),
  ];
  return lines.map((line) => `// ${line.replaceAll('\\', '/')}`).join('\n');
}

interface Printed {
  readonly text: string;
  readonly units: number;
  readonly scratch: number;
}

function printKernel(
  given: Kernel,
  specs: ReadonlyMap<number, TensorSpec>,
  target: Target,
  index: number,
): Printed {
  const { from, kernel } = structureOf(given, specs);
  const buffers = from.map(({ buffer }) => buffer);
  const scratch = new Scratch();
  const name = `kernel_${index}`;
  const places = new Buffers(buffers);
  const define = (lines: readonly string[], functions: readonly string[] = []): string =>
    [
      ...functions,
      `void ${name}(char *const *b_, int64_t from, int64_t to, char *scratch) {`,
      ...[...places.prologue, ...lines].map((line) => `  ${line}`),
      '}',
    ].join('\n');
  if (kernel.kind === 'whole') {
    const specOf = (value = -1): TensorSpec => specs.get(value) ?? { shape: [], dtype: 'float32' };
    const text = define(printWhole(kernel, places, specOf, scratch));
    return { text, units: 1, scratch: scratch.bytes };
  }
  const lanes = lanesFor(kernel, target);
  if (kernel.kind === 'product') {
    const { functions, body, units } = printProduct(kernel, places, {
      target,
      lanes,
      scratch,
      buffers,
      name,
    });
    return { text: define(body.lines, functions), units, scratch: scratch.bytes };
  }
  const loops = new Loops(kernel, places, lanes, scratch);
  const { order } = kernel;
  if (order === 'map') loops.writeMap();
  else if (order === 'rows') writeRows(loops);
  else writeColumns(loops);
  return { text: define(loops.before.block.lines), units: loops.units, scratch: scratch.bytes };
}

/** As many lanes as fit of 32 bits, or of 64 bits where something in the kernel has them. */
function lanesFor({ statements }: LoopKernel | ProductKernel, { lanes }: Target): Lanes {
  if (lanes === 1) return new Lanes(1);
  const isWide = statements.some(
    (statement) =>
      statement.dtype === 'float64' ||
      statement.inputs.some((input) => input.kind !== 'statement' && input.dtype === 'float64') ||
      (statement.kind === 'map' && usesDoubles(statement.formula)),
  );
  return isWide ? new Lanes(lanes / 2, true) : new Lanes(lanes);
}

/** Does kernel after kernel as a script says, `times` times: of five numbers each, the kernel, its table, units; or -1 and what is copied. */
function stepFunction(names: readonly string[], threads: boolean): string {
  return [
    '#define SEEN __attribute__((visibility("default")))',
    `static void (*const kernels[])(char *const *, int64_t, int64_t, char *) = {${[...names, '0'].join(', ')}};`,
    'static void one(const int64_t *s, char *scratch) {',
    '  if (s[0] < 0) memcpy((char *)(intptr_t)s[1], (const char *)(intptr_t)s[2], (size_t)s[3]);',
    '  else kernels[s[0]]((char *const *)(intptr_t)s[1], s[2], s[3], scratch);',
    '}',
    'SEEN void step(const int64_t *script, int64_t count, int64_t scratch, int64_t times) {',
    '  for (int64_t t = 0; t < times; t++)',
    '    for (const int64_t *s = script; s < script + 5 * count; s += 5) one(s, (char *)(intptr_t)scratch);',
    '}',
    ...(threads ? [togetherSource] : []),
  ].join('\n');
}

/** Whether the units of a kernel may be done by several threads: nothing is stored by more than one of them. */
function mayDivide(kernel: Kernel): boolean {
  if (kernel.kind === 'whole') return false;
  const { statements, stores, space } = kernel;
  const axis = kernel.kind === 'loop' && kernel.order === 'columns' ? kernel.outer : 0;
  const rows = space.length - 2;
  const along = kernel.kind === 'product' && space.slice(0, -2).every((extent) => extent === 1) ? rows : axis;
  return stores.every(({ statement }) => statements[statement]?.varies[along] === true);
}

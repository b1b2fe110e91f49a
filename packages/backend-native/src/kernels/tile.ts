import { bytesOf, type DType } from '@pullback/core';
import { Block } from '../c/block.ts';
import { elementType, kindOf, type Lanes } from '../c/lanes.ts';

/** Rows of B that are as far from each other, in bytes, are asked for so many steps before. */
const farBytes = 1024;
const ahead = 24;

export interface TileOptions {
  readonly height: number;
  /** In vectors. */
  readonly width: number;
  readonly lanes: Lanes;
  readonly dtype: DType;
  /** Strides of A, undefined where a strip is packed; the stride of B along the inner axis, undefined where a panel is packed. */
  readonly a: { readonly row: number; readonly inner: number } | undefined;
  readonly b: number | undefined;
  /** Steps of A that follow each other at one stride, and where those from a step on begin; undefined where all of them do. */
  readonly runs: { readonly length: number; at(step: string): string } | undefined;
  /** Whether sums may go on from those of an earlier pass. */
  readonly more: boolean;
}

/** A function that adds up a tile of C in registers. */
export function tileFunction(
  name: string,
  { height, width, lanes, dtype, a, b, runs, more }: TileOptions,
): string {
  const kind = kindOf(dtype);
  const [type, vector] = [elementType(dtype), lanes.type(kind)];
  const memory = lanes.memory(dtype);
  const { row, inner } = a ?? { row: 1, inner: Math.ceil(height / lanes.count) * lanes.count };
  const rows = Array.from({ length: height }, (_, r) => r);
  const vectors = Array.from({ length: width }, (_, v) => v);
  const loop = new Block();
  // Rows of B in pages of their own are not foreseen by the processor.
  if (b !== undefined && b * bytesOf(dtype) >= farBytes)
    for (const v of vectors) loop.line(`__builtin_prefetch(b + ${ahead * b + v * lanes.count});`);
  loop.line(
    `const ${vector} ${vectors.map((v) => `b${v} = load_${memory}(b + ${v * lanes.count})`).join(', ')};`,
  );
  for (const r of rows) {
    loop.line(`const ${vector} a${r} = ${lanes.splat(kind, `a[${r * row}]`)};`);
    for (const v of vectors)
      loop.line(`c${r}_${v} = ${lanes.call('madd', kind, `a${r}`, `b${v}`, `c${r}_${v}`)};`);
  }
  const steps = (depth: string, from: string) => [
    `for (int64_t k = 0; k < ${depth}; k++, ${from} += ${inner}, b += ${b ?? width * lanes.count}) {`,
    ...loop.lines.map((line) => `  ${line}`),
    '}',
  ];
  const place = (r: number, v: number) => `c + ${(r * width + v) * lanes.count}`;
  const sums = rows.map((r) => vectors.map((v) => `c${r}_${v} = {0}`).join(', '));
  const again = rows.flatMap((r) => vectors.map((v) => `  c${r}_${v} = load_${memory}(${place(r, v)});`));
  return [
    `static __attribute__((noinline)) void ${name}(const ${type} *a, const ${type} *b, int64_t depth, ${type} *c${runs === undefined ? '' : ', int64_t step'}${more ? ', int more' : ''}) {`,
    `  ${vector} ${sums.join(', ')};`,
    ...(more ? ['  if (more) {', ...again.map((line) => `  ${line}`), '  }'] : []),
    ...(runs === undefined ? steps('depth', 'a') : runsOf(runs, type, steps('run', 'a'))).map(
      (line) => `  ${line}`,
    ),
    ...rows.flatMap((r) => vectors.map((v) => `  store_${memory}(${place(r, v)}, c${r}_${v});`)),
    '}',
  ].join('\n');
}

/** Run after run from `step` on, `depth` steps in all; the last may be a part of one, as the first. */
function runsOf(
  { length, at }: NonNullable<TileOptions['runs']>,
  type: string,
  steps: readonly string[],
): string[] {
  return [
    `const ${type} *const first = a;`,
    'while (depth > 0) {',
    `  int64_t run = ${length} - step % ${length};`,
    '  if (run > depth) run = depth;',
    `  a = first + ${at('step')};`,
    '  step += run;',
    '  depth -= run;',
    ...steps.map((line) => `  ${line}`),
    '}',
  ];
}

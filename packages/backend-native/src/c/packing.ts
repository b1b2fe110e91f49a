import type { DType } from '@pullback/core';
import { elementType, kindOf, type Lanes } from './lanes.ts';

export interface Packing {
  /** Strides within a step and from step to step. */
  readonly across: number;
  readonly along: number;
}

/** The function that writes steps of a factor one after the other: (from, across, along, depth, to, size, padded). */
export function packingName({ across, along }: Packing, dtype: DType, lanes: Lanes): string {
  const how = across === 1 ? 'copied' : along === 1 ? 'turned' : 'packed';
  return `${how}_${lanes.memory(dtype)}`;
}

/**
 * Functions that write `depth` steps of `size` elements, each step `padded` elements behind the one before. Vectors are read and written whole: up to
 * a vector behind the end. `spread` writes several such parts at once, each `apart` elements behind the one before: a step is read in one go, however far
 * the next one is.
 */
export function packingFunctions(dtype: DType, lanes: Lanes): string {
  const [type, vector, memory] = [elementType(dtype), lanes.type(kindOf(dtype)), lanes.memory(dtype)];
  const n = lanes.count;
  const head = (name: string) =>
    `static __attribute__((noinline, unused)) void ${name}_${memory}(const ${type} *restrict from, int64_t across, int64_t along, int64_t depth, ${type} *restrict to, int64_t size, int64_t padded) {`;
  return [
    transposed(dtype, lanes),
    head('copied'),
    `  for (int64_t k = 0; k < depth; k++) for (int64_t i = 0; i < size; i += ${n}) store_${memory}(to + k * padded + i, load_${memory}(from + k * along + i));`,
    '}',
    `static __attribute__((noinline, unused)) void spread_${memory}(const ${type} *restrict from, int64_t along, int64_t depth, ${type} *restrict to, int64_t size, int64_t padded, int64_t parts, int64_t apart) {`,
    `  for (int64_t k = 0; k < depth; k++) for (int64_t p = 0; p < parts; p++) for (int64_t i = 0; i < size; i += ${n}) store_${memory}(to + p * apart + k * padded + i, load_${memory}(from + k * along + p * size + i));`,
    '}',
    head('packed'),
    '  for (int64_t k = 0; k < depth; k++) for (int64_t i = 0; i < padded; i++) to[k * padded + i] = i < size ? from[i * across + k * along] : 0;',
    '}',
    head('turned'),
    '  int64_t k = 0;',
    `  for (; k + ${n} <= depth; k += ${n}) for (int64_t i = 0; i < size; i += ${n}) {`,
    `    ${vector} r[${n}];`,
    `    for (int j = 0; j < ${n}; j++) r[j] = load_${memory}(from + (i + j < size ? i + j : size - 1) * across + k);`,
    `    transpose_${memory}(r);`,
    `    for (int j = 0; j < ${n}; j++) store_${memory}(to + (k + j) * padded + i, r[j]);`,
    '  }',
    '  for (; k < depth; k++) for (int64_t i = 0; i < padded; i++) to[k * padded + i] = i < size ? from[i * across + k] : 0;',
    '}',
  ].join('\n');
}

/** As many vectors as they have lanes, rows and columns exchanged: blocks of 1, 2, 4 ... are swapped (Eklundh 1972). */
function transposed(dtype: DType, lanes: Lanes): string {
  const n = lanes.count;
  const vector = lanes.type(kindOf(dtype));
  const mask = lanes.type(dtype === 'float64' ? 'l' : 'i');
  const lines: string[] = [];
  for (let s = 1; s < n; s *= 2) {
    const order = (upper: boolean) =>
      Array.from({ length: n }, (_, j) =>
        (j & s) === 0 ? (upper ? j + s : j) : n + (upper ? j : j - s),
      ).join(', ');
    lines.push(`  for (int i = 0; i < ${n}; i++) if (!(i & ${s})) {`);
    lines.push(`    const ${vector} a = r[i], b = r[i + ${s}];`);
    lines.push(`    r[i] = SHUFFLED(${mask}, a, b, ${order(false)});`);
    lines.push(`    r[i + ${s}] = SHUFFLED(${mask}, a, b, ${order(true)});`);
    lines.push('  }');
  }
  return [`INLINE void transpose_${lanes.memory(dtype)}(${vector} *r) {`, ...lines, '}'].join('\n');
}

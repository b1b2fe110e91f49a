import type { WholeKernel } from '@pullback/compiler';
import { bytesOf, type DType, isFloat, type Primitive, sizeOf, type TensorSpec } from '@pullback/core';
import { elementType } from '../c/lanes.ts';
import type { Scratch } from './scratch.ts';
import type { Places } from './spot.ts';

type SpecOf = (value: number | undefined) => TensorSpec;
type Print = (kernel: WholeKernel, places: Places, specs: SpecOf, scratch: Scratch) => string[];

/** Whether there is code for a primitive as a whole; the host computes the others. */
export function isWritten({ instruction: { primitive } }: WholeKernel): boolean {
  return writerOf(primitive) !== undefined;
}

function writerOf({ form }: Primitive): Print | undefined {
  if (form?.kind === 'scatter') return scatterAdd;
  return form?.kind === 'reduce' && form.combine === 'argmax' ? argmax : undefined;
}

export function printWhole(kernel: WholeKernel, places: Places, specs: SpecOf, scratch: Scratch): string[] {
  return writerOf(kernel.instruction.primitive)?.(kernel, places, specs, scratch) ?? [];
}

/** The first of the largest along one axis; the first NaN where there is one. */
function argmax(
  { instruction, inputs, shapes: [shape = []], outputs }: WholeKernel,
  places: Places,
  specs: SpecOf,
): string[] {
  const [from = -1] = inputs;
  const [to = -1] = outputs;
  const { dtype } = specs(from);
  const axis = Number(instruction.attributes['axis']);
  const [outer, extent, inner] = [
    sizeOf(shape.slice(0, axis)),
    shape[axis] ?? 1,
    sizeOf(shape.slice(axis + 1)),
  ];
  const type = elementType(dtype);
  return [
    `for (int64_t o = 0; o < ${outer}; o++) for (int64_t i = 0; i < ${inner}; i++) {`,
    `  const ${type} *const x = ${places.of(from, dtype)} + o * ${extent * inner} + i;`,
    '  int32_t best = 0;',
    // Not x <= largest: also a NaN is larger, and nothing is larger than a NaN.
    `  for (int32_t k = 1; k < ${extent}; k++) if (x[best * (int64_t)${inner}] == x[best * (int64_t)${inner}] && !(x[k * (int64_t)${inner}] <= x[best * (int64_t)${inner}])) best = k;`,
    `  ${places.of(to, 'int32')}[o * ${inner} + i] = best;`,
    '}',
  ];
}

/** Floats are summed in float64, in the order of the indices, and rounded once; integers in int32, of which bytes keep the last 8 bits. */
function scatterAdd(
  { instruction, inputs, shapes, outputs }: WholeKernel,
  places: Places,
  specs: SpecOf,
  scratch: Scratch,
): string[] {
  const [updates = -1, indices = -1] = inputs;
  const [to = -1] = outputs;
  const { shape, dtype } = specs(to);
  const own = specs(updates).dtype;
  const axis = Number(instruction.attributes['axis']);
  const [outer, size, inner] = [
    sizeOf(shape.slice(0, axis)),
    shape[axis] ?? 0,
    sizeOf(shape.slice(axis + 1)),
  ];
  const count = sizeOf(shapes[1] ?? []);
  const total = sizeOf(shape);
  const sumType: DType = isFloat(dtype) ? 'float64' : 'int32';
  const apart = sumType !== dtype;
  const type = elementType(sumType);
  const at = apart
    ? `(${type} *)(scratch + ${scratch.take(total * bytesOf(sumType))})`
    : places.of(to, dtype);
  const sum = sumType === 'int32' ? 'sum[i] = add_i32(sum[i], x[i]);' : 'sum[i] += x[i];';
  return [
    `${type} *const sums = ${at};`,
    `memset(sums, 0, ${total * bytesOf(sumType)});`,
    `for (int64_t o = 0; o < ${outer}; o++) for (int64_t n = 0; n < ${count}; n++) {`,
    `  const int32_t row = ${places.of(indices, 'int32')}[n];`,
    `  if (row < 0 || row >= ${size}) continue;`,
    `  const ${elementType(own)} *const x = ${places.of(updates, own)} + (o * ${count} + n) * ${inner};`,
    `  ${type} *const sum = sums + (o * ${size} + row) * ${inner};`,
    `  for (int64_t i = 0; i < ${inner}; i++) ${sum}`,
    '}',
    ...(apart
      ? [
          `for (int64_t i = 0; i < ${total}; i++) ${places.of(to, dtype)}[i] = (${elementType(dtype)})sums[i];`,
        ]
      : []),
  ];
}

import {
  allocateArray,
  DataError,
  type FloatDType,
  formatShape,
  type Layout,
  OptionError,
  sameShape,
  sizeOf,
  type Tensor,
  type TensorLike,
  type TensorSpec,
  tensor,
  within,
} from '@pullback/core';
import type { Definition } from '../definition/definition.ts';
import { byName, type Inputs, type Targets } from '../definition/named-inputs.ts';
import { planNames } from '../programs/names.ts';
import type { Choice } from '../programs/sample-selection.ts';
import type { BatchSpecs } from '../programs/walk-through.ts';

/** Samples on the host: inputs in the model's order, targets in that of its outputs, weights where there are some. */
export interface Samples {
  readonly inputs: readonly Tensor[];
  readonly targets: readonly Tensor[];
  readonly weights: Tensor | undefined;
  readonly count: number;
  /** Which of them a step takes; all when left out. */
  readonly choice?: Choice;
}

/** The number of samples of a tensor. */
export function countOf({ shape }: Tensor, layout: Layout): number {
  return shape.at(layout === 'row' ? 0 : -1) ?? 0;
}

/** The samples of `whole` at `rows`, in that order. */
export function pick(whole: Tensor, rows: Int32Array, layout: Layout): Tensor {
  const count = countOf(whole, layout);
  const size = count === 0 ? 0 : sizeOf(whole.shape) / count;
  const shape =
    layout === 'row' ? [rows.length, ...whole.shape.slice(1)] : [...whole.shape.slice(0, -1), rows.length];
  const data = allocateArray(whole.dtype, sizeOf(shape));
  if (layout === 'row')
    rows.forEach((row, i) => {
      data.set(whole.data.subarray(row * size, (row + 1) * size), i * size);
    });
  else
    for (let k = 0; k < size; k++)
      rows.forEach((row, i) => {
        data[k * rows.length + i] = whole.data[k * count + row] ?? 0;
      });
  return { shape, dtype: whole.dtype, data };
}

/** The samples from `first` up to but not including `end`, of rows without a copy. */
export function section(whole: Samples, first: number, end: number, layout: Layout): Samples {
  const rows = Int32Array.from({ length: end - first }, (_, i) => first + i);
  if (layout === 'column') return pickSamples(whole, rows, layout);
  const cut = ({ shape: [count = 0, ...sample], dtype, data }: Tensor): Tensor => {
    const size = count === 0 ? 0 : data.length / count;
    return { shape: [end - first, ...sample], dtype, data: data.subarray(first * size, end * size) };
  };
  const { inputs, targets, weights } = whole;
  return {
    inputs: inputs.map(cut),
    targets: targets.map(cut),
    weights: weights && cut(weights),
    count: end - first,
  };
}

export function pickSamples(
  { inputs, targets, weights }: Samples,
  rows: Int32Array,
  layout: Layout,
): Samples {
  return {
    inputs: inputs.map((input) => pick(input, rows, layout)),
    targets: targets.map((target) => pick(target, rows, layout)),
    weights: weights && pick(weights, rows, layout),
    count: rows.length,
  };
}

/**
 * Samples of tensor-likes, with everything checked that can be checked before a step.
 * @throws DataError for no samples, another shape than the model's or inputs and targets of different number.
 */
export function readSamples(
  x: Inputs,
  y: Targets | undefined,
  { inputs: shapes, heads, dtype, layout }: Pick<Definition, 'inputs' | 'heads' | 'dtype' | 'layout'>,
): Samples {
  const names = Object.keys(shapes);
  const given = byName(x, names, 'input');
  const inputs = [...given].map(([name, like]) =>
    within(names.length > 1 ? `inputs/${name}` : 'inputs', () => {
      const found = inDType(like, dtype);
      if (countOf(found, layout) === 0) throw new DataError({ got: 'no samples', expected: 'at least one' });
      const wanted = shapes[name] ?? [];
      const own = layout === 'row' ? found.shape.slice(1) : found.shape.slice(0, -1);
      if (found.shape.length !== wanted.length + 1 || own.some((extent, i) => extent !== wanted[i]))
        throw new DataError({
          got: formatShape(found.shape),
          expected: `${formatBatch(wanted, layout)}: n samples of ${formatShape(wanted)}`,
          hint: hintFor(found.shape, wanted, own),
        });
      return found;
    }),
  );
  const outputs = heads.map(({ name }) => name);
  const goals = y === undefined ? undefined : byName(y, outputs, 'target');
  const targets = [...(goals ?? [])].map(([name, goal]) =>
    within(name === '' ? 'targets' : `targets/${name}`, () => inDType(goal, dtype)),
  );
  const [first] = inputs;
  const count = first === undefined ? 0 : countOf(first, layout);
  const others = [
    ...inputs.map((tensor, i) => ({ tensor, what: `of the input '${names[i]}'` })),
    ...targets.map((tensor, i) => ({ tensor, what: `targets${outputs[i] && ` of '${outputs[i]}'`}` })),
  ];
  for (const { tensor, what } of others)
    if (countOf(tensor, layout) !== count)
      throw new DataError({
        got: `${count} samples and ${countOf(tensor, layout)} ${what}`,
        expected: 'the same number of each',
      });
  return { inputs, targets, weights: undefined, count };
}

/** Floats in the model's dtype; bytes, and integers that int32 holds, as they are: they are cast where they are computed with. */
function inDType(like: TensorLike, dtype: FloatDType): Tensor {
  const found = asItIs(like);
  if (found?.dtype === dtype || found?.dtype === 'uint8' || found?.dtype === 'int32') return found;
  return tensor(like, { dtype });
}

/** Undefined for what is no tensor in its own dtype: with another, longer integers are one, and the rest is refused once more. */
function asItIs(like: TensorLike): Tensor | undefined {
  try {
    return tensor(like);
  } catch {
    return undefined;
  }
}

/** Refuses a size that is no whole number from 1 to the number of samples. */
export function checkBatchSize(size: number, count: number): void {
  if (!Number.isInteger(size) || size < 1)
    throw new OptionError({ got: `batches of ${size}`, expected: 'a whole number from 1 up' });
  if (size > count)
    throw new DataError({
      got: `batches of ${size} from ${count} samples`,
      expected: `at most ${count}`,
      hint: 'A smaller batchSize, or more data.',
    });
}

/** Samples that are taken `size` at a time. @throws OptionError, DataError for a size that does not divide their number. */
export function takenInTurn(samples: Samples, size: number | undefined): Samples {
  const { count } = samples;
  if (size === undefined) return samples;
  checkBatchSize(size, count);
  if (count % size !== 0)
    throw new DataError({
      got: `steps of ${size} samples from ${count}`,
      expected: `a batchSize that divides ${count}`,
      hint: 'One step is compiled for all: they have one size. `batches` gives a last one that is smaller.',
    });
  return { ...samples, choice: { size, by: 'step' } };
}

/** The advice for data of another shape, with both readings where channels come first instead of last. */
function hintFor(given: readonly number[], wanted: readonly number[], own: readonly number[]): string {
  if (sameShape(given, wanted)) return 'An array of samples, also of one.';
  const [channels = 0, ...extents] = own;
  if (wanted.length > 2 && sameShape([...extents, channels], wanted))
    return `With channels first these are images of ${extents.join(' x ')} with ${channels}; read with channels last, of ${own.slice(0, -1).join(' x ')} with ${own.at(-1)}. input: ${formatShape(own)} and channelsLast() in front of the network take them as they are.`;
  return 'tensor(data, { shape }) gives a typed array a shape.';
}

function formatBatch(sample: readonly number[], layout: Layout): string {
  return `[${(layout === 'row' ? ['n', ...sample] : [...sample, 'n']).join(', ')}]`;
}

/**
 * Samples to train on, and the last `share` of them kept back.
 * @throws OptionError for a share outside of [0, 1).
 */
export function splitSamples(
  all: Samples,
  share: number,
  layout: Layout,
): { readonly training: Samples; readonly validation: Samples | undefined } {
  if (!(share >= 0 && share < 1))
    throw new OptionError({ got: `a validation split of ${share}`, expected: 'a share from 0 to below 1' });
  const kept = all.count - Math.floor(all.count * share);
  if (kept === all.count) return { training: all, validation: undefined };
  return {
    training: section(all, 0, kept, layout),
    validation: section(all, kept, all.count, layout),
  };
}

/** The same samples, whatever is done to their arrays. */
export function copied({ inputs, targets, weights, ...others }: Samples): Samples {
  const copy = (tensor: Tensor): Tensor => ({ ...tensor, data: tensor.data.slice() });
  return {
    ...others,
    inputs: inputs.map(copy),
    targets: targets.map(copy),
    weights: weights && copy(weights),
  };
}

/** The tensors that samples bring to a Program, by the names that it gives them. */
export function namedOf({ inputs, targets, weights }: Samples): (readonly [string, Tensor])[] {
  return [
    ...inputs.map((input, i) => [planNames.input(i), input] as const),
    ...targets.map((target, i) => [planNames.target(i), target] as const),
    ...(weights === undefined ? [] : [[planNames.weights, weights] as const]),
  ];
}

/** Shapes and dtypes of samples, and how a step chooses among them. */
export function specsOf({ inputs, targets, weights, choice }: Samples): BatchSpecs {
  const spec = ({ shape, dtype }: Tensor): TensorSpec => ({ shape, dtype });
  return {
    inputs: inputs.map(spec),
    targets: targets.map(spec),
    ...(weights && { weights: spec(weights) }),
    ...(choice && { choice }),
  };
}

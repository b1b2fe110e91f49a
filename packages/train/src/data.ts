import {
  allocateArray,
  DataError,
  type FloatDType,
  formatShape,
  isFloat,
  type Layout,
  OptionError,
  sizeOf,
  type Tensor,
  type TensorLike,
  type TensorSpec,
  tensor,
} from '@pullback/core';
import type { Choice } from './choice.ts';
import type { Definition } from './definition.ts';
import type { BatchSpecs } from './plan.ts';
import { planNames } from './plan-names.ts';

/** One input, or several by name. */
export type Inputs = TensorLike | Readonly<Record<string, TensorLike>>;

/** The target of the only output, or of several by name. */
export type Targets = Inputs;

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

/** What a model takes: the names of its inputs, the shape of one sample of each. */
export interface InputShapes {
  readonly [name: string]: readonly number[];
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
  const inputs = names.map((name) => {
    const found = inDType(given[name] ?? [], dtype);
    const wanted = shapes[name] ?? [];
    const own = layout === 'row' ? found.shape.slice(1) : found.shape.slice(0, -1);
    if (found.shape.length !== wanted.length + 1 || own.some((extent, i) => extent !== wanted[i]))
      throw new DataError({
        got: `${names.length > 1 ? `'${name}' of ` : ''}${formatShape(found.shape)}`,
        expected: `${formatBatch(wanted, layout)}: n samples of ${formatShape(wanted)}`,
        hint: 'tensor(data, { shape }) gives a typed array a shape.',
      });
    return found;
  });
  const outputs = heads.map(({ name }) => name);
  const goals = y === undefined ? {} : byName(y, outputs, 'target');
  const targets = y === undefined ? [] : outputs.map((name) => inDType(goals[name] ?? [], dtype));
  const [first] = inputs;
  const count = first === undefined ? 0 : countOf(first, layout);
  if (count === 0) throw new DataError({ got: 'no samples', expected: 'at least one' });
  for (const other of [...inputs, ...targets])
    if (countOf(other, layout) !== count)
      throw new DataError({
        got: `${count} samples and ${countOf(other, layout)} ${targets.includes(other) ? 'targets' : 'of another input'}`,
        expected: 'the same number of each',
      });
  return { inputs, targets, weights: undefined, count };
}

/** Floats in the model's dtype, read once; bytes and integers as they are. */
function inDType(like: TensorLike, dtype: FloatDType): Tensor {
  const found = tensor(like);
  return isFloat(found.dtype) || found.dtype === 'bool' ? tensor(like, { dtype }) : found;
}

function byName(
  x: Inputs,
  names: readonly string[],
  what: 'input' | 'target',
): Readonly<Record<string, TensorLike>> {
  const [only] = names;
  const named: unknown = x;
  if (isByName(named)) {
    const missing = names.filter((name) => named[name] === undefined);
    if (missing.length > 0)
      throw new DataError({
        got: `${what}s ${Object.keys(named).join(', ')}`,
        expected: names[0] === '' ? `one ${what}, not an object of several` : `also ${missing.join(', ')}`,
      });
    return named;
  }
  if (names.length !== 1 || only === undefined || !isTensorLike(x))
    throw new DataError({ got: `one ${what}`, expected: `an object with ${names.join(', ')}` });
  return { [only]: x };
}

/** The tensor-like of that name; what has no names is the only one. */
export function likeOf(x: Inputs, name: string): TensorLike | undefined {
  const named: unknown = x;
  if (isByName(named)) return named[name];
  return isTensorLike(x) ? x : undefined;
}

function isTensorLike(x: Inputs): x is TensorLike {
  return !isByName(x);
}

function isByName(x: unknown): x is Readonly<Record<string, TensorLike>> {
  const object = typeof x === 'object' && x !== null;
  return object && !Array.isArray(x) && !ArrayBuffer.isView(x) && !('data' in x && 'shape' in x);
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
  const rows = Int32Array.from({ length: all.count }, (_, i) => i);
  return {
    training: pickSamples(all, rows.subarray(0, kept), layout),
    validation: pickSamples(all, rows.subarray(kept), layout),
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

/** What samples bring to a Program, by the names that it gives them. */
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

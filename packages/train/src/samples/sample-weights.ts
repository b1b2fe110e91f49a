import {
  DataError,
  type FloatDType,
  isFloat,
  OptionError,
  type Placement,
  type Tensor,
  type TensorLike,
  tensor,
  within,
} from '@pullback/core';

export interface SampleWeights {
  /** A weight for each sample: its error counts so often. */
  readonly sampleWeights?: TensorLike;
  /** A weight for each class, by its index: every sample's error counts as often as its class says. */
  readonly classWeights?: readonly number[];
}

/**
 * The weights of samples: their own, times those of their classes; undefined where there are none.
 * @throws DataError for another number of weights than samples, a class without weight, or targets without classes.
 */
export function weightsOf(
  { sampleWeights, classWeights }: SampleWeights,
  targets: readonly Tensor[],
  { count, dtype, placement }: { count: number; dtype: FloatDType; placement: Placement },
): Tensor | undefined {
  if (sampleWeights === undefined && classWeights === undefined) return undefined;
  const own =
    sampleWeights === undefined ? undefined : within('sampleWeights', () => tensor(sampleWeights, { dtype }));
  if (own !== undefined && (own.shape.length !== 1 || own.data.length !== count))
    throw new DataError({ got: `${own.data.length} weights for ${count} samples`, expected: 'one for each' });
  const classes = classWeights === undefined ? undefined : classesOf(targets, placement);
  const data = Float64Array.from({ length: count }, (_, i) => {
    const label = classes?.[i] ?? 0;
    const ofClass = classWeights === undefined ? 1 : classWeights[label];
    if (ofClass === undefined)
      throw new DataError({
        got: `no weight for class ${label}, of sample ${i}`,
        expected: `a class below ${classWeights?.length ?? 0}`,
      });
    return ofClass * (own?.data[i] ?? 1);
  });
  const wrong = data.findIndex((x) => !(x >= 0 && x < Infinity));
  if (wrong >= 0)
    throw new OptionError({
      got: `a weight of ${data[wrong]} for sample ${wrong}`,
      expected: 'finite numbers from 0 up',
    });
  return tensor({ shape: [count], data }, { dtype });
}

/** The class of each sample: an integer label, or where a one-hot target is largest; 0 or 1 for one component. */
function classesOf(targets: readonly Tensor[], { layout }: Placement): Int32Array {
  const [target, ...others] = targets;
  if (target === undefined || others.length > 0 || target.shape.length > 2)
    throw new DataError({
      got: 'weights of classes',
      expected: 'one output, whose targets are labels or one-hot rows',
    });
  if (target.shape.length === 1) return Int32Array.from(target.data, Math.round);
  const [rows = 0, columns = 0] = target.shape;
  const [count, classes] = layout === 'row' ? [rows, columns] : [columns, rows];
  const at = (sample: number, k: number) =>
    target.data[layout === 'row' ? sample * classes + k : k * count + sample] ?? 0;
  if (classes === 1) return Int32Array.from({ length: count }, (_, i) => Math.round(at(i, 0)));
  if (!isFloat(target.dtype) && target.dtype !== 'bool' && target.dtype !== 'uint8')
    throw new DataError({
      got: `targets of ${target.dtype} in ${classes} columns`,
      expected: 'one-hot rows',
    });
  return Int32Array.from({ length: count }, (_, i) => {
    let best = 0;
    for (let k = 1; k < classes; k++) if (at(i, k) > at(i, best)) best = k;
    return best;
  });
}

import {
  DataError,
  type DType,
  isFloat,
  placeholder,
  placeOf,
  type Shape,
  type Tensor,
  tensor,
} from '@pullback/core';
import type { Definition } from '../definition/definition.ts';
import { errorOf } from '../definition/outputs.ts';

/**
 * Targets in the dtypes that losses take. A loss is asked with placeholders, once for each shape: floats stay floats where its formula takes
 * them, and become labels, int32, where it refuses them. Integers are labels first where they have an axis less than the prediction, and
 * floats first elsewhere.
 */
export class LossTargets {
  readonly #definition: Definition;
  readonly #outputs: readonly Shape[];
  readonly #taken = new Map<string, DType>();

  /** @param outputs the shape of every prediction of one sample, as a batch. */
  constructor(definition: Definition, outputs: readonly Shape[]) {
    this.#definition = definition;
    this.#outputs = outputs;
  }

  /**
   * The targets of the i-th output, of `count` samples.
   * @throws DataError for a label that is no whole number, and what the loss says where it takes neither floats nor labels.
   */
  read(target: Tensor, i: number, count: number): Tensor {
    const { heads, placement, dtype: float } = this.#definition;
    const own = this.#outputs[i] ?? [];
    const shape = placement.layout === 'row' ? [count, ...own.slice(1)] : [...own.slice(0, -1), count];
    heads[i]?.loss.check?.(target, { shape, dtype: float }, placement);
    const dtype = this.#dtypeFor(target, i, shape);
    if (dtype === 'int32' && isFloat(target.dtype)) refuseFractions(target);
    // Bytes stay bytes, and are cast on the backend.
    return isFloat(dtype) && target.dtype === 'uint8' ? target : tensor(target, { dtype });
  }

  #dtypeFor({ shape, dtype: given }: Tensor, i: number, prediction: Shape): DType {
    const { heads, placement, dtype: float } = this.#definition;
    const head = heads[i];
    if (head === undefined) return given;
    const sample = placement.layout === 'row' ? shape.slice(1) : shape.slice(0, -1);
    const key = `${i} ${given} ${sample}`;
    const known = this.#taken.get(key);
    if (known !== undefined) return known;
    const labels = !isFloat(given) && shape.length < prediction.length;
    const refusals: unknown[] = [];
    for (const dtype of labels ? (['int32', float] as const) : ([float, 'int32'] as const))
      try {
        const [x, t] = [
          placeholder({ shape: prediction, dtype: float }, 'prediction'),
          placeholder({ shape, dtype }, 'target'),
        ];
        errorOf(head, x, t, placement);
        this.#taken.set(key, dtype);
        return dtype;
      } catch (refusal) {
        refusals.push(refusal);
      }
    throw refusals[0];
  }
}

function refuseFractions({ shape, data }: Tensor): void {
  const wrong = data.findIndex((x) => x !== (x | 0));
  if (wrong >= 0)
    throw new DataError({
      got: `the label ${data[wrong]} at ${placeOf(wrong, shape)}`,
      expected: 'whole numbers, since the loss takes labels',
    });
}

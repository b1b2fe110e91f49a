import {
  checkOptions,
  DataError,
  type FieldsOf,
  field,
  formatShape,
  ShapeError,
  sameShape,
  type TensorSpec,
  type TypedArray,
  tensor,
  UnknownNameError,
} from '@pullback/core';
import type { Weights } from './model-options.ts';

export interface LoadOptions {
  /** Only weights whose path starts with this; all when left out. */
  readonly prefix?: string;
  /** What stands in the place of `prefix` in the paths that are given; `prefix` itself when left out. */
  readonly from?: string;
}

const loadFields = { prefix: field.text(), from: field.text() } satisfies FieldsOf<LoadOptions>;

/**
 * The numbers for the weights that are `held`, by path.
 * @throws UnknownNameError for a path that is not held, ShapeError for another shape, DataError when some are missing.
 */
export function matchWeights(
  weights: Weights,
  held: ReadonlyMap<string, TensorSpec>,
  options: LoadOptions = {},
): Map<string, TypedArray> {
  checkOptions('load', options, loadFields);
  const { prefix = '', from = prefix } = options;
  const found = new Map<string, TypedArray>();
  for (const [given, { shape, data }] of Object.entries(weights)) {
    if (!given.startsWith(from)) continue;
    const path = `${prefix}${given.slice(from.length)}`;
    const wanted = held.get(path)?.shape;
    if (wanted === undefined) throw new UnknownNameError('weight', path, held.keys());
    if (!sameShape(tensor({ shape, data }).shape, wanted))
      throw new ShapeError({ got: formatShape(shape), expected: formatShape(wanted), at: path });
    found.set(path, data);
  }
  const missing = [...held.keys()].filter((path) => path.startsWith(prefix) && !found.has(path));
  if (missing.length > 0)
    throw new DataError({
      got: `no weights for ${missing.join(', ')}`,
      expected: 'all of them',
      hint: 'load(weights, { prefix }) loads a part, and { prefix, from } one that had another path.',
    });
  return found;
}

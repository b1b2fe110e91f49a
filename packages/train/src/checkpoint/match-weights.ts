import {
  checkOptions,
  DataError,
  type FieldsOf,
  field,
  formatShape,
  OptionError,
  ShapeError,
  sameShape,
  type TensorSpec,
  type TypedArray,
  UnknownNameError,
} from '@pullback/core';
import { type GivenWeights, weightOf } from './weights.ts';

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
  weights: GivenWeights,
  held: ReadonlyMap<string, TensorSpec>,
  options: LoadOptions = {},
): Map<string, TypedArray> {
  checkOptions('load', options, loadFields);
  const { prefix = '', from = prefix } = options;
  if (!field.isPlain(weights))
    throw new OptionError({
      got: field.shown(weights),
      expected: 'weights by path, as weights() gives them',
    });
  for (const given of Object.keys(weights)) {
    const path = `${prefix}${given.slice(from.length)}`;
    if (given.startsWith(from) && !held.has(path)) throw new UnknownNameError('weight', path, held.keys());
  }
  const found = new Map<string, TypedArray>();
  for (const [path, { shape: wanted }] of held) {
    const name = `${from}${path.slice(prefix.length)}`;
    const given = path.startsWith(prefix) && Object.hasOwn(weights, name) ? weights[name] : undefined;
    if (given === undefined) continue;
    const { shape, data } = weightOf(path, given);
    if (!sameShape(shape, wanted))
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

import {
  checkOptions,
  DataError,
  type FieldsOf,
  field,
  formatShape,
  OptionError,
  type Paths,
  pathFilter,
  pathsField,
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
  /** The text in the place of `prefix` in the paths that are given; `prefix` itself when left out. */
  readonly from?: string;
  /** Paths, such as `network/head/**`, whose weights stay as they are where none are given. */
  readonly keep?: Paths;
}

type Specs = ReadonlyMap<string, TensorSpec>;

const loadFields = {
  prefix: field.text(),
  from: field.text(),
  keep: pathsField,
} satisfies FieldsOf<LoadOptions>;

/**
 * The numbers for the weights that are `held`, all of them, and for the `states` that are given, by path.
 * @throws UnknownNameError for a path that is neither, ShapeError for another shape, DataError when weights are missing.
 */
export function matchWeights(
  weights: GivenWeights,
  { held, states }: { readonly held: Specs; readonly states: Specs },
  options: LoadOptions = {},
): Map<string, TypedArray> {
  checkOptions('load', options, loadFields);
  if (!field.isPlain(weights))
    throw new OptionError({
      got: field.shown(weights),
      expected: 'weights by path, as weights() gives them',
    });
  const { prefix = '', from = prefix, keep = [] } = options;
  const stays = pathFilter(keep);
  const all = new Map([...states, ...held]);
  for (const given of Object.keys(weights)) {
    const path = `${prefix}${given.slice(from.length)}`;
    if (given.startsWith(from) && !all.has(path)) throw new UnknownNameError('weight', path, held.keys());
  }
  const found = new Map<string, TypedArray>();
  for (const [path, { shape: wanted }] of all) {
    const name = `${from}${path.slice(prefix.length)}`;
    const given = path.startsWith(prefix) && Object.hasOwn(weights, name) ? weights[name] : undefined;
    if (given === undefined) continue;
    const { shape, data } = weightOf(path, given);
    if (!sameShape(shape, wanted))
      throw new ShapeError({ got: formatShape(shape), expected: formatShape(wanted), at: path });
    found.set(path, data);
  }
  const missing = [...held.keys()].filter(
    (path) => path.startsWith(prefix) && !found.has(path) && !stays(path),
  );
  if (missing.length > 0)
    throw new DataError({
      got: `no weights for ${missing.join(', ')}`,
      expected: 'all of them',
      hint: 'load(weights, { prefix }) loads a part, and { prefix, from } one that had another path; { keep } leaves weights as they are.',
    });
  return found;
}

import {
  checkOptions,
  type FieldsOf,
  field,
  type Initializer,
  type Layer,
  type Paths,
  parts,
  pathFilter,
  pathsField,
  rescoped,
  type Scope,
  type Shape,
  type Value,
} from '@pullback/core';
import { refusingUnused } from './frozen.ts';
import { filled, lecunNormal } from './initializers.ts';
import { lowRankSum } from './products.ts';

export interface LoraOptions {
  /** The inner width r of what is added; 8 when left out. */
  readonly rank?: number;
  /** The product A B is multiplied by alpha / rank; alpha is the rank when left out. */
  readonly alpha?: number;
  /** Which matrices are added to, by path, such as `network/block{i}/attention/query`; those of dense, attention and feed-forward layers when left out. */
  readonly where?: Paths;
  /** For A; Lecun's normal when left out. B starts at 0. */
  readonly initializer?: Initializer;
}

export const loraFields = {
  layer: field.needed(parts.layer),
  rank: field.whole({ from: 1 }),
  alpha: field.number({ above: 0 }),
  where: pathsField,
  initializer: parts.initializer,
} satisfies FieldsOf<LoraOptions & { readonly layer: Layer }>;

/** The matrices of dense, attention and feed-forward layers. */
const kernels = ['kernel', 'query', 'key', 'value', 'output', 'inner', 'gate'];

/**
 * The same layer with W + alpha/r A B in the place of matrices W [p, q], A [p, r] and B [r, q]: A and B are learned, nothing else of the layer is. They stand
 * beside W as `W.loraA` and `W.loraB`, with `W.loraScale`; at first B is 0, and the layer is what it was. Products with W compute
 * x W + alpha/r (x A) B. Source: Hu et al. 2021.
 * @throws OptionError for wrong options, or a pattern that fits nothing in the layer, when it is applied.
 */
export function lora<In extends readonly Value[], Out>(
  layer: Layer<In, Out>,
  options: LoraOptions = {},
): Layer<In, Out> {
  const given = checkOptions('lora', { ...options, layer }, loraFields);
  const { rank = 8, alpha = rank, where, initializer = lecunNormal() } = given;
  const fits = pathFilter(where ?? kernels.map((name) => `**/${name}`));
  const made = rescoped(layer, (scope) => ({
    parameter: (name, shape, initial, more) => {
      const fixed = scope.parameter(name, shape, initial, { ...more, trainable: false });
      if (shape.length !== 2 || !fits(`${scope.path}/${name}`)) return fixed;
      return adapted(scope, name, shape, fixed, { rank, scale: alpha / rank, initializer });
    },
  }));
  // One of the usual names at least; of names that were given, all.
  const enough = () => where === undefined && fits.unused().length < kernels.length;
  return refusingUnused('lora', made, () => (enough() ? [] : fits.unused()));
}

function adapted(
  scope: Scope,
  name: string,
  [p = 0, q = 0]: Shape,
  fixed: Value,
  {
    rank,
    scale,
    initializer,
  }: { readonly rank: number; readonly scale: number; readonly initializer: Initializer },
): Value {
  return lowRankSum(
    fixed,
    scope.parameter(`${name}.loraA`, [p, rank], initializer),
    scope.parameter(`${name}.loraB`, [rank, q], filled(0)),
    scope.parameter(`${name}.loraScale`, [], filled(scale), { trainable: false }),
  );
}

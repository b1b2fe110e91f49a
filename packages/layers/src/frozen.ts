import {
  checkOptions,
  field,
  type Layer,
  OptionError,
  type Paths,
  parts,
  pathFilter,
  pathsField,
  rescoped,
  type Value,
} from '@pullback/core';

export interface FrozenOptions {
  /**
   * Which paths are frozen, such as `network/encoder/**`: weights whose path fits, and layers whose path, or that path with a `/` behind it, does.
   * All when left out.
   */
  readonly where?: Paths;
}

export const frozenFields = { layer: field.needed(parts.layer), where: pathsField };

/**
 * The same layer, and all inside it, as fixed functions: no gradient of their weights is computed, no optimizer touches them, and they
 * run as in prediction. Beside the layer itself, which is trained where it is applied, they share its weights.
 * @throws OptionError for a pattern that fits nothing in the layer, when it is applied.
 */
export function frozen<In extends readonly Value[], Out>(
  layer: Layer<In, Out>,
  options: FrozenOptions = {},
): Layer<In, Out> {
  const { where = () => true } = checkOptions('frozen', { ...options, layer }, frozenFields);
  const fits = pathFilter(where);
  const isFixed = (path: string) => [path, `${path}/`].map(fits).includes(true);
  const made = rescoped(layer, (scope) => ({
    training: !isFixed(scope.path) && scope.training,
    parameter: (name, shape, initializer, given) =>
      scope.parameter(
        name,
        shape,
        initializer,
        fits(`${scope.path}/${name}`) ? { ...given, trainable: false } : given,
      ),
  }));
  return refusingUnused('frozen', made, fits.unused);
}

/** The layer, that refuses patterns which no path in it fitted. */
export function refusingUnused<In extends readonly Value[], Out>(
  what: string,
  layer: Layer<In, Out>,
  unused: () => readonly string[],
): Layer<In, Out> {
  return {
    ...layer,
    forward: (scope, ...inputs) => {
      const output = layer.forward(scope, ...inputs);
      const [pattern] = unused();
      if (pattern !== undefined)
        throw new OptionError({
          got: `the pattern '${pattern}' of ${what}, which nothing in '${scope.path}' fits`,
          expected: `paths as model.summary() lists them, such as '${scope.path}/**'`,
        });
      return output;
    },
  };
}

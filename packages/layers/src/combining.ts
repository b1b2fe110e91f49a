import {
  add as addValues,
  checkCall,
  checkOptions,
  concatenate as concatenateValues,
  defineLayer,
  field,
  formatShape,
  type Layer,
  type LayerOptions,
  layerFields,
  mul,
  type Operand,
  OptionError,
  parts,
  ShapeError,
  sameShape,
  Value,
} from '@pullback/core';

/** A layer of a branch: all branches are given the same inputs. */
type Branch = Layer<readonly Value[]>;
type Inner = Layer<readonly [Value]>;

/** Those of the layers inside, by kind of combination. */
export const residualFields = { layers: field.needed(field.list(parts.layer, { from: 1 })) };
export const branchesFields = { layers: field.needed(field.list(parts.layer)) };
export const concatenateFields = { ...branchesFields, ...layerFields, axis: field.whole() };

/** x + f(x), with the layers of f one after the other. Source: He et al. 2016. @throws ShapeError when f changes the shape. */
export function residual(...layers: readonly Inner[]): Inner {
  checkOptions('residual', { layers }, residualFields);
  return defineLayer('residual', (scope, x: Value) => {
    const y = layers.reduce((value, layer) => scope.apply(layer, value), x);
    if (!sameShape(x.shape, y.shape))
      throw new ShapeError({
        got: `${formatShape(y.shape)} from the inner layers`,
        expected: `${formatShape(x.shape)}, to be added to the input`,
        hint: 'A last dense layer with as many units as the input has components.',
      });
    return addValues(x, y);
  });
}

/** a + b of Values; or a layer: the sum of what the branches make of the same inputs, or of the inputs when there are no branches. */
export function add(a: Operand, b: Operand): Value;
export function add(...branches: readonly Branch[]): Branch;
export function add(...given: readonly (Operand | Branch)[]): Value | Branch {
  const branches = branchesOf(given);
  if (branches !== undefined) return merging('add', branches, (values) => values.reduce(addValues));
  const [a, b] = operandsOf(given);
  return addValues(a, b);
}

/** A layer: the product of what the branches make of the same inputs, or of the inputs when there are no branches. */
export function multiply(...branches: readonly Branch[]): Branch {
  return merging('multiply', branches, (values) => values.reduce(mul));
}

export interface ConcatenateOptions extends LayerOptions {
  /** The axis that grows: of features, the last in row layout and the first in column layout, when left out. */
  readonly axis?: number;
}

/**
 * Values side by side along an axis, the last when left out; or a layer: what the branches make of the same inputs side by side
 * along the axis of features, or the inputs when there are no branches.
 */
export function concatenate(values: readonly Value[], options?: { readonly axis?: number }): Value;
export function concatenate(branches?: readonly Branch[], options?: ConcatenateOptions): Branch;
export function concatenate(
  given: readonly (Value | Branch)[] = [],
  options: ConcatenateOptions = {},
): Value | Branch {
  const { axis } = checkOptions('concatenate', options, { ...layerFields, axis: field.whole() });
  const values = given.filter((item) => item instanceof Value);
  if (values.length > 0) return concatenateValues(values, axis === undefined ? {} : { axis });
  const branches = given.flatMap((item) => (item instanceof Value ? [] : [item]));
  return merging(
    'concatenate',
    branches,
    (made, layout) => concatenateValues(made, { axis: axis ?? (layout === 'row' ? -1 : 0) }),
    options,
  );
}

/** Any function of Values as a layer; a function has no name, so such a model has no spec. */
export function lambda<In extends readonly Value[]>(
  f: (...inputs: In) => Value,
  options: LayerOptions = {},
): Layer<In> {
  return defineLayer('lambda', (_, ...inputs: In) => f(...inputs), options);
}

function merging(
  name: string,
  branches: readonly Branch[],
  merge: (values: readonly Value[], layout: 'row' | 'column') => Value,
  options: LayerOptions = {},
): Branch {
  checkCall(name, { layers: branches }, options, concatenateFields);
  return defineLayer(
    name,
    (scope, ...inputs: readonly Value[]) => {
      const values =
        branches.length === 0 ? inputs : branches.map((branch) => scope.apply(branch, ...inputs));
      if (values.length === 0)
        throw new OptionError({ got: `no inputs for ${name}`, expected: 'at least one' });
      return merge(values, scope.layout);
    },
    options.name === undefined ? {} : { name: options.name },
  );
}

/** The layers of a call with layers or nothing; undefined for a call with Values or numbers. */
function branchesOf(given: readonly (Operand | Branch)[]): readonly Branch[] | undefined {
  const branches = given.flatMap((item) =>
    typeof item === 'object' && !(item instanceof Value) ? [item] : [],
  );
  return branches.length === given.length ? branches : undefined;
}

function operandsOf(given: readonly (Operand | Branch)[]): readonly [Operand, Operand] {
  const [a, b, ...more] = given.flatMap((item) =>
    typeof item === 'number' || item instanceof Value ? [item] : [],
  );
  if (a === undefined || b === undefined || more.length > 0)
    throw new OptionError({
      got: `add of ${given.length} operands`,
      expected: 'two Values or numbers, or layers alone',
    });
  return [a, b];
}

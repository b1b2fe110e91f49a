import {
  constant,
  type FloatDType,
  foldIn,
  type Initializer,
  keyOf,
  type Layer,
  type Layout,
  RandomStream,
  type Scope,
  type Shape,
  ShapeError,
  type State,
  sameShape,
  type Value,
} from '@pullback/core';

/** A parameter or state that a layer asked for. */
export interface Asked {
  readonly name: string;
  readonly shape: Shape;
  readonly initializer: Initializer;
}

interface Setting {
  readonly dtype: FloatDType;
  readonly layout: Layout;
  readonly training: boolean;
  /** The Value that stands for a parameter, by name. */
  readonly value: (asked: Asked, kind: 'parameter' | 'state') => Value;
}

/** A scope without a model: what is asked for is handed out by `value`, once for each name; a layer used twice keeps its names. */
export function testScope(setting: Setting): { readonly scope: Scope; readonly next: Map<string, Value> } {
  const known = new Map<string, { readonly asked: Asked; readonly value: Value }>();
  const homes = new WeakMap<object, string>();
  const next = new Map<string, Value>();
  let keys = 0;
  const hold = (kind: 'parameter' | 'state', name: string, shape: Shape, initializer: Initializer): Value => {
    const found = known.get(name);
    if (found !== undefined && !sameShape(found.asked.shape, shape))
      throw new ShapeError({ got: `'${name}' asked for in two shapes`, expected: 'one' });
    if (found !== undefined) return found.value;
    const asked = { name, shape, initializer };
    const value = setting.value(asked, kind);
    known.set(name, { asked, value });
    return value;
  };
  const scopeAt = (path: string): Scope => {
    let applied = 0;
    return {
      path,
      dtype: setting.dtype,
      layout: setting.layout,
      training: setting.training,
      parameter: (name, shape, initializer) => hold('parameter', `${path}/${name}`, shape, initializer),
      state: (name, shape, initializer): State => ({
        value: hold('state', `${path}/${name}`, shape, initializer),
        set: (value) => void next.set(`${path}/${name}`, value),
      }),
      randomKey: () =>
        foldIn(constant(Int32Array.of(1, 2)), constant(keyOf(keys++, path)[0], { dtype: 'int32' })),
      apply: <In extends readonly Value[], Out>(layer: Layer<In, Out>, ...inputs: In): Out => {
        const { origin = layer } = layer;
        const home = homes.get(origin) ?? `${path}/${layer.label ?? applied}`;
        applied++;
        homes.set(origin, home);
        return layer.forward(scopeAt(home), ...inputs);
      },
    };
  };
  return { scope: scopeAt('layer'), next };
}

/** The first numbers of a parameter, drawn as a model draws them. */
export function firstNumbers({ name, shape, initializer }: Asked, seed: number): Float64Array {
  return initializer(shape, RandomStream.of(seed, name));
}

import {
  type Decoding,
  type FloatDType,
  fill,
  foldIn,
  type Initializer,
  keyOf,
  type Layer,
  type Layout,
  OptionError,
  type ParameterOptions,
  RandomStream,
  type Scope,
  type Shape,
  ShapeError,
  sameShape,
  type Value,
} from '@pullback/core';

/** A parameter or state that a layer asked for. */
export interface Asked {
  readonly name: string;
  readonly shape: Shape;
  readonly initializer: Initializer;
  readonly options: ParameterOptions;
}

/** A state, and what it was set to, in order. */
export interface AskedState extends Asked {
  readonly value: Value;
  readonly next: Value[];
}

export interface Setting {
  readonly dtype: FloatDType;
  readonly layout: Layout;
  readonly training: boolean;
  /** The path of the outermost layer; `layer` when left out. */
  readonly path?: string;
}

/** The stand-ins for the Values that a scope hands out. */
export interface Given {
  /** The Value of a parameter or state, at its first asking. */
  readonly value: (asked: Asked, kind: 'parameter' | 'state') => Value;
  /** int32: random keys are derived from it, so that one graph gives the numbers of every step. */
  readonly step: Value;
  /** Set where sequences are made place by place: what a layer at that path is given. */
  readonly decoding?: (path: string) => Decoding;
}

/** The requests to a scope, in order. */
export interface Journal {
  /** Every asking, also the second one for the same name. */
  readonly parameters: Asked[];
  readonly states: AskedState[];
  draws: number;
}

/** A scope without a model: what is asked for is handed out once for each name; a layer that is used twice keeps its names. */
export function testScope(
  setting: Setting,
  given: Given,
): { readonly scope: Scope; readonly journal: Journal } {
  const journal: Journal = { parameters: [], states: [], draws: 0 };
  const known = new Map<string, Value>();
  const homes = new WeakMap<object, string>();
  const taken = new Set<string>();
  const hold = (kind: 'parameter' | 'state', asked: Asked): Value => {
    const key = `${kind} ${asked.name}`;
    const value = known.get(key) ?? given.value(asked, kind);
    if (!sameShape(value.shape, asked.shape))
      throw new ShapeError({ got: `'${asked.name}' asked for in two shapes`, expected: 'one' });
    known.set(key, value);
    return value;
  };
  const inner = (path: string, name: string): string => {
    if (name === '' || name.includes('/'))
      throw new OptionError({
        got: `the name '${name}'`,
        expected: "a name without '/', which separates names in paths",
      });
    return `${path}/${name}`;
  };
  const settle = (layer: object, path: string): string => {
    if (taken.has(path))
      throw new OptionError({ got: `a second layer called '${path}'`, expected: 'one name for each layer' });
    taken.add(path);
    homes.set(layer, path);
    return path;
  };
  const scopeAt = (path: string, use: string): Scope => {
    let [applied, keys] = [0, 0];
    return {
      path,
      dtype: setting.dtype,
      layout: setting.layout,
      training: setting.training,
      parameter: (name, shape, initializer, options = {}) => {
        const asked = { name: inner(path, name), shape, initializer, options };
        const value = hold('parameter', asked);
        journal.parameters.push(asked);
        return value;
      },
      state: (name, shape, initializer) => {
        const asked = { name: inner(path, name), shape, initializer, options: {} };
        const state = { ...asked, value: hold('state', asked), next: [] as Value[] };
        journal.states.push(state);
        return { value: state.value, set: (next) => void state.next.push(next) };
      },
      randomKey: () => {
        journal.draws++;
        const [low, high] = keyOf(keys++, use);
        return foldIn(foldIn(fill(low, [2], 'int32'), fill(high, [], 'int32')), given.step);
      },
      check: () => {},
      ...(given.decoding && { decoding: given.decoding(use) }),
      mixed: () => {},
      apply: <In extends readonly Value[], Out>(layer: Layer<In, Out>, ...inputs: In): Out => {
        const name = layer.label ?? String(applied);
        applied++;
        const { origin = layer } = layer;
        const home = homes.get(origin) ?? settle(origin, inner(path, name));
        return layer.forward(scopeAt(home, `${use}/${name}`), ...inputs);
      },
    };
  };
  const { path = 'layer' } = setting;
  return { scope: scopeAt(path, path), journal };
}

/** The first numbers of a parameter, drawn as a model draws them. */
export function firstNumbers({ name, shape, initializer }: Asked, seed: number): Float64Array {
  return initializer(shape, RandomStream.of(seed, name));
}

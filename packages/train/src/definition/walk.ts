import {
  CycleError,
  type Decoding,
  type FloatDType,
  fill,
  foldIn,
  formatShape,
  type Initializer,
  keyOf,
  type Layer,
  type Layout,
  OptionError,
  type ParameterOptions,
  placeholder,
  type Scope,
  type Shape,
  ShapeError,
  type State,
  sameShape,
  sizeOf,
  stopGradient,
  type Tensor,
  Value,
  within,
} from '@pullback/core';

/** A parameter or state as the graph asked for it. */
export interface Variable {
  readonly path: string;
  readonly value: Value;
  readonly initializer: Initializer;
  /** The layer that asked first, in words. */
  readonly owner: string;
}

/** A parameter, with what its uses ask of training. */
export interface Parameter extends Variable {
  /** Whether it is learned in one of its uses at least, and in all. */
  readonly learned: { some: boolean; all: boolean };
  /** Those of the uses in which it is learned, each once. */
  readonly regularizers: Set<Change>;
  readonly constraints: Set<Change>;
}

type Change = (weight: Value) => Value;

/** A state, with what it will be after the step. */
export interface Kept extends Variable {
  next: Value;
}

interface Asked {
  readonly path: string;
  readonly shape: Shape;
  readonly initializer: Initializer;
  readonly owner: string;
}

/** A layer as it was applied: once for each use. */
export interface Application {
  readonly path: string;
  /** The kind of layer, and the source that it implements. */
  readonly kind: string;
  readonly source: string | undefined;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/** A layer's check of the numbers of one of its inputs. */
export interface Checked {
  readonly path: string;
  readonly x: Value;
  readonly check: (numbers: Tensor) => void;
}

/** Samples that a layer mixed with others of their batch. */
export interface Mixture {
  readonly shares: Value;
  readonly partner: (batch: Value, axis: number) => Value;
}

/** The settings that a network is walked through with. */
export interface Build {
  readonly dtype: FloatDType;
  readonly layout: Layout;
  readonly training: boolean;
  /** int32[2] and int32: what random numbers are derived from. */
  readonly key: Value;
  readonly step: Value;
  /** The paths of parameters that are learned in some of their uses only: no gradient comes from the others. */
  readonly held?: ReadonlySet<string> | undefined;
  /** The parameters of another walk through the same network, which this one shares. */
  readonly known?: ReadonlyMap<string, Variable>;
  /** Set where sequences are made place by place. */
  readonly decoding?: Omit<Decoding, 'cache'> | undefined;
}

/** One walk through a network: everything that its layers asked their scopes for. */
export class Walk {
  readonly parameters = new Map<string, Parameter>();
  readonly states = new Map<string, Kept>();
  readonly applications: Application[] = [];
  readonly checks: Checked[] = [];
  /** The caches that layers keep while sequences are made place by place. */
  readonly caches = new Map<string, Kept>();
  mixture: Mixture | undefined;
  readonly #homes = new Map<object, string>();
  readonly #taken = new Set<string>();
  readonly #open = new Set<object>();

  constructor(readonly build: Build) {}

  /** The parameters that are learned. */
  get learned(): Parameter[] {
    return [...this.parameters.values()].filter(({ learned }) => learned.some);
  }

  /** The paths of those that are learned in some of their uses only. */
  get held(): ReadonlySet<string> {
    const held = [...this.parameters.values()].filter(({ learned: { some, all } }) => some && !all);
    return new Set(held.map(({ path }) => path));
  }

  /** Applies the outermost layer under a name of its own. */
  run<In extends readonly Value[], Out>(name: string, layer: Layer<In, Out>, ...inputs: In): Out {
    return this.enter(name, name, layer, inputs);
  }

  enter<In extends readonly Value[], Out>(path: string, use: string, layer: Layer<In, Out>, inputs: In): Out {
    const { origin = layer } = layer;
    const home = this.#homes.get(origin) ?? this.#settle(path, origin);
    if (this.#open.has(origin))
      throw new CycleError({
        got: `${layer.name} '${home}' applied inside itself`,
        expected: 'a graph without cycles',
      });
    this.#open.add(origin);
    try {
      return within(use.slice(use.lastIndexOf('/') + 1), () => {
        const output = layer.forward(new PathScope(this, home, use, layer.name), ...inputs);
        this.applications.push({
          path: use,
          kind: layer.name,
          source: layer.source,
          inputs,
          outputs: valuesOf(output),
        });
        return output;
      });
    } finally {
      this.#open.delete(origin);
    }
  }

  /** The parameter of that path, as one of its uses asks for it. */
  parameter(asked: Asked, { trainable = true, regularizer, constraint }: ParameterOptions = {}): Value {
    const { path } = asked;
    const parameter = this.parameters.get(path) ?? {
      ...this.#variable(asked),
      learned: { some: false, all: true },
      regularizers: new Set(),
      constraints: new Set(),
    };
    refuseOtherShape(parameter, asked);
    this.parameters.set(path, parameter);
    const { learned, regularizers, constraints, value } = parameter;
    learned.some ||= trainable;
    learned.all &&= trainable;
    if (trainable && regularizer !== undefined) regularizers.add(regularizer);
    if (trainable && constraint !== undefined) constraints.add(constraint);
    return !trainable && this.build.held?.has(path) ? stopGradient(value) : value;
  }

  /** The state of that path: a second use sees what the first one set, as a number that no gradient goes through. */
  state(asked: Asked, kept = this.states): State {
    const { path } = asked;
    const variable = this.#variable(asked);
    const state = kept.get(path) ?? { ...variable, next: variable.value };
    refuseOtherShape(state, asked);
    kept.set(path, state);
    const { spec } = state.value;
    return {
      value: state.next === state.value ? state.value : stopGradient(state.next),
      set: (next) => {
        if (!sameShape(next.shape, spec.shape) || next.dtype !== spec.dtype)
          throw new ShapeError({
            got: `${next.dtype}${formatShape(next.shape)} for the state '${path}'`,
            expected: `${spec.dtype}${formatShape(spec.shape)}`,
          });
        state.next = next;
      },
    };
  }

  #variable({ path, shape, initializer, owner }: Asked): Variable {
    const known = this.build.known?.get(path)?.value;
    const value = known ?? placeholder({ shape, dtype: this.build.dtype }, path);
    return { path, value, initializer, owner };
  }

  #settle(path: string, layer: object): string {
    if (this.#taken.has(path))
      throw new OptionError({ got: `a second layer called '${path}'`, expected: 'one name for each layer' });
    this.#taken.add(path);
    this.#homes.set(layer, path);
    return path;
  }
}

class PathScope implements Scope {
  #applied = 0;
  #keys = 0;
  readonly #walk: Walk;

  constructor(
    walk: Walk,
    readonly path: string,
    readonly use: string,
    readonly kind: string,
  ) {
    this.#walk = walk;
  }

  get dtype(): FloatDType {
    return this.#walk.build.dtype;
  }
  get layout(): Layout {
    return this.#walk.build.layout;
  }
  get training(): boolean {
    return this.#walk.build.training;
  }

  parameter(name: string, shape: Shape, initializer: Initializer, options?: ParameterOptions): Value {
    return this.#walk.parameter(this.#asked(name, shape, initializer), options);
  }

  state(name: string, shape: Shape, initializer: Initializer): State {
    return this.#walk.state(this.#asked(name, shape, initializer));
  }

  randomKey(): Value {
    const { key, step } = this.#walk.build;
    const [place] = keyOf(this.#keys++, this.use);
    return foldIn(foldIn(key, fill(place, [], 'int32')), step);
  }

  check(x: Value, check: Checked['check']): void {
    this.#walk.checks.push({ path: this.use, x, check });
  }

  get decoding(): Decoding | undefined {
    const { decoding } = this.#walk.build;
    // A layer that is used twice keeps the places of each of its uses.
    const cache: Decoding['cache'] = (name, shape) =>
      this.#walk.state(
        { ...this.#asked(name, shape, zeros), path: `${this.use}/${this.#segment(name)}` },
        this.#walk.caches,
      );
    return decoding && { ...decoding, cache };
  }

  mixed(shares: Value, partner: Mixture['partner']): void {
    if (this.#walk.mixture !== undefined)
      throw new OptionError({
        got: 'samples that are mixed already',
        expected: 'one such layer in a network',
      });
    this.#walk.mixture = { shares, partner };
  }

  apply<In extends readonly Value[], Out>(layer: Layer<In, Out>, ...inputs: In): Out {
    const name = this.#segment(layer.label ?? String(this.#applied));
    this.#applied++;
    return this.#walk.enter(`${this.path}/${name}`, `${this.use}/${name}`, layer, inputs);
  }

  #asked(name: string, shape: Shape, initializer: Initializer): Asked {
    const path = `${this.path}/${this.#segment(name)}`;
    return { path, shape, initializer, owner: `${this.kind} '${this.use}'` };
  }

  #segment(name: string): string {
    if (name === '' || name.includes('/'))
      throw new OptionError({
        got: `the name '${name}'`,
        expected: "a name without '/', which separates names in paths",
      });
    return name;
  }
}

const zeros: Initializer = (shape) => new Float64Array(sizeOf(shape));

function refuseOtherShape({ path, value, owner }: Variable, { shape }: Asked): void {
  if (!sameShape(value.shape, shape))
    throw new ShapeError({
      got: `${formatShape(shape)} wanted for '${path}'`,
      expected: `${formatShape(value.shape)}, as it was first made in ${owner}`,
      hint: 'A layer keeps the width that it was first used on; two widths need two layers.',
    });
}

/** The Values that a layer returned: one, several, or several by name. */
function valuesOf(output: unknown): Value[] {
  if (output instanceof Value) return [output];
  return typeof output === 'object' && output !== null ? Object.values(output).flatMap(valuesOf) : [];
}

import {
  CycleError,
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
  readonly options: ParameterOptions;
}

/** A layer as it was applied: once for each use. */
export interface Application {
  readonly path: string;
  /** What kind of layer it is, and what it implements. */
  readonly kind: string;
  readonly source: string | undefined;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/** What is to be known before a network is walked through. */
export interface Build {
  readonly dtype: FloatDType;
  readonly layout: Layout;
  readonly training: boolean;
  /** int32[2] and int32: what random numbers are derived from. */
  readonly key: Value;
  readonly step: Value;
}

/** One walk through a network: everything that its layers asked their scopes for. */
export class Walk {
  readonly parameters = new Map<string, Variable>();
  readonly states = new Map<string, Variable & { next: Value }>();
  readonly applications: Application[] = [];
  readonly #homes = new Map<object, string>();
  readonly #taken = new Set<string>();
  readonly #open = new Set<object>();

  constructor(readonly build: Build) {}

  /** The parameters that are learned. */
  get learned(): Variable[] {
    return [...this.parameters.values()].filter(({ options }) => options.trainable !== false);
  }

  /** Applies the outermost layer under a name of its own. */
  run<In extends readonly Value[], Out>(name: string, layer: Layer<In, Out>, ...inputs: In): Out {
    return this.enter(name, name, layer, inputs);
  }

  enter<In extends readonly Value[], Out>(path: string, use: string, layer: Layer<In, Out>, inputs: In): Out {
    const home = this.#homes.get(layer) ?? this.#settle(path, layer);
    if (this.#open.has(layer))
      throw new CycleError({
        got: `${layer.name} '${home}' applied inside itself`,
        expected: 'a graph without cycles',
      });
    this.#open.add(layer);
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
      this.#open.delete(layer);
    }
  }

  variable(
    kind: 'parameters' | 'states',
    path: string,
    shape: Shape,
    initializer: Initializer,
    owner: string,
    options: ParameterOptions = {},
  ): Variable {
    const known = this[kind].get(path);
    if (known !== undefined) {
      if (!sameShape(known.value.shape, shape))
        throw new ShapeError({
          got: `${formatShape(shape)} wanted for '${path}'`,
          expected: `${formatShape(known.value.shape)}, as it was first made in ${known.owner}`,
          hint: 'A layer keeps the width that it was first used on; two widths need two layers.',
        });
      return known;
    }
    const value = placeholder({ shape, dtype: this.build.dtype }, path);
    const made = { path, value, initializer, owner, options, next: value };
    this[kind].set(path, made);
    return made;
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
    const path = this.#inner(name);
    return this.#walk.variable('parameters', path, shape, initializer, this.#owner(), options).value;
  }

  state(name: string, shape: Shape, initializer: Initializer): State {
    const path = this.#inner(name);
    const { value } = this.#walk.variable('states', path, shape, initializer, this.#owner());
    return {
      value,
      set: (next) => {
        if (!sameShape(next.shape, shape) || next.dtype !== value.dtype)
          throw new ShapeError({
            got: `${next.dtype}${formatShape(next.shape)} for the state '${path}'`,
            expected: `${value.dtype}${formatShape(shape)}`,
          });
        const state = this.#walk.states.get(path);
        if (state !== undefined) state.next = next;
      },
    };
  }

  randomKey(): Value {
    const { key, step } = this.#walk.build;
    const [place] = keyOf(this.#keys++, this.use);
    return foldIn(foldIn(key, fill(place, [], 'int32')), step);
  }

  apply<In extends readonly Value[], Out>(layer: Layer<In, Out>, ...inputs: In): Out {
    const name = this.#segment(layer.label ?? String(this.#applied));
    this.#applied++;
    return this.#walk.enter(`${this.path}/${name}`, `${this.use}/${name}`, layer, inputs);
  }

  #inner(name: string): string {
    return `${this.path}/${this.#segment(name)}`;
  }

  #segment(name: string): string {
    if (name === '' || name.includes('/'))
      throw new OptionError({
        got: `the name '${name}'`,
        expected: "a name without '/', which separates names in paths",
      });
    return name;
  }

  #owner(): string {
    return `${this.kind} '${this.use}'`;
  }
}

/** The Values that a layer returned: one, several, or several by name. */
function valuesOf(output: unknown): Value[] {
  if (output instanceof Value) return [output];
  return typeof output === 'object' && output !== null ? Object.values(output).flatMap(valuesOf) : [];
}

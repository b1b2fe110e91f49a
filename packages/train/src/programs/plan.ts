import { type Program, placeholder, type Shape, type TensorSpec, trace, type Value } from '@pullback/core';

/** A Program whose inputs and outputs have names: `x/0`, `target/0`, `prediction/0`, `sampleWeights`, `weight:...`, `slot:...`, `state:...`, `total:...`, `order`, `cursor`. */
export interface Plan {
  readonly program: Program;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly specs: ReadonlyMap<string, TensorSpec>;
  /** The numbers that it leaves to be summed, where it is of a part of a batch. */
  readonly partial?: Partial | undefined;
}

/** Numbers of a bucket: `loss`, an addend of a total, the next value of a state, the gradient of a weight. */
export interface BucketField {
  readonly name: string;
  readonly shape: Shape;
}

/** The results that a part of a batch leaves. */
export interface Partial {
  readonly buckets: readonly (readonly BucketField[])[];
  /** The paths of states that do not depend on the samples, so that they have no sum. */
  readonly own: readonly string[];
}

/** Gathers the named inputs of a Program. */
export class Names {
  readonly #inputs = new Map<string, Value>();

  add(name: string, spec: TensorSpec): Value {
    const known = this.#inputs.get(name);
    if (known !== undefined) return known;
    const value = placeholder(spec, name);
    this.#inputs.set(name, value);
    return value;
  }

  put(name: string, value: Value): void {
    this.#inputs.set(name, value);
  }

  plan(outputs: ReadonlyMap<string, Value>): Plan {
    const program = trace([...this.#inputs.values()], [...outputs.values()]);
    const specs = [...this.#inputs, ...outputs].map(([name, { spec }]) => [name, spec] as const);
    return { program, inputs: [...this.#inputs.keys()], outputs: [...outputs.keys()], specs: new Map(specs) };
  }
}

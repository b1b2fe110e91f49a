import type { Tensor, TensorSpec, Value } from '@pullback/core';

/** A graph that a backend must run as it is meant. */
export interface Probe {
  readonly name: string;
  readonly inputs: readonly TensorSpec[];
  readonly f: (...x: Value[]) => Value | readonly Value[];
  /** The names of several outputs, for findings. */
  readonly outputs?: readonly string[];
  /** For sums of products of the inputs' elements: how many terms they have. The same of absolute values bounds their error. */
  readonly terms?: number;
  /** Whether it is a sum of the inputs' elements. */
  readonly isSum?: boolean;
  /** Whether it adds on the way to something else: then it may be a few floats off where sums may be added in any order. */
  readonly addsInside?: boolean;
  /** The numbers of the inputs, where they are not those of `numbersFor`. */
  readonly given?: readonly Tensor[];
}

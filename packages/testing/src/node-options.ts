import type { Shape, Value } from '@pullback/core';
import type { SearchOptions, Shapes } from './example.ts';
import type { ParityOptions } from './parity.ts';
import type { Names, Spec } from './spec-round-trip.ts';

/** A function of Values: an activation, a node, or anything written with them. */
export type NodeFunction = (...x: Value[]) => Value | readonly Value[];

/** The properties that are declared of a function, and then examined. */
export interface Properties {
  /** Output i depends on input i alone. */
  readonly elementwise?: boolean;
  /** It never falls. */
  readonly monotone?: boolean;
  /** f(-x) = -f(x), or f(-x) = f(x). */
  readonly parity?: 'odd' | 'even';
  /** Numbers along the last axis sum to 1. */
  readonly rowsSumToOne?: boolean;
}

export interface NodeOptions extends SearchOptions, ParityOptions {
  /** The name that cases are called after. */
  readonly name?: string;
  /** The shapes of the inputs from three extents; one matrix when left out. */
  readonly shapes?: Shapes;
  /** Where the function is defined and differentiable: an open interval; all numbers when left out. */
  readonly domain?: readonly [number, number];
  readonly properties?: Properties;
  readonly tolerance?: number;
  /** Shapes of all inputs that the function must refuse, with an error of ours. */
  readonly refuses?: readonly (readonly Shape[])[];
  /** The spec that names it as a layer, and what makes models of specs. */
  readonly spec?: Spec;
  readonly names?: Names;
}

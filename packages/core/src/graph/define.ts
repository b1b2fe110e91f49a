import { apply } from './apply.ts';
import type { Cotangents, Detour, Value, Vertex } from './value.ts';

/** A node of one's own with one output; see `defineNode`. */
export interface NodeRules<In extends readonly Value[]> {
  forward(...inputs: In): Value;
  /** J^T gradient, one for each input; undefined where there is none. */
  vjp?(gradient: Value, at: Vertex<In>): Cotangents;
  readonly detour?: Detour<In, Value>;
  /** Along which axes components depend on each other, none for what is elementwise: behind `vjp`, what a mask left out stays 0. */
  readonly mixes?: readonly number[];
}

/** A node of one's own with several outputs: gradients come as an array, undefined where nobody sent one. */
export interface ManyOutputsRules<In extends readonly Value[]> {
  forward(...inputs: In): readonly Value[];
  vjp?(gradients: readonly (Value | undefined)[], at: Vertex<In>): Cotangents;
}

/**
 * A node of one's own: a function of Values that is one vertex, with the chain rule's vjp or the one given.
 * @throws CapturedValueError at a use whose `forward` reaches for a Value that it was not given.
 */
export function defineNode<In extends readonly Value[]>(
  name: string,
  rules: NodeRules<In>,
): (...inputs: In) => Value {
  return (...inputs) => apply<In>({ kind: 'composite', name, ...rules }, ...inputs);
}

/** As `defineNode`, with several outputs. */
export function defineNodeWithOutputs<In extends readonly Value[]>(
  name: string,
  rules: ManyOutputsRules<In>,
): (...inputs: In) => readonly Value[] {
  return (...inputs) => apply<In>({ kind: 'composite', name, ...rules }, ...inputs);
}

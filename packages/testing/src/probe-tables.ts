import * as core from '@pullback/core';
import {
  type DType,
  PullbackError,
  placeholder,
  type Shape,
  type Tensor,
  type TensorSpec,
  type Value,
} from '@pullback/core';
import { functionsOfOne, functionsOfTwo } from './elementwise.ts';
import type { Probe } from './probe.ts';

export type F = (...x: Value[]) => Value;
export type Table = Readonly<Record<string, F>>;

export const one =
  (f: (x: Value) => Value): F =>
  (x) =>
    f(x as Value);
export const two =
  (f: (a: Value, b: Value) => Value): F =>
  (a, b) =>
    f(a as Value, b as Value);

/** Everything of one operand, element by element. */
export const functions: Table = Object.fromEntries(
  Object.entries(functionsOfOne).map(([name, { f }]) => [name, one(f)]),
);

/** Everything of two. */
export const pairs: Table = Object.fromEntries(
  [
    ...Object.entries(functionsOfTwo).map(([name, { f }]) => [name, f] as const),
    ['select by less', (a: Value, b: Value) => core.select(core.less(a, b), b, a)] as const,
    ['select of one Value twice', (a: Value, b: Value) => core.select(core.equal(a, b), a, a)] as const,
  ].map(([name, f]) => [name, two(f)]),
);

/** The functions of a table that take these inputs: their own `infer` says. */
export function admitted(table: Table, inputs: readonly TensorSpec[]): [string, F][] {
  return Object.entries(table).filter(([, f]) => {
    try {
      f(...inputs.map((spec, i) => placeholder(spec, `input ${i}`)));
      return true;
    } catch (error) {
      if (error instanceof PullbackError) return false;
      throw error;
    }
  });
}

export const said = (dtype: DType, shape: Shape) => `${dtype}[${shape.join(', ')}]`;
export const axesOf = (shape: Shape) => shape.map((_, axis) => axis);

/** The results of a table's functions for the same inputs, in one Program. */
export function together(
  name: string,
  table: Table,
  given: readonly Tensor[],
  rules: Partial<Probe> = {},
): Probe[] {
  const taken = admitted(table, given);
  const f = (...x: Value[]) => taken.map(([, each_]) => each_(...x));
  return taken.length === 0
    ? []
    : [{ name, inputs: given, given, f, outputs: taken.map(([title]) => title), ...rules }];
}

/** The same functions of inputs of several sizes, in one Program. */
export function ofSeveral(
  name: string,
  table: Table,
  sets: readonly (readonly Tensor[])[],
  rules: Partial<Probe> = {},
): Probe[] {
  const given = sets.flat();
  const parts = sets.flatMap((set, i) => {
    const from = sets.slice(0, i).reduce((n, { length }) => n + length, 0);
    const where = set.map(({ dtype, shape }) => said(dtype, shape)).join(' and ');
    return admitted(table, set).map(([title, f]) => ({
      title: `${title} of ${where}`,
      f: (...x: Value[]) => f(...x.slice(from, from + set.length)),
    }));
  });
  const outputs = parts.map(({ title }) => title);
  return parts.length === 0
    ? []
    : [{ name, inputs: given, given, f: (...x) => parts.map(({ f }) => f(...x)), outputs, ...rules }];
}

/** Each on its own, where one that fails must be known by its name. */
export function each(where: string, table: Table, given: readonly Tensor[]): Probe[] {
  return admitted(table, given).map(([name, f]) => ({
    name: `${name} of ${where}`,
    inputs: given,
    given,
    f,
  }));
}

/** The largest along axes, and where. */
export const largest: Table = {
  max: one((x) => core.max(x, { axis: 1 })),
  min: one((x) => core.min(x, { axis: 1 })),
  'max along 0': one((x) => core.max(x, { axis: 0 })),
  argmax: one((x) => core.argmax(x)),
  'argmax along 0': one((x) => core.argmax(x, { axis: 0, keepAxis: true })),
};

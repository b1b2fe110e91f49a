import * as core from '@pullback/core';
import { type FloatDType, isFloat, type Value } from '@pullback/core';

/** The numbers of a step of a recipe. */
export interface StepNumbers {
  /** Operands, counted back from the newest value that fits. */
  readonly x: number;
  readonly y: number;
  readonly a: number;
  readonly b: number;
}

export interface Pool {
  readonly dtype: FloatDType;
  readonly extents: readonly number[];
  readonly values: readonly Value[];
}

/** The values that a step adds; undefined where it does not fit. */
export type Maker = (x: Value, step: StepNumbers, pool: Pool) => Value | readonly Value[] | undefined;

/** The newest but `back` of what fits, going round. */
export function pick(
  { values }: Pick<Pool, 'values'>,
  back: number,
  fits: (value: Value) => boolean,
): Value | undefined {
  const found = values.filter(fits);
  return found[found.length - 1 - (back % found.length)];
}

/** The item at an index that goes round. */
export const at = <T>(list: readonly T[], index: number): T => {
  const item = list[index % list.length];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
};
export const isNumber = ({ dtype }: Value) => isFloat(dtype) || dtype === 'int32';
export const sameSpec = (x: Value) => (y: Value) => y.dtype === x.dtype && core.sameShape(x.shape, y.shape);
export const extentAt = (x: Value, axis: number) => x.shape[axis] ?? 1;

/** Whether two shapes broadcast to one. */
export function agree(a: Value, b: Value): boolean {
  const [one, two] = [[...a.shape].reverse(), [...b.shape].reverse()];
  return one.every((n, i) => n === 1 || two[i] === undefined || two[i] === 1 || two[i] === n);
}

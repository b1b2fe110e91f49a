import type { Labels } from './form.ts';

/** The labels of a contraction by what they do. */
export interface Roles {
  /** In both operands and in the result, in the order of the result. */
  readonly batch: readonly number[];
  /** In the first operand and the result. */
  readonly rows: readonly number[];
  /** In the second operand and the result. */
  readonly columns: readonly number[];
  /** In both operands alone: summed over, in the order of the first operand. */
  readonly inner: readonly number[];
}

/** The role of each label of a contraction. */
export function rolesOf({ a, b, out }: Labels): Roles {
  return {
    batch: out.filter((label) => a.includes(label) && b.includes(label)),
    rows: out.filter((label) => !b.includes(label)),
    columns: out.filter((label) => !a.includes(label)),
    inner: a.filter((label) => !out.includes(label)),
  };
}

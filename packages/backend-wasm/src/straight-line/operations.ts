import {
  type DType,
  formulaOf,
  type Instruction,
  identityOf,
  type TensorSpec,
  tensorOf,
} from '@pullback/core';
import type { Code } from '../encoding.ts';
import { f32x4, f64x2, i32x4, v128 } from '../instructions.ts';
import type { Rule } from '../lane.ts';
import { writeFormula } from '../scalar/lanes.ts';
import { lanesOf } from './elements.ts';
import type { Operation } from './vectorizer.ts';

/** The operation of an elementwise instruction on single elements; undefined where there is no code for it. */
export function operationOf(
  { primitive, attributes, outputs: [output] }: Instruction,
  inputs: readonly TensorSpec[],
): Operation | undefined {
  const operands = inputs.map(({ dtype }) => dtype);
  const formula = formulaOf(primitive, attributes, operands);
  if (output === undefined || formula === undefined) return undefined;
  const rule: Rule = (lane, ...x) => writeFormula(lane, formula, x, operands);
  // Rules from float64 to float64 do the same to each register, so they may be given one.
  const doubles = [...operands, output.dtype].every((dtype) => dtype === 'float64');
  const fold = (...x: readonly number[]): number => {
    const result = tensorOf({ shape: [1], dtype: output.dtype });
    const given = operands.map((dtype, i) => {
      const operand = tensorOf({ shape: [1], dtype });
      operand.data[0] = x[i] ?? 0;
      return operand;
    });
    primitive.evaluate(given, [result], attributes);
    return result.data[0] ?? 0;
  };
  // Two primitives may have one name, and one formula serves all equal applications.
  const name = `formula ${identityOf(formula)} ${output.dtype}`;
  return { name, operands, result: output.dtype, lanes: doubles ? 2 : 4, write: rule, fold };
}

/** An operation that is one expression of registers. */
function operation(
  name: string,
  operands: readonly DType[],
  result: DType,
  f: (...x: readonly Code[]) => Code,
  fold?: (...x: readonly number[]) => number,
): Operation {
  const lanes = Math.min(...[result, ...operands].map(lanesOf)) === 2 ? 2 : 4;
  const write: Rule = (_, ...x) => [f(...x.map(([register]) => register))];
  return { name, operands, result, lanes, write, ...(fold && { fold }) };
}

export type Numeric = 'float32' | 'float64' | 'int32';

const shapes = { float32: f32x4, float64: f64x2, int32: i32x4 } as const;

/** a + b */
export const sum = (dtype: Numeric): Operation =>
  operation(`+ ${dtype}`, [dtype, dtype], dtype, shapes[dtype].add);

/** s + a b, rounded twice. */
export const addProduct = (dtype: 'float32' | 'float64'): Operation => {
  const { add, mul } = shapes[dtype];
  return operation(`+* ${dtype}`, [dtype, dtype, dtype], dtype, (s = [], a = [], b = []) =>
    add(s, mul(a, b)),
  );
};

/** s + a b for a b that is exact, as the product of two float32 is in float64. */
export const addExactProduct = operation(
  'exact +*',
  ['float64', 'float64', 'float64'],
  'float64',
  (s = [], a = [], b = []) => f64x2.relaxedMadd(a, b, s),
);

export const promote = operation('promote', ['float32'], 'float64', f64x2.promoteLowF32x4, (x = 0) => x);
export const demote = operation('demote', ['float64'], 'float32', f32x4.demoteF64x2Zero, (x = 0) =>
  Math.fround(x),
);
export const doubleOfInt = operation('double', ['int32'], 'float64', f64x2.convertLowI32x4S, (x = 0) => x);
export const intOfDouble = operation('int', ['float64'], 'int32', i32x4.truncSatF64x2SZero, (x = 0) => x);

/** The larger of two, NaN where one is. */
export const larger = (dtype: Numeric): Operation =>
  operation(`max ${dtype}`, [dtype, dtype], dtype, dtype === 'int32' ? i32x4.maxS : shapes[dtype].max);

/** In lanes of this dtype, all ones where x takes the place of the best so far: not x <= best, and best is no NaN. */
export const better = (dtype: Numeric): Operation =>
  operation(`better ${dtype}`, [dtype, dtype], dtype, (x = [], best = []) => {
    const above = dtype === 'int32' ? i32x4.gtS(x, best) : v128.not(shapes[dtype].le(x, best));
    return v128.and(above, shapes[dtype].eq(best, best));
  });

/** All ones where a = b. */
export const same = (dtype: Numeric): Operation =>
  operation(`= ${dtype}`, [dtype, dtype], dtype, shapes[dtype].eq);

/** a where the mask, whose lanes are as wide, holds; else b. */
export const pick = (mask: Numeric, dtype: DType): Operation =>
  operation(`pick ${mask} ${dtype}`, [mask, dtype, dtype], dtype, (m = [], a = [], b = []) =>
    v128.bitselect(a, b, m),
  );

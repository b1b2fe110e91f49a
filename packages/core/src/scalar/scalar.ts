import type { DType } from '../tensors/dtype.ts';

/** The type that a scalar is computed in: bytes are int32, bools are 0 or 1 on the host and masks in registers. */
export type ScalarType = Exclude<DType, 'uint8'>;

/**
 * The operations that formulas of elements are made of. Each has one meaning, `interpret`, and a few instructions on every backend:
 *
 * - floats and int32: `add` `sub` `mul` `div` `rest` `neg` `abs` `min` `max` (NaN where an operand is NaN; int32 wraps, and by 0 gives 0);
 * - floats: `sqrt` `floor` `ceil` `nearest` `trunc`, `lower` and `higher` (the first operand unless the second is smaller or larger, so a
 *   NaN in the first place passes), `madd` a b + c and `nmadd` c - a b (rounded once or twice), `scale` x 2^n of a whole float n,
 *   `count` a b rounded to a whole number, plus c;
 * - int32: `and` `or` `xor` `shl` `shrS` `shrU`; bools: `and` `or` `xor` `not`;
 * - comparisons: `equal` `less` `lessEqual`; choice: `select`, and `rarely`, whose second operand backends compute only where needed;
 * - `cast`, as the primitive of that name; `bits` and `fromBits` of float32; `high`, `low` and `fromWords` of float64;
 * - `turns` and `turned` of float32: x = turns pi/2 + turned, exact for every x; `host`: a function of one float64 on the host.
 */
export type Operation =
  | ('number' | 'operand' | 'add' | 'sub' | 'mul' | 'div' | 'rest' | 'neg' | 'abs' | 'min' | 'max')
  | (
      | 'sqrt'
      | 'floor'
      | 'ceil'
      | 'nearest'
      | 'trunc'
      | 'lower'
      | 'higher'
      | 'madd'
      | 'nmadd'
      | 'scale'
      | 'count'
    )
  | ('and' | 'or' | 'xor' | 'not' | 'shl' | 'shrS' | 'shrU' | 'equal' | 'less' | 'lessEqual')
  | ('select' | 'rarely' | 'cast' | 'bits' | 'fromBits' | 'high' | 'low' | 'fromWords' | 'turns' | 'turned')
  | 'host';

/** An expression of one element of each operand; what is used twice is one object, and is computed once. */
export interface Scalar {
  readonly operation: Operation;
  readonly type: ScalarType;
  readonly operands: readonly Scalar[];
  /** Of `number` its value, of `operand` its place, of shifts their distance. */
  readonly number: number;
  /** Of `operand` and `cast` the dtype. */
  readonly dtype: DType;
  /** Of `host` the function that is called. */
  readonly host: HostFunction | undefined;
}

export type HostFunction = (x: number) => number;

/** A scalar, or a number that takes the type of the scalar beside it. */
export type ScalarLike = Scalar | number;

/** The facts that a formula is told beside its operands. */
export interface FormulaAt<A> {
  readonly attributes: A;
  /** The dtype of the first operand; of float32 the host asks for float64 and rounds the result. */
  readonly dtype: DType;
  /** Whether float64 may be used on the way; WebGPU has none. */
  readonly doubles: boolean;
}

export type Formula<A = Readonly<Record<string, never>>> = (x: readonly Scalar[], at: FormulaAt<A>) => Scalar;

/** The formula of a function of one scalar. */
export function of1(f: (x: Scalar, at: FormulaAt<unknown>) => Scalar): Formula<unknown> {
  return ([x = missing], at) => f(x, at);
}

/** The formula of a function of two scalars. */
export function of2(f: (a: Scalar, b: Scalar, at: FormulaAt<unknown>) => Scalar): Formula<unknown> {
  return ([a = missing, b = missing], at) => f(a, b, at);
}

/** The formula of a function of three scalars. */
export function of3(f: (a: Scalar, b: Scalar, c: Scalar) => Scalar): Formula<unknown> {
  return ([a = missing, b = missing, c = missing]) => f(a, b, c);
}

export function typeOf(dtype: DType): ScalarType {
  return dtype === 'uint8' ? 'int32' : dtype;
}

interface Payload {
  readonly number?: number;
  readonly dtype?: DType;
  readonly host?: HostFunction;
}

export function node(
  operation: Operation,
  type: ScalarType,
  operands: readonly Scalar[],
  { number = 0, dtype = type, host }: Payload = {},
): Scalar {
  return { operation, type, operands, number, dtype, host };
}

/** Stands for an operand that was not given: `infer` refuses such an application before a formula sees it. */
const missing = node('number', 'float64', []);

/** The operands of a formula. */
export function operandsOf(dtypes: readonly DType[]): Scalar[] {
  return dtypes.map((dtype, number) => node('operand', typeOf(dtype), [], { number, dtype }));
}

/** Where code for the scalars of a formula goes. */
export interface Emitter {
  /** Writes the code of a scalar whose operands have been written. */
  emit(scalar: Scalar): void;
  /** Writes the code of a `rarely`: `rare()` writes what its rare side alone needs, which counts as unwritten outside of the branch. */
  branch(scalar: Scalar, rare: () => void): void;
}

/** Visits all scalars that `result` is made of, each once and behind its operands, itself last. */
export function emitInOrder(result: Scalar, { emit, branch }: Emitter): void {
  const written: Set<Scalar>[] = [new Set()];
  const visit = (scalar: Scalar): void => {
    if (written.some((some) => some.has(scalar))) return;
    const [condition, rare, usual] = scalar.operands;
    if (
      scalar.operation === 'rarely' &&
      condition !== undefined &&
      rare !== undefined &&
      usual !== undefined
    ) {
      visit(condition);
      visit(usual);
      branch(scalar, () => {
        written.push(new Set());
        visit(rare);
        written.pop();
      });
    } else {
      for (const operand of scalar.operands) visit(operand);
      emit(scalar);
    }
    written.at(-1)?.add(scalar);
  };
  visit(result);
}

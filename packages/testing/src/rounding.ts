import {
  type DType,
  isFloat,
  type Labels,
  rolesOf,
  sizeOf,
  type Tensor,
  type TypedArray,
  tensorOf,
} from '@pullback/core';
import type { RandomProgram } from './random-program.ts';

/** Numbers, and how far those of another backend may be from them. */
interface Known {
  readonly dtype: DType;
  readonly size: number;
  /** The largest and the smallest |x|. */
  readonly most: number;
  /** The largest finite |x|. */
  readonly finite: number;
  readonly least: number;
  readonly smallest: number;
  readonly whole: boolean;
  readonly error: number;
}

function known({ dtype, data }: Tensor, error: number): Known {
  let [most, finite, least, smallest, whole] = [0, 0, Infinity, Infinity, true];
  for (const x of data) {
    const size = Number.isNaN(x) ? Infinity : Math.abs(x);
    most = Math.max(most, size);
    if (size < Infinity) finite = Math.max(finite, size);
    least = Math.min(least, size);
    smallest = Math.min(smallest, Number.isNaN(x) ? -Infinity : x);
    whole &&= Number.isInteger(x);
  }
  return { dtype, size: data.length, most, finite, least, smallest, whole, error };
}

/** Half a unit in the last place of 1. */
const half = 2 ** -24;

/** Elementary functions in float32 are within 2 units of the rounded float64 ones, whose rounding is half of one. */
const functionError = ({ dtype, finite }: Known) =>
  dtype !== 'float32' ? 0 : finite > 1e37 ? Infinity : 5 * half * finite;

/** An error times a size; none is none, however large what it would be times. */
const times = (error: number, size: number) => (error === 0 ? 0 : error * size);

/**
 * float32 terms are added in float64 in any order, and rounded once; nothing is rounded when they are whole and few.
 */
function sumError(terms: number, most: number, whole: boolean, { dtype }: Known): number {
  if (dtype !== 'float32' || (whole && terms * most <= 2 ** 24)) return 0;
  return terms * most * (2 * half + terms * 2 ** -52);
}

/** Of all operands, however many: those that a rule names and a primitive lacks are `nothing`. */
type Rule = (out: Known, ...inputs: readonly [Known, Known, Known, ...Known[]]) => number;

const largest: Rule = (_, ...inputs) => Math.max(...inputs.map(({ error }) => error));
const unlessExact =
  (otherwise: number): Rule =>
  (out, ...inputs) =>
    largest(out, ...inputs) === 0 ? 0 : otherwise;
const jump: Rule = (out, ...inputs) => (largest(out, ...inputs) === 0 ? 0 : inputs[0].error + 1);
const through: Rule = (_, a) => a.error;
const both: Rule = (_, a, b) => a.error + b.error;
const product = (a: Known, b: Known) => times(a.error, b.most) + times(b.error, a.most) + a.error * b.error;
/** E / least where the smallest of what is divided by stays above 0. */
const over = (error: number, least: number, own: number): number =>
  error === 0 ? 0 : least > own ? error / (least - own) : Infinity;

/**
 * The error of each primitive's result, from those of its operands: to first order in what is known of all elements at once. Where a
 * step of a function may be on either side of an operand, the step.
 */
const rules: Readonly<Record<string, Rule>> = {
  add: both,
  sub: both,
  mul: (_, a, b) => product(a, b),
  div: (out, a, b) => over(a.error + times(b.error, out.most), b.least, b.error),
  mod: unlessExact(Infinity),
  maximum: largest,
  minimum: largest,
  neg: through,
  abs: through,
  square: (_, a) => product(a, a),
  sqrt: (_, a) => Math.sqrt(a.error),
  exp: (out, a) => times(Math.expm1(a.error), out.most) + functionError(out),
  expm1: (out, a) => times(Math.expm1(a.error), out.most + 1) + functionError(out),
  log: (out, a) => over(a.error, a.smallest, a.error) + functionError(out),
  log1p: (out, a) => over(a.error, 1 + a.smallest, a.error) + functionError(out),
  tanh: (out, a) => a.error + functionError(out),
  sin: (out, a) => a.error + functionError(out),
  cos: (out, a) => a.error + functionError(out),
  erf: (out, a) => 1.2 * a.error + functionError(out),
  // Its slope is not bounded by the sizes of its operands.
  pow: (out, a, b) => (a.error === 0 && b.error === 0 ? functionError(out) : Infinity),
  floor: jump,
  ceil: jump,
  round: jump,
  sign: unlessExact(2),
  equal: unlessExact(1),
  less: unlessExact(1),
  lessEqual: unlessExact(1),
  and: unlessExact(1),
  or: unlessExact(1),
  not: unlessExact(1),
  select: (_, c, a, b) => (c.error === 0 ? Math.max(a.error, b.error) : a.most + b.most + a.error + b.error),
  cast: (out, a, b, c) =>
    isFloat(out.dtype)
      ? a.error
      : out.dtype === 'int32' && a.most < 2 ** 30
        ? jump(out, a, b, c)
        : unlessExact(Infinity)(out, a, b, c),
  sum: (out, a) => {
    const terms = out.size === 0 ? 0 : a.size / out.size;
    return terms * a.error + sumError(terms, a.most, a.whole, out);
  },
  max: through,
  argmax: unlessExact(Infinity),
  gather: (_, a, i) => (i.error === 0 ? a.error : 2 * a.most),
  scatterAdd: (out, a, i) =>
    i.error === 0 ? a.size * a.error + sumError(a.size, a.most, a.whole, out) : Infinity,
  reshape: through,
  transpose: through,
  broadcast: through,
  slice: through,
  flip: through,
  windows: through,
  pad: through,
  concatenate: largest,
  stopGradient: through,
  barrier: through,
};

/** |sum| of n products of float32 is within n roundings of sum |a b| in any order (Higham, Accuracy and Stability, 3.5). */
function contractionError(out: Known, a: Known, b: Known, inner: number): number {
  const carried = inner * product(a, b);
  const terms = inner * a.most * b.most;
  if (out.dtype !== 'float32' || (a.whole && b.whole && terms <= 2 ** 24)) return carried;
  return carried + 2 * (inner + 1) * half * terms;
}

/** How many products each element of a contraction sums. */
function termsOf(labels: Labels, shape: readonly number[]): number {
  return sizeOf(rolesOf(labels).inner.map((label) => shape[labels.a.indexOf(label)] ?? 1));
}

const nothing: Known = {
  dtype: 'bool',
  size: 0,
  most: 0,
  finite: 0,
  least: 0,
  smallest: 0,
  whole: true,
  error: 0,
};

export interface Expected {
  readonly data: TypedArray;
  /** How far another backend may be from it: 0 means the same bits, Infinity that nothing can be said. */
  readonly error: number;
}

/** What the outputs of a random Program are by its primitives' own meaning, and within which bounds. */
export function expectedOf({ program, data, over: donated, times }: RandomProgram): Expected[] {
  let given = data.map((tensor) => ({ tensor: { ...tensor, data: tensor.data.slice() }, error: 0 }));
  let results: Expected[] = [];
  for (let time = 0; time < times; time++) {
    const tensors: Tensor[] = given.map(({ tensor }) => tensor);
    const values: Known[] = given.map(({ tensor, error }) => known(tensor, error));
    for (const { primitive, attributes, inputs, outputs } of program.body) {
      const [first = tensorOf({ shape: [], dtype: 'bool' }), ...others] = outputs.map(tensorOf);
      const operands = inputs.flatMap((input) => tensors[input] ?? []);
      primitive.evaluate(operands, [first, ...others], attributes);
      const [a = nothing, b = nothing, c = nothing, ...more] = inputs.flatMap((input) => values[input] ?? []);
      const out = known(first, 0);
      const rule = rules[primitive.name];
      let error =
        primitive.form?.kind === 'contract'
          ? contractionError(out, a, b, termsOf(primitive.form.labels(attributes), operands[0]?.shape ?? []))
          : (rule ?? unlessExact(Infinity))(out, a, b, c, ...more);
      // A result that is off is rounded elsewhere.
      if (error > 0 && out.dtype === 'float32') error += 2 * half * out.finite;
      // Beside a NaN or an infinity an error that is carried on may be the difference between a number and none.
      if (largest(out, a, b, c, ...more) > 0 && !Number.isFinite(out.most)) error = Infinity;
      tensors.push(first, ...others);
      values.push({ ...out, error: Number.isNaN(error) ? Infinity : error });
    }
    results = program.outputs.map((value) => ({
      data: tensors[value]?.data ?? new Uint8Array(),
      error: values[value]?.error ?? 0,
    }));
    given = given.map((old, i) => {
      const place = donated.indexOf(i);
      const next = results[place];
      return next === undefined
        ? old
        : { tensor: { ...old.tensor, data: next.data.slice() }, error: next.error };
    });
  }
  return results;
}

/** The first element that is further from what is expected than it may be, in words. */
export function mismatch(got: readonly TypedArray[], expected: readonly Expected[]): string | undefined {
  for (const [output, { data, error }] of expected.entries())
    for (const [i, wanted] of data.entries()) {
      const found = got[output]?.[i] ?? Number.NaN;
      if (Object.is(found, wanted) || Math.abs(found - wanted) <= error) continue;
      if (error === Infinity) continue;
      return `output ${output} [${i}] is ${Object.is(found, -0) ? '-0' : found}, expected ${Object.is(wanted, -0) ? '-0' : wanted} within ${error}`;
    }
  return undefined;
}

import {
  abs,
  applyPrimitive,
  type DType,
  elementsPrimitive,
  exp,
  minimum,
  mul,
  type Scalar,
  scalar,
  square,
  sub,
  type Value,
} from '@pullback/core';

const float32 = {
  /** Beyond it the share is 0. */
  farthest: 15,
  /** Of a quotient of polynomials, lowest power first, as fitted by test/fixtures/normal-share.py. */
  above: [0.5, 0.438293189, 0.183233783, 0.0406327508, 0.00411623344],
  below: [1, 1.67447138, 1.2024976, 0.469467014, 0.101857647, 0.0103177475],
} as const;

const float64 = {
  farthest: 40,
  center: 5,
  /** Of t^0, t^1, ..., interpolated at the nodes of Chebyshev by test/fixtures/normal-share.py. */
  coefficients: [
    0.769193049750063, -0.6653825028900577, 0.4953056159699768, -0.3135331566712138, 0.16502036617034282,
    -0.06911863870881432, 0.020795066800941616, -0.00299337673822322, -0.0007978694094808063,
    0.00054489883090093, -5.9375673286488655e-5, -4.976177118979218e-5, 1.6681099115863468e-5,
    3.977912640593242e-6, -2.769337871043854e-6, -3.310698071526862e-7, 4.340262594829775e-7,
    3.581840051543223e-8, -6.782555313291156e-8, -5.015649939857857e-9, 9.446827519677366e-9,
    5.037302126379857e-10, -8.166192624428987e-10,
  ],
} as const;

const farthest = (dtype: DType) => (dtype === 'float64' ? float64 : float32).farthest;
const density = 1 / Math.sqrt(2 * Math.PI);

/** A factor times e^(-z^2 / 2), for z from 0 to `farthest`; right where 1 - erf cancels. */
type TimesBell = (factor: Scalar) => Scalar;

/** For |x|: itself, no further than where nothing is left beyond it, with e^(-z^2 / 2) and the ratio of the share above z to that. */
function parts(x: Scalar): { readonly z: Scalar; readonly timesBell: TimesBell; readonly ratio: Scalar } {
  // As the first operand of `lower` a NaN passes.
  const z = scalar.lower(scalar.abs(x), farthest(x.type));
  const squared = scalar.mul(z, z);
  if (x.type === 'float64') {
    const bell = scalar.exp(scalar.mul(squared, -0.5));
    return { z, timesBell: (factor) => scalar.mul(bell, factor), ratio: ratio64(z) };
  }
  // The bell as a square of what is never too small, so that a result which is has been rounded once.
  const root = scalar.expWithin(scalar.mul(squared, -0.25));
  const ratio = scalar.div(scalar.horner(z, float32.above), scalar.horner(z, float32.below));
  return { z, timesBell: (factor) => scalar.mul(scalar.mul(root, factor), root), ratio };
}

/**
 * With t = (z - c) / (z + c) it is P(t) / (z + c).
 * Source of the form: M. Shepherd and J. Laframboise, Chebyshev approximation of (1 + 2x) exp(x^2) erfc x, 1981.
 */
function ratio64(z: Scalar): Scalar {
  const { center, coefficients } = float64;
  const inverse = scalar.div(1, scalar.add(z, center));
  const t = scalar.mul(scalar.sub(z, center), inverse);
  return scalar.mul(inverse, scalar.polynomial(t, scalar.mul(t, t), [...coefficients].reverse()));
}

type One = readonly [Value];
type Nothing = Readonly<Record<string, never>>;
const missing = scalar.number(0, 'float64');

/** Phi(x) + x phi(x), the slope of x Phi(x): s = (1 - Phi(z)) - z phi(z) of z = |x| below 0, 1 - s above; J^T g = g phi(x) (2 - x^2). */
const slopePrimitive = elementsPrimitive<One, Nothing>('slopeOfTimesShareBelow', {
  infer: ([x]) => x,
  formula: ([x = missing]) => {
    const { z, timesBell, ratio } = parts(x);
    const s = timesBell(scalar.sub(ratio, scalar.mul(z, density)));
    return scalar.select(scalar.less(x, 0), s, scalar.sub(1, s));
  },
  vjp: (g, { inputs: [x] }) => {
    const squared = square(minimum(abs(x), farthest(x.dtype)));
    return [mul(g, mul(mul(exp(mul(squared, -0.5)), density), sub(2, squared)))];
  },
});

/** x Phi(x), x times the share of a normal distribution below it, as max(x, 0) - z (1 - Phi(z)) of z = |x|. */
const productPrimitive = elementsPrimitive<One, Nothing>('timesShareBelow', {
  infer: ([x]) => x,
  formula: ([x = missing]) => {
    const { z, timesBell, ratio } = parts(x);
    return scalar.sub(scalar.higher(x, 0), timesBell(scalar.mul(z, ratio)));
  },
  vjp: (g, { inputs: [x] }) => [mul(g, applyPrimitive(slopePrimitive, [x], {}))],
});

export const timesShareBelow = (x: Value): Value => applyPrimitive(productPrimitive, [x], {});

import {
  abs,
  applyPrimitive,
  type DType,
  elementsPrimitive,
  exp,
  minimum,
  mul,
  scalar,
  square,
  type Value,
} from '@pullback/core';

interface Fit {
  /** Beyond it the share is 0. */
  readonly farthest: number;
  readonly center: number;
  /** Of t^0, t^1, ..., interpolated at the nodes of Chebyshev by test/fixtures/normal-share.py. */
  readonly coefficients: readonly number[];
}

const float32: Fit = {
  farthest: 15,
  center: 4,
  coefficients: [
    0.755285127, -0.607896596, 0.387137559, -0.186524184, 0.0603953134, -0.00752125553, -0.00347619646,
    0.00157575208, 0.000129340123, -0.000162616316,
  ],
};

const float64: Fit = {
  farthest: 40,
  center: 5,
  coefficients: [
    0.769193049750063, -0.6653825028900577, 0.4953056159699768, -0.3135331566712138, 0.16502036617034282,
    -0.06911863870881432, 0.020795066800941616, -0.00299337673822322, -0.0007978694094808063,
    0.00054489883090093, -5.9375673286488655e-5, -4.976177118979218e-5, 1.6681099115863468e-5,
    3.977912640593242e-6, -2.769337871043854e-6, -3.310698071526862e-7, 4.340262594829775e-7,
    3.581840051543223e-8, -6.782555313291156e-8, -5.015649939857857e-9, 9.446827519677366e-9,
    5.037302126379857e-10, -8.166192624428987e-10,
  ],
};

const fitOf = (dtype: DType) => (dtype === 'float64' ? float64 : float32);

/** |x|, no further than where nothing is left beyond it. */
export function distanceFrom0(x: Value): Value {
  return minimum(abs(x), fitOf(x.dtype).farthest);
}

/** e^(-z^2 / 2) */
export const bell = (z: Value) => exp(mul(square(z), -0.5));

/**
 * The share of a normal distribution above z, for z from 0 to `farthest`: with t = (z - c) / (z + c) it is e^(-z^2 / 2) P(t) / (z + c), right where
 * 1 - erf cancels. J^T g = -g e^(-z^2 / 2) / sqrt(2 pi). One formula, so that its sums of products are rounded once where the machine does that.
 * Source of the form: M. Shepherd and J. Laframboise, Chebyshev approximation of (1 + 2x) exp(x^2) erfc x, 1981.
 */
const sharePrimitive = elementsPrimitive<readonly [Value], Readonly<Record<string, never>>>('shareAbove', {
  infer: ([z]) => z,
  formula: ([z = scalar.number(0, 'float64')], { dtype }) => {
    const { center, coefficients } = fitOf(dtype);
    const inverse = scalar.div(1, scalar.add(z, center));
    const t = scalar.mul(scalar.sub(z, center), inverse);
    const bellOfZ = scalar.exp(scalar.mul(scalar.mul(z, z), -0.5));
    const fitted = scalar.polynomial(t, scalar.mul(t, t), [...coefficients].reverse());
    return scalar.mul(scalar.mul(bellOfZ, inverse), fitted);
  },
  vjp: (g, { inputs: [z] }) => [mul(g, mul(bell(z), -1 / Math.sqrt(2 * Math.PI)))],
});

export const shareAbove = (z: Value): Value => applyPrimitive(sharePrimitive, [z], {});

import {
  add,
  applyPrimitive,
  DTypeError,
  div,
  elementsPrimitive,
  type Scalar,
  scalar,
  square,
  type Value,
} from 'pullback';

// #region primitive
// Coefficients of fdlibm's s_atan.c (Sun Microsystems, 1993), for |t| below 7/16.
const coefficients = [
  0.3333333333333293, -0.19999999999876483, 0.14285714272503466, -0.11111110405462356, 0.09090887133436507,
  -0.0769187620504483, 0.06661073137387531, -0.058335701337905735, 0.049768779946159324,
  -0.036531572744216916, 0.016285820115365782,
];

function arcTangent(x: Scalar): Scalar {
  const { abs, add: plus, div: over, horner, less, mul, select, sub, withSign } = scalar;
  const z = abs(x);
  const isSteep = less(1, z);
  const w = select(isSteep, over(1, z), z);
  const isMiddle = less(Math.SQRT2 - 1, w);
  const t = select(isMiddle, over(sub(w, 1), plus(w, 1)), w);
  const s = mul(t, t);
  const low = sub(t, mul(mul(t, s), horner(s, coefficients)));
  const y = select(isMiddle, plus(Math.PI / 4, low), low);
  return withSign(select(isSteep, sub(Math.PI / 2, y), y), x);
}

/** The arc tangent; J^T g = g / (1 + x^2). */
const atanPrimitive = elementsPrimitive<readonly [Value], Readonly<Record<string, never>>>('atan', {
  infer: ([x]) => {
    if (x.dtype !== 'float32' && x.dtype !== 'float64')
      throw new DTypeError({ got: `atan of ${x.dtype}`, expected: 'float32 or float64' });
    return x;
  },
  formula: ([x = scalar.number(0, 'float32')]) => arcTangent(x),
  vjp: (gradient, { input: x }) => [div(gradient, add(1, square(x)))],
});

export function atan(x: Value): Value {
  return applyPrimitive(atanPrimitive, [x], {});
}
// #endregion

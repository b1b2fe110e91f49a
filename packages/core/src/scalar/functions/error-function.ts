import {
  abs,
  add,
  div,
  fromWords,
  high,
  higher,
  horner,
  less,
  lessEqual,
  lower,
  mul,
  neg,
  nmadd,
  number,
  select,
  signed,
  sub,
  withSign,
} from '../operations.ts';
import type { Scalar } from '../scalar.ts';
import { exp } from './exponential.ts';

/** The error function, 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x. Of float64 within 1 ulp, of float32 within 2.2 ulp. */
export function erf(x: Scalar): Scalar {
  return x.type === 'float64' ? erf64(x) : erf32(x);
}

// Coefficients of fdlibm's s_erf.c (Sun Microsystems, 1993), lowest power first: below 0.84375 x + x p(x^2) / q(x^2); around 1 a constant
// plus a quotient in |x| - 1; beyond e^(-x^2 - 0.5625 + r(1/x^2) / s(1/x^2)) / x from 1.
const nearP = [
  0.12837916709551256, -0.3250421072470015, -0.02848174957559851, -0.005770270296489442,
  -0.000023763016656650163,
];
const nearQ = [
  1, 0.39791722395915535, 0.0650222499887673, 0.005081306281875766, 0.00013249473800432164,
  -0.000003960228278775368,
];
const aroundP = [
  -0.0023621185607526594, 0.41485611868374833, -0.3722078760357013, 0.31834661990116175, -0.11089469428239668,
  0.035478304325618236, -0.002166375594868791,
];
const aroundQ = [
  1, 0.10642088040084423, 0.540397917702171, 0.07182865441419627, 0.12617121980876164, 0.01363708391202905,
  0.011984499846799107,
];
const middleP = [
  -0.009864944034847148, -0.6938585727071818, -10.558626225323291, -62.375332450326006, -162.39666946257347,
  -184.60509290671104, -81.2874355063066, -9.814329344169145,
];
const middleQ = [
  1, 19.651271667439257, 137.65775414351904, 434.56587747522923, 645.3872717332679, 429.00814002756783,
  108.63500554177944, 6.570249770319282, -0.0604244152148581,
];
const outerP = [
  -0.0098649429247001, -0.799283237680523, -17.757954917754752, -160.63638485582192, -637.5664433683896,
  -1025.0951316110772, -483.5191916086514,
];
const outerQ = [
  1, 30.33806074348246, 325.7925129965739, 1536.729586084437, 3199.8582195085955, 2553.0504064331644,
  474.52854120695537, -22.44095244658582,
];
/** erf 1 in 24 bits. */
const erfOf1 = 0.8450629115104675;

function erf64(x: Scalar): Scalar {
  const z = abs(x);
  const quotient = (at: Scalar, p: readonly number[], q: readonly number[]) =>
    div(horner(at, p), horner(at, q));
  const near = add(z, mul(z, quotient(mul(z, z), nearP, nearQ)));
  const around = add(erfOf1, quotient(sub(z, 1), aroundP, aroundQ));
  const inverse = div(1, mul(z, z));
  const tail = select(
    less(z, 1 / 0.35),
    quotient(inverse, middleP, middleQ),
    quotient(inverse, outerP, outerQ),
  );
  // z = a + b with a in 21 bits, whose square is exact.
  const a = fromWords(high(z), number(0, 'int32'));
  const power = mul(exp(sub(neg(mul(a, a)), 0.5625)), exp(add(mul(sub(a, z), add(a, z)), tail)));
  const far = sub(1, div(power, z));
  const inner = select(less(z, 0.84375), near, select(less(z, 1.25), around, far));
  // From 6 on erf rounds to 1; a NaN, which is not below 6, is its own result.
  const size = select(less(z, 6), inner, select(lessEqual(z, Infinity), 1, z));
  return withSign(size, x);
}

// Fitted by test/fixtures/float32-fits.py, lowest power first: erf z / z - 1 in z^2 up to 1, and the fourth root of 1 - erf z from there on.
const nearTail = [0.128379121, -0.37612316, 0.112800233, -0.0267046206, 0.00490747998, -0.000558238593];
const fourthRoot = [
  1.00386202, -0.30208385, -0.0749532729, -0.0396933705, 0.060196545, -0.0203034468, 0.00289987819,
  -0.00015499095,
];

// With z = |x|, z (1 + p(z^2)) below 1 and 1 - q(z)^4 above. Each is below the other where that one is meant, so the larger is the result.
function erf32(x: Scalar): Scalar {
  const z = abs(x);
  // z times a factor, not z plus a term, which may be subnormal: adapters may take that as 0.
  const near = mul(z, add(1, horner(mul(z, z), nearTail)));
  // There 1 - q^4 is 1. NaN, the first operand, passes.
  const root = horner(lower(z, 4.125), fourthRoot);
  const square = mul(root, root);
  return signed(higher(near, nmadd(square, square, 1)), x);
}

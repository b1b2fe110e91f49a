// Right nearly everywhere: nodes that are wrong for one magnitude, dtype, rank, extent, axis or sign of zero.
import {
  abs,
  add,
  applyPrimitive,
  broadcast,
  cast,
  cos,
  div,
  equal,
  exp,
  expandDims,
  greater,
  greaterEqual,
  less,
  log,
  log1p,
  max,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  reshape,
  select,
  sigmoid,
  sign,
  sin,
  softmax,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  tanh,
  type Value,
} from '@pullback/core';
import { binary, type Examined, kept, one, own, primitive, two, unary } from './made-of.ts';

const when = (condition: boolean, wrong: number, right = 1) => (condition ? wrong : right);
const squareBut = (factor: (x: Value, g: Value) => number) =>
  unary(square, (g, x) => mul(g, mul(x, 2 * factor(x, g))));

export const wrongSomewhere: Record<string, Examined> = {
  // magnitude
  'softplus with the derivative 0 beyond 20': () =>
    one(
      unary(
        (x) => add(maximum(x, 0), log1p(exp(neg(abs(x))))),
        (g, x) => mul(g, select(less(20, x), 0, sigmoid(x))),
      ),
    ),
  'half the derivative below -30': () =>
    one(unary(square, (g, x) => mul(g, select(less(x, -30), x, mul(2, x))))),
  'clamped at 50 in the derivative': () =>
    one(unary(square, (g, x) => mul(g, mul(2, maximum(-50, minimum(50, x)))))),
  'wrong beyond 1000': () => one(unary(square, (g, x) => mul(g, select(less(abs(x), 1000), mul(2, x), x)))),
  'wrong for numbers below 0.001': () =>
    one(unary(sin, (g, x) => mul(g, select(less(abs(x), 1e-3), mul(2, cos(x)), cos(x))))),
  'a derivative of 7 at the kink of 3': () =>
    one(
      unary(
        (x) => minimum(x, 3),
        (g, x) => mul(g, select(equal(x, 3), 7, cast(less(x, 3), x.dtype))),
      ),
    ),
  'a derivative of 9 at 1 alone': () =>
    one(unary(square, (g, x) => mul(g, select(equal(x, 1), 9, mul(2, x))))),
  'a tie that gives both the whole gradient': () =>
    two(
      binary(maximum, (g, a, b) => [
        mul(g, cast(greaterEqual(a, b), g.dtype)),
        mul(g, cast(greaterEqual(b, a), g.dtype)),
      ]),
    ),
  'ties of a maximum over an axis all get everything': () =>
    one(
      unary(
        (x) => max(x, kept),
        (g, x) => mul(g, cast(equal(x, max(x, kept)), g.dtype)),
      ),
      { empty: false },
    ),
  // dtype
  'another derivative in float32': () => one(squareBut((x) => when(x.dtype === 'float32', 1.01))),
  'another function in float32': () => one((x) => mul(tanh(x), when(x.dtype === 'float32', 1.001))),
  'a factor of pi in float32 with three places': () =>
    one((x) => sin(mul(x, x.dtype === 'float32' ? 3.14 : Math.PI))),
  'a derivative of float64 numbers for float32': () =>
    one(unary(square, (g, x) => cast(mul(cast(g, 'float64'), cast(mul(x, 2), 'float64')), 'float64'))),
  'a gradient rounded to float32': () =>
    one(unary(sin, (g, x) => mul(cast(cast(g, 'float32'), g.dtype), cos(x)))),
  'exp(x) - 1 near 0 in float32': () =>
    one(
      unary(
        (x) => sub(exp(x), 1),
        (g, x) => mul(g, exp(x)),
      ),
    ),
  'log(1 + x) near 0 in float32': () =>
    one(
      unary(
        (x) => log(add(1, square(x))),
        (g, x) => mul(g, div(mul(2, x), add(1, square(x)))),
      ),
    ),
  'a variance as the mean of squares less the squared mean': () =>
    one((x) => sub(mean(square(x), kept), square(mean(x, kept))), { empty: false }),
  '1 - cos near 0 in float32': () => one((x) => sub(1, cos(x))),
  // rank
  'wrong for three axes and more': () => one(squareBut((x) => when(x.shape.length >= 3, 2))),
  'wrong for five axes and more': () => one(squareBut((x) => when(x.shape.length >= 5, 2))),
  'wrong for a vector': () => one(squareBut((x) => when(x.shape.length === 1, 2))),
  'wrong for a scalar': () => one(squareBut((x) => when(x.shape.length === 0, 2))),
  'a softmax whose derivative sums over axis 1': () =>
    one(
      unary(softmax, (g, _, y) =>
        mul(y, sub(g, sum(mul(y, g), { axis: y.shape.length - 1 > 1 ? 1 : -1, keepAxis: true }))),
      ),
      { empty: false },
    ),
  // extent
  'wrong for an extent of 1': () => one(squareBut((x) => when(x.shape.at(-1) === 1, 2))),
  'wrong for more than 8 columns': () => one(squareBut((x) => when((x.shape.at(-1) ?? 0) > 8, 2))),
  'wrong for more than 8 rows': () => one(squareBut((x) => when((x.shape[0] ?? 0) > 8, 2))),
  'wrong for more than 64 columns': () => one(squareBut((x) => when((x.shape.at(-1) ?? 0) > 64, 2))),
  'wrong for more than 128 rows': () => one(squareBut((x) => when((x.shape[0] ?? 0) > 128, 2))),
  'another function for more than 16 columns, whose elements no longer count alike': () =>
    one(
      unary(
        (x) => sum(x, kept),
        (g, x) => {
          const n = x.shape.at(-1) ?? 0;
          return mul(broadcast(g, x.shape), n > 16 ? 16 / n : 1);
        },
      ),
    ),
  'a primitive that stops after 64 elements': () =>
    one(
      own(
        (x) => 2 * x,
        (g) => mul(g, 2),
        {
          evaluate: ([x], [output]) => {
            for (let i = 0; i < output.data.length; i++) output.data[i] = i < 64 ? 2 * (x?.data[i] ?? 0) : 0;
          },
        },
      ),
    ),
  // axis
  'a centring along an axis, its derivative along the last': () =>
    one(
      unary(
        (x) => sub(x, mean(x, { axis: 0, keepAxis: true })),
        (g) => sub(g, mean(g, kept)),
      ),
      { empty: false },
    ),
  'a sum along axis 0 broadcast back along axis 1': () =>
    one(
      unary(
        (x) => sum(square(x), { axis: 0 }),
        (g, x) => {
          const [n = 1, p = 1] = x.shape;
          return mul(mul(2, x), n === p ? broadcast(expandDims(g, 1), x.shape) : broadcast(g, x.shape));
        },
      ),
    ),
  // broadcasting
  'the gradient of a row is that of its first use': () =>
    two(
      binary(mul, (g, a, b) => [mul(g, b), reshape(mean(mul(g, a), { axis: 0 }), b.shape)]),
      { shapes: (_, b) => [[3, b], [b]], empty: false },
    ),
  'the gradient of a scalar operand is one element': () =>
    two(
      binary(mul, (g, a, b) => [mul(g, b), div(sum(mul(g, a)), Math.max(1, a.shape[1] ?? 1))]),
      { shapes: (a, b) => [[a, b], []] },
    ),
  // the sign of zero
  'a derivative of 3 at -0': () => {
    const step = own(
      (x) => (Object.is(x, -0) ? 3 : x > 0 ? 1 : 0),
      (g) => mul(g, 0),
    );
    return one(
      unary(
        (x) => maximum(x, 0),
        (g, x) => mul(g, step(x)),
      ),
    );
  },
  'NaN at -0': () =>
    one(
      own(
        (x) => (Object.is(x, -0) ? Number.NaN : x * x),
        (g, x) => mul(g, mul(2, x)),
      ),
    ),
  // extremes
  'x^4 / (1 + x^4), a NaN far out': () => one((x) => div(square(square(x)), add(1, square(square(x))))),
  'a derivative of infinity over infinity': () =>
    one(
      unary(
        (x) => tanh(x),
        (g, x) => mul(g, div(exp(mul(2, x)), mul(0.25, square(add(1, exp(mul(2, x))))))),
      ),
    ),
  'a mask that multiplies the root of a negative': () =>
    one(
      unary(
        (x) => sqrt(maximum(x, 0)),
        (g, x) => mul(mul(g, cast(greater(x, 0), g.dtype)), div(0.5, sqrt(x))),
      ),
    ),
  // shared
  'wrong when both operands are the same Value': () =>
    two(binary(mul, (g, a, b) => (a === b ? [mul(g, a), undefined] : [mul(g, b), mul(g, a)]))),
  'a primitive that is wrong when both operands are one array': () => {
    const product = primitive(() => 0, {
      infer: ([a]) => a ?? { shape: [], dtype: 'float32' },
      evaluate: ([a, b], [output]) => {
        for (let i = 0; i < output.data.length; i++)
          output.data[i] = a?.data === b?.data ? (a?.data[i] ?? 0) : (a?.data[i] ?? 0) * (b?.data[i] ?? 0);
      },
      vjp: (g, { inputs: [a = g, b = g] }) => [mul(g, b), mul(g, a)],
    });
    return two((a, b) => applyPrimitive(product, [a, b], {}));
  },
  'an absolute value with the slope of its stopped sign doubled for whole numbers': () =>
    one(unary(abs, (g, x) => mul(g, mul(sign(x), select(equal(stopGradient(x), 2), 2, 1))))),
};

// Nodes whose mistake is in what comes back: higher derivatives, the gradient's value, shape and structure, several outputs, links.
import {
  abs,
  add,
  cos,
  defineActivation,
  defineNode,
  defineNodeWithOutputs,
  div,
  exp,
  greater,
  less,
  log,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  norm,
  select,
  sigmoid,
  sign,
  sin,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  tanh,
  type Value,
} from '@pullback/core';
import { conformNode } from '@pullback/testing';
import { binary, type Examined, type One, one, two, unary } from './made-of.ts';

/** Sine by three nodes of one's own, with a mistake in the derivative of the third. */
const thirdWrong = (last: (g: Value, x: Value) => Value): One => {
  const minusSine = unary((x) => neg(sin(x)), last);
  const cosine = unary(cos, (g, x) => mul(g, minusSine(x)));
  return unary(sin, (g, x) => mul(g, cosine(x)));
};

export const wrongDerivatives: Record<string, Examined> = {
  'a third derivative of the other sign': () => one(thirdWrong((g, x) => mul(g, cos(x)))),
  'a third derivative that is stopped': () => one(thirdWrong((g, x) => mul(g, mul(0, x)))),
  'a third derivative of x^3 that is 0': () =>
    one(
      unary(
        (x) => mul(x, mul(x, x)),
        (g, x) => mul(g, mul(3, mul(x, add(stopGradient(x), mul(0.5, sub(x, stopGradient(x))))))),
      ),
    ),
  'a second derivative that is doubled': () => {
    const cosine = unary(cos, (g, x) => mul(g, mul(-2, sin(x))));
    return one(unary(sin, (g, x) => mul(g, cosine(x))));
  },
  'a second derivative between two operands that is missing': () =>
    two(binary(mul, (g, a, b) => [mul(g, stopGradient(b)), mul(g, stopGradient(a))])),
  'a second derivative missing for the second operand alone': () =>
    two(binary(mul, (g, a, b) => [mul(g, b), mul(g, stopGradient(a))])),
  'a second derivative that is wrong only for negative numbers': () => {
    const twice = unary(
      (x) => mul(2, x),
      (g, x) => mul(g, select(less(x, -1), 3, 2)),
    );
    return one(unary(square, (g, x) => mul(g, twice(x))));
  },
  'the derivative through the gradient itself is lost': () =>
    one(unary(square, (g, x) => mul(stopGradient(g), mul(2, x)))),
  'a gradient clipped at 100': () =>
    one(unary(square, (g, x) => mul(maximum(-100, minimum(100, g)), mul(2, x)))),
  'tiny gradients become 0': () =>
    one(unary(square, (g, x) => mul(select(less(abs(g), 1e-6), 0, g), mul(2, x)))),
  'the size of a negative gradient': () => one(unary(tanh, (g, _, y) => mul(abs(g), sub(1, square(y))))),
  'the sign of the gradient': () => one(unary(tanh, (g, _, y) => mul(sign(g), sub(1, square(y))))),
  'a gradient that is averaged': () =>
    one(
      unary(square, (g, x) => mul(mean(g), mul(2, x))),
      { empty: false },
    ),
  'a gradient brought to length 1': () =>
    one(unary(square, (g, x) => mul(div(g, add(1e-12, norm(g))), mul(2, x)))),
  'NaN for a gradient of 0': () => one(unary(square, (g, x) => mul(div(mul(g, g), g), mul(2, x)))),
  'infinite for large gradients': () =>
    one(unary(square, (g, x) => mul(mul(2, x), mul(sign(g), sqrt(square(g)))))),
  'another slope when the gradient is constant': () =>
    one(unary(square, (g, x) => mul(g, mul(g.vertex.constant ? 2 : 2.5, x)))),
  'a gradient of all ones is taken for granted': () =>
    one(
      unary(
        (x) => sum(square(x)),
        (_, x) => mul(2, x),
      ),
    ),
  'a sum over rows whose gradient is the total': () =>
    one(
      unary(
        (x) => sum(square(x), { axis: 0 }),
        (g, x) => mul(mul(2, x), sum(g)),
      ),
    ),
  'wrong only for gradients above 10': () =>
    one(unary(square, (g, x) => mul(g, mul(x, select(greater(g, 10), 3, 2))))),
  'what the last use kept': () => {
    let kept: Value | undefined;
    return one(
      defineNode('corpus', {
        forward: (x: Value) => {
          kept = sigmoid(x);
          return kept;
        },
        vjp: (g) => (kept === undefined ? [undefined] : [mul(g, mul(kept, sub(1, kept)))]),
      }),
    );
  },
  'the slope at the first use': () => {
    let slope: Value | undefined;
    return one(
      unary(square, (g, x) => {
        slope ??= mul(2, x);
        return slope.shape.join() === g.shape.join() && slope.dtype === g.dtype
          ? mul(g, slope)
          : mul(g, mul(2, x));
      }),
    );
  },
  'both outputs must have a gradient': () =>
    conformNode((x) =>
      defineNodeWithOutputs('corpus', {
        forward: (value: Value) => [sin(value), cos(value)],
        vjp: ([a, b], { inputs: [value] }) => [sub(mul(a as Value, cos(value)), mul(b as Value, sin(value)))],
      })(x as Value),
    ),
  'the second output counts twice when it is alone': () =>
    conformNode((x) =>
      defineNodeWithOutputs('corpus', {
        forward: (value: Value) => [sin(value), cos(value)],
        vjp: ([a, b], { inputs: [value] }) => {
          const second = b === undefined ? undefined : neg(mul(b, sin(value)));
          if (a === undefined) return [second && mul(2, second)];
          const first = mul(a, cos(value));
          return [second === undefined ? first : add(first, second)];
        },
      })(x as Value),
    ),
  'a detour that leads elsewhere': () =>
    two((z) => {
      const p = sigmoid(z);
      return defineNode('corpus', {
        forward: (probability: Value, _: Value) => log(probability),
        detour: { through: [1], forward: (_: Value, logits: Value) => logits },
      })(p, z);
    }),
  'an inverse link that is none': () =>
    one(
      defineActivation('corpus', { forward: (x) => sigmoid(mul(2, x)), inverseLink: { name: 'logistic' } }),
    ),
  'a gradient for an operand that is not read': () =>
    two(
      binary(
        (a) => square(a),
        (g, a, b) => [mul(g, mul(2, a)), mul(g, b)],
      ),
    ),
  'a derivative of exp that is that of its Taylor sum': () =>
    one(unary(exp, (g, x) => mul(g, add(1, add(x, add(div(square(x), 2), div(mul(x, square(x)), 6))))))),
};

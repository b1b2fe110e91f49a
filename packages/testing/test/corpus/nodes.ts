import {
  type Attributes,
  abs,
  add,
  applyPrimitive,
  cast,
  concatenate,
  cos,
  defineNode,
  defineNodeWithOutputs,
  denseView,
  div,
  equal,
  exp,
  less,
  log,
  matmul,
  maximum,
  mul,
  neg,
  norm,
  type Primitive,
  partsPrimitive,
  placeholder,
  reshape,
  select,
  sigmoid,
  sign,
  sin,
  slice,
  softmax,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  swapAxes,
  tanh,
  transpose,
  type Value,
} from '@pullback/core';
import { type Case, conformNode, type NodeOptions } from '@pullback/testing';
import { one as examinedOne, two } from './made-of.ts';

const kept = { axis: -1, keepAxis: true } as const;
const first = { axis: 0, keepAxis: true } as const;
const products: NodeOptions = {
  shapes: (a, b, c) => [
    [a, b],
    [b, c],
  ],
  runs: 4,
};
const pairs: NodeOptions = {
  shapes: (a, b) => [
    [a, b],
    [a, b],
  ],
  runs: 4,
};
const rows: NodeOptions = { empty: false, runs: 4 };

type One = (x: Value) => Value;
type Two = (a: Value, b: Value) => Value;
const one = (f: One, options: NodeOptions = {}) => examinedOne(f, { runs: 4, ...options });
const unary = (forward: One, slope: (g: Value, x: Value, y: Value) => Value): One =>
  defineNode('wrong', {
    forward: (x: Value) => forward(x),
    vjp: (g, { inputs: [x], output: y }) => [slope(g, x, y)],
  });
const binary = (forward: Two, slopes: (g: Value, a: Value, b: Value, y: Value) => [Value, Value]): Two =>
  defineNode('wrong', {
    forward: (a: Value, b: Value) => forward(a, b),
    vjp: (g, { inputs: [a, b], output: y }) => slopes(g, a, b, y),
  });

const stranger = placeholder({ shape: [], dtype: 'float64' }, 'stranger');
let calls = 0;

/** Functions with a mistake in each, and how they are examined. */
export const wrongNodes: Record<string, () => Case[]> = {
  'a constant factor': () => one(unary(square, (g, x) => mul(g, x))),
  'the wrong sign': () => one(unary(neg, (g) => g)),
  'the derivative at the output instead of the input': () =>
    one(unary(square, (g, _, y) => mul(g, mul(2, y)))),
  'the derivative at the input instead of the output': () =>
    one(unary(sigmoid, (g, x) => mul(g, mul(x, sub(1, x))))),
  'tanh with 1 - y': () => one(unary(tanh, (g, _, y) => mul(g, sub(1, y)))),
  'the gradient that came back is forgotten': () => one(unary(square, (_, x) => mul(2, x))),
  'the gradient that came back is squared': () => one(unary(square, (g, x) => mul(square(g), x))),
  'something is added to the gradient': () => one(unary(square, (g, x) => add(mul(g, mul(2, x)), 1e-3))),
  'no gradient at all': () => one((x) => stopGradient(square(x))),
  'half of it stopped': () => one((x) => mul(stopGradient(x), x)),
  'a small error': () => one(unary(exp, (g, _, y) => mul(g, mul(y, 1.0001)))),
  'wrong far from 0 alone': () => one(unary(square, (g, x) => mul(g, select(less(abs(x), 2), mul(2, x), x)))),
  'wrong below 0 alone': () => one(unary(abs, (g) => g)),
  'a derivative at the kink outside of both sides': () =>
    one(
      unary(
        (x) => maximum(x, 0),
        (g, x) => mul(g, select(equal(x, 0), 5, cast(less(0, x), x.dtype))),
      ),
    ),
  'clipped in the vjp': () =>
    one(unary(square, (g, x) => maximum(-1, select(less(mul(g, x), 0.5), mul(g, mul(2, x)), 1)))),
  'wrong only in the second derivative': () => one(unary(square, (g, x) => mul(g, mul(2, stopGradient(x))))),
  'wrong only in the second derivative, by the output': () =>
    one(unary(exp, (g, _, y) => mul(g, stopGradient(y)))),
  'a softmax as if it were diagonal': () =>
    one(
      unary(
        (x) => softmax(x),
        (g, _, y) => mul(g, mul(y, sub(1, y))),
      ),
      rows,
    ),
  'a softmax with the sum over all': () =>
    one(
      unary(
        (x) => softmax(x),
        (g, _, y) => mul(y, sub(g, sum(mul(y, g)))),
      ),
      rows,
    ),
  'a softmax with the lost kept axis: right only where n = p': () =>
    one(
      unary(
        (x) => softmax(x),
        (g, _, y) => {
          const total = sum(mul(y, g), { axis: -1 });
          const [n = 1, p = 1] = y.shape;
          return mul(y, sub(g, n === p ? total : reshape(total, [n, 1])));
        },
      ),
      rows,
    ),
  'a softmax over the other axis in the vjp': () =>
    one(
      unary(
        (x) => softmax(x),
        (g, _, y) => mul(y, sub(g, sum(mul(y, g), first))),
      ),
      rows,
    ),
  'a softmax without the shift': () => one((x) => div(exp(x), sum(exp(x), kept)), rows),
  'rows that do not sum to 1': () =>
    one((x) => mul(softmax(x), 1.01), { ...rows, properties: { rowsSumToOne: true } }),
  'a sigmoid that saturates to NaN': () => one((x) => div(exp(x), add(1, exp(x)))),
  'a softplus that overflows': () => one((x) => sub(log(add(1, exp(x))), mul(x, 0))),
  'a log-sigmoid with an infinite gradient': () =>
    one(
      unary(
        (x) => maximum(log(sigmoid(x)), -100),
        (g, x) => mul(g, div(mul(sigmoid(x), sub(1, sigmoid(x))), sigmoid(x))),
      ),
    ),
  'a norm with a NaN at 0': () => one((x) => sqrt(sum(square(x), kept)), rows),
  'a quotient with a NaN at 0': () => one((x) => div(square(x), x)),
  'J for J^T': () =>
    two(
      binary(matmul, (g, a, b) => [matmul(g, swapSquare(b)), matmul(transpose(a), g)]),
      {
        ...products,
        shapes: (a) => [
          [a, a],
          [a, a],
        ],
      },
    ),
  'A^T G and G B^T exchanged': () =>
    two(
      binary(matmul, (g, a, b) => [matmul(transpose(a), g), matmul(g, transpose(b))]),
      {
        ...products,
        shapes: (a) => [
          [a, a],
          [a, a],
        ],
      },
    ),
  'the product of the gradients in the other order': () =>
    two(
      binary(matmul, (g, a, b) => [
        matmul(g, transpose(b)),
        transpose(matmul(transpose(g), a)).shape.length > 2 ? g : reshape(matmul(transpose(g), a), b.shape),
      ]),
      products,
    ),
  'the gradients of two inputs exchanged': () =>
    two(
      binary(mul, (g, a, b) => [mul(g, a), mul(g, b)]),
      pairs,
    ),
  'the gradient of one input left out': () =>
    two(
      defineNode('wrong', {
        forward: (a: Value, b: Value) => mul(a, b),
        vjp: (g, { inputs: [, b] }) => [mul(g, b), undefined],
      }),
      pairs,
    ),
  'an input that is not subtracted': () =>
    two(
      binary(sub, (g) => [g, g]),
      pairs,
    ),
  'a broadcast that is averaged back': () =>
    two(
      binary(
        (a, b) => add(a, b),
        (g, a) => [g, div(sum(g, { axis: 0 }), Math.max(1, a.shape[0] ?? 1))],
      ),
      { shapes: (a, b) => [[a, b], [b]], runs: 4 },
    ),
  'a broadcast summed over one row too few': () =>
    two(
      binary(
        (a, b) => add(a, b),
        (g) => [
          g,
          sum(slice(g, [0], [Math.max(0, (g.shape[0] ?? 0) - ((g.shape[0] ?? 0) > 2 ? 1 : 0))]), { axis: 0 }),
        ],
      ),
      { shapes: (a, b) => [[a, b], [b]], runs: 4 },
    ),
  'a broadcast of a column taken for one of a row where n = p': () =>
    two(
      binary(
        (a, b) => add(a, b),
        (g, _, b) => [
          g,
          g.shape[0] === g.shape[1]
            ? reshape(sum(g, { axis: 0 }), b.shape)
            : sum(g, { axis: 1, keepAxis: true }),
        ],
      ),
      {
        shapes: (a, b) => [
          [a, b],
          [a, 1],
        ],
        runs: 4,
      },
    ),
  'a maximum that gives a tie to both': () =>
    two(
      binary(maximum, (g, a, b) => [
        mul(g, cast(less(b, add(a, 1e-9)), g.dtype)),
        mul(g, cast(less(a, add(b, 1e-9)), g.dtype)),
      ]),
      pairs,
    ),
  'a mean whose gradient is that of the sum': () =>
    one(
      unary(
        (x) => div(sum(x, kept), x.shape.at(-1) ?? 1),
        (g, x) => add(g, mul(x, 0)),
      ),
      rows,
    ),
  'a sum whose gradient is that of the mean': () =>
    one(
      unary(
        (x) => sum(x, kept),
        (g, x) => add(div(g, x.shape.at(-1) ?? 1), mul(x, 0)),
      ),
      rows,
    ),
  'wrong only for one column': () =>
    one(
      unary(
        (x) => sum(square(x), kept),
        (g, x) => mul(g, mul(x, (x.shape.at(-1) ?? 0) === 1 ? 1 : 2)),
      ),
      rows,
    ),
  'wrong only from four rows up': () =>
    one(
      unary(square, (g, x) => mul(g, mul(x, (x.shape[0] ?? 0) > 3 ? 2.5 : 2))),
      { runs: 30 },
    ),
  'wrong only for odd extents': () =>
    one(unary(square, (g, x) => mul(g, mul(x, (x.shape[0] ?? 0) % 2 === 1 ? 1 : 2)))),
  'an error of its own for an empty extent': () =>
    one((x) => {
      if (x.shape.includes(0)) throw new TypeError('cannot read properties of undefined');
      return square(x);
    }),
  'a norm that forgets what lies along y': () =>
    one(
      unary(
        (x) => div(x, norm(x, kept)),
        (g, x) => div(g, norm(x, kept)),
      ),
      rows,
    ),
  'a captured Value': () => one((x) => defineNode('wrong', { forward: (a: Value) => mul(a, stranger) })(x)),
  'another function each time': () => one((x) => mul(x, ++calls)),
  'a part of the output without gradient': () =>
    one((x) => concatenate([stopGradient(slice(x, [0, 0], [x.shape[0] ?? 0, 1])), slice(x, [0, 1])]), {
      ...rows,
    }),
  'a reshape where a transpose is meant, in the vjp': () =>
    one(
      unary(
        (x) => transpose(x),
        (g, x) => reshape(g, x.shape),
      ),
    ),
  'an odd function that is not': () => one((x) => add(x, 0.01), { properties: { parity: 'odd' } }),
  'an even function that is not': () =>
    one((x) => mul(x, tanh(add(x, 0.1))), { properties: { parity: 'even' } }),
  'a monotone function that is not': () => one((x) => sin(x), { properties: { monotone: true } }),
  'an elementwise function that mixes': () =>
    one((x) => add(x, sum(x, { axis: 0, keepAxis: true })), { properties: { elementwise: true } }),
  'two outputs, the gradient of the second dropped': () =>
    conformNode((x) => twoWrong(x as Value), { runs: 4 }),
  'two outputs, their gradients exchanged': () => conformNode((x) => twoSwapped(x as Value), { runs: 4 }),
  'a cosine with the sign of a sine': () => one(unary(cos, (g, x) => mul(g, sin(x)))),
  'a square root at the input': () =>
    one(
      unary(sqrt, (g, x) => div(g, mul(2, x))),
      { domain: [0, Infinity] },
    ),
  'a logarithm of another base': () =>
    one(
      unary(log, (g, x) => div(g, mul(x, Math.LN10))),
      { domain: [0, Infinity] },
    ),
  'right alone, dropped by compilation: an identity that is none': () => {
    const double = scaling('identity');
    return one(
      unary(
        (x) => double(x),
        (g) => mul(g, 2),
      ),
    );
  },
  'right alone, dropped by compilation: a view that computes, folded with constants': () => {
    const double = scaling('movement', {
      form: { kind: 'view', view: (from) => from },
      vjp: (g) => [mul(g, 2)],
    });
    return one((x) => double(x));
  },
  'right alone, written in another order by compilation: parts that lie upon each other': () => {
    const upon = partsPrimitive<readonly [Value, Value], Readonly<Record<string, never>>>('upon', {
      infer: ([{ shape, dtype }]) => ({ shape, dtype }),
      parts: ([shape = []]) => [denseView(shape), denseView(shape)],
      vjp: (g) => [mul(g, 0), g],
    });
    return conformNode((a, b) => applyPrimitive(upon, [a as Value, b as Value], {}), pairs);
  },
  'right alone, merged by compilation: a number that is no attribute': () => {
    let hidden = 1;
    const scaled = scaling('elementwise', {
      evaluate: ([x], [output], { order = 0 }) => {
        for (let i = 0; i < x.data.length; i++) output.data[i] = (x.data[i] ?? 0) * (hidden + Number(order));
        hidden = hidden === 1 ? 2 : 1;
      },
    });
    return one(
      unary(
        (x) => add(scaled(x), scaled(x)),
        (g) => mul(g, 3),
      ),
    );
  },
  'a mutated input': () => {
    const doubled = scaling('elementwise', {
      evaluate: ([x], [output]) => {
        for (let i = 0; i < x.data.length; i++) {
          x.data[i] = (x.data[i] ?? 0) * 2;
          output.data[i] = x.data[i] ?? 0;
        }
      },
      vjp: (g) => [mul(g, 2)],
    });
    return one((x) => doubled(x));
  },
  'an output that is added to what was there': () => {
    const doubled = scaling('elementwise', {
      evaluate: ([x], [output]) => {
        for (let i = 0; i < x.data.length; i++) output.data[i] = (output.data[i] ?? 0) + 2 * (x.data[i] ?? 0);
      },
      vjp: (g) => [mul(g, 2)],
    });
    return one((x) => doubled(x));
  },
  'a derivative in which large numbers cancel': () =>
    one(
      unary(
        (x) => mul(x, sigmoid(x)),
        (g, x, y) => mul(g, add(y, mul(sigmoid(x), sub(1, y)))),
      ),
    ),
  'a derivative that overflows where the function saturates': () =>
    one((x) => tanh(add(x, mul(x, mul(x, x))))),
  'a captured parameter': () => one((x) => mul(x, stranger)),
  'a NaN that becomes 0': () => one((x) => select(less(-Infinity, x), x, 0)),
  'a TypeError for another rank': () =>
    one((x) => {
      const [, columns] = x.shape;
      if (columns === undefined) throw new TypeError('columns is undefined');
      return square(x);
    }),
  'right for matrices alone, declared elementwise': () =>
    one((x) => (x.shape.length === 2 ? square(x) : mul(x, 2)), { properties: { elementwise: true } }),
  'an absolute value with 1 at 0 and beyond': () => one(unary(abs, (g, x) => mul(g, mul(sign(x), 1.5)))),
};

/** A primitive of one's own that multiplies by a number. */
const scaling = (
  kind: Primitive['kind'],
  rules: Partial<Primitive<readonly [Value], Attributes, Value>> = {},
) => {
  const primitive: Primitive<readonly [Value], Attributes, Value> = {
    kind,
    name: 'scaling',
    infer: ([x]) => x,
    evaluate: ([x], [output], { factor = 2 }) => {
      for (let i = 0; i < x.data.length; i++) output.data[i] = (x.data[i] ?? 0) * Number(factor);
    },
    ...rules,
  };
  return (x: Value, attributes: Attributes = {}) => applyPrimitive(primitive, [x], attributes);
};

function swapSquare(b: Value): Value {
  return swapAxes(transpose(b), 0, 1);
}

const twoWrong = defineNodeWithOutputs('wrong', {
  forward: (x: Value) => [mul(x, 2), square(x)],
  vjp: ([a], { inputs: [x] }) => [a === undefined ? mul(x, 0) : mul(a, 2)],
});
const twoSwapped = defineNodeWithOutputs('wrong', {
  forward: (x: Value) => [mul(x, 2), square(x)],
  vjp: ([a, b], { inputs: [x] }) => [
    add(a === undefined ? mul(x, 0) : mul(a, mul(2, x)), b === undefined ? mul(x, 0) : mul(b, 2)),
  ],
});

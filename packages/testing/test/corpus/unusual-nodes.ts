// Right, but not as most are: every one must pass.
import {
  abs,
  add,
  and,
  applyMany,
  argmax,
  barrier,
  broadcast,
  cast,
  constant,
  cos,
  defineActivation,
  defineNodeWithOutputs,
  div,
  equal,
  erf,
  exp,
  expm1,
  fill,
  flip,
  floor,
  gather,
  greaterEqual,
  iota,
  less,
  log,
  log1p,
  logSumExp,
  matmul,
  max,
  maximum,
  minimum,
  mod,
  mul,
  neg,
  type Primitive,
  pad,
  reciprocal,
  reshape,
  round,
  ShapeError,
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
  tanh,
  transpose,
  uniform,
  type Value,
} from '@pullback/core';
import { conformNode } from '@pullback/testing';
import { applied, binary, type Examined, kept, one, own, primitive, two, unary } from './made-of.ts';

const spec = { shape: [], dtype: 'float32' } as const;
const made = new WeakMap<Value, Value>();

/** Sum and difference of two operands, two outputs of one primitive. */
const butterfly: Primitive<readonly [Value, Value], Readonly<Record<string, never>>, readonly Value[]> = {
  kind: 'reduction',
  name: 'butterfly',
  infer: ([a, b]) => {
    if (a.shape.join() !== b.shape.join())
      throw new ShapeError({ got: `${a.shape} and ${b.shape}`, expected: 'one shape' });
    return [a, a];
  },
  evaluate: ([a, b], [plus, minus]) => {
    for (let i = 0; i < plus.data.length; i++) {
      plus.data[i] = (a.data[i] ?? 0) + (b.data[i] ?? 0);
      if (minus !== undefined) minus.data[i] = (a.data[i] ?? 0) - (b.data[i] ?? 0);
    }
  },
  vjp: ([p, m]) => {
    if (p === undefined) return m === undefined ? [undefined, undefined] : [m, neg(m)];
    return m === undefined ? [p, p] : [add(p, m), sub(p, m)];
  },
};

export const unusualNodes: Record<string, Examined> = {
  'the operand itself': () => one((x) => x),
  "a constant of the operand's shape": () => one((x) => fill(3, x.shape, x.dtype)),
  'a stop on purpose, of what has no derivative': () => one((x) => stopGradient(floor(x))),
  'steps of one half': () => one((x) => mul(0.5, round(mul(2, x)))),
  'where the largest stands': () => one((x) => argmax(x), { empty: false }),
  'a bool': () => one((x) => and(less(0, x), less(x, 1))),
  'a slope of 1 at the kink': () =>
    one(
      unary(
        (x) => maximum(x, 0),
        (g, x) => mul(g, cast(greaterEqual(x, 0), g.dtype)),
      ),
    ),
  'the first of ties takes the gradient': () =>
    two(
      binary(maximum, (g, a, b) => [
        mul(g, cast(greaterEqual(a, b), g.dtype)),
        mul(g, cast(less(a, b), g.dtype)),
      ]),
    ),
  'a factor of a million': () => one((x) => mul(1e6, x)),
  'a factor of a millionth': () => one((x) => mul(1e-6, tanh(x))),
  waves: () => one((x) => sin(mul(8, x))),
  'a cosine transform': () =>
    one(
      (x) => {
        const n = x.shape.at(-1) ?? 0;
        const basis = Array.from({ length: n }, (_, i) =>
          Array.from({ length: n }, (__, k) => Math.cos((Math.PI / n) * (i + 0.5) * k)),
        );
        return matmul(x, cast(constant(basis), x.dtype));
      },
      { shapes: (a, b) => [[a, b]], empty: false },
    ),
  'rows turned round': () => one((x) => flip(x, 0)),
  'padded with minus infinity': () => one((x) => maximum(pad(x, { low: [1, 1], value: -Infinity }), -1e30)),
  'sum and difference, a primitive of two outputs': () =>
    conformNode((a, b) => applyMany(butterfly, [a as Value, b as Value], {}), {
      shapes: (a, b) => [
        [a, b],
        [a, b],
      ],
    }),
  'three outputs of three ranks': () =>
    conformNode((x) => {
      const value = x as Value;
      return defineNodeWithOutputs('parts', {
        forward: (v: Value) => [sum(v), sum(v, { axis: -1 }), square(v)],
      })(value);
    }),
  'a smooth absolute value, by hand': () =>
    one(
      unary(
        (x) => sqrt(add(square(x), 1)),
        (g, x, y) => mul(g, div(x, y)),
      ),
      { domain: [-1e3, 1e3] },
    ),
  'a log-sum-exp by hand': () =>
    one(
      unary(
        (x) => logSumExp(x, kept),
        (g, x) => mul(g, softmax(x)),
      ),
      { empty: false },
    ),
  'a softmax along axis 0, by hand': () =>
    one(
      unary(
        (x) => softmax(x, { axis: 0 }),
        (g, _, y) => mul(y, sub(g, sum(mul(y, g), { axis: 0, keepAxis: true }))),
      ),
      { empty: false },
    ),
  'what depends on the number of rows': () => one((x) => mul(x, 1 + (x.shape[0] ?? 0))),
  'matrices alone, anything else refused': () =>
    one((x) => {
      if (x.shape.length !== 2) throw new ShapeError({ got: `${x.shape.length} axes`, expected: 'a matrix' });
      return transpose(x);
    }),
  'through float64 and back': () => one((x) => cast(tanh(cast(x, 'float64')), x.dtype)),
  'a sawtooth': () => one((x) => mod(x, 1)),
  'noise under a key that is constant': () =>
    one((x) =>
      add(
        x,
        uniform(constant(new Int32Array([1, 2])), x.shape, {
          dtype: x.dtype === 'float64' ? 'float64' : 'float32',
        }),
      ),
    ),
  'remembered by the Value': () =>
    one((x) => {
      const known = made.get(x) ?? square(x);
      made.set(x, known);
      return known;
    }),
  'a logarithm where it is': () => one((x) => log(x), { domain: [1e-3, Infinity] }),
  'a reciprocal away from its pole': () => one((x) => reciprocal(x), { domain: [0.1, 100] }),
  'the fifth power': () => one((x) => mul(x, square(square(x)))),
  'what overflows where it must': () => one((x) => exp(x)),
  'a root of the size, infinitely steep at 0': () => one((x) => sqrt(abs(x)), { domain: [1e-6, Infinity] }),
  'a primitive with a batch of its own that is right': () =>
    one(
      own(
        (x) => 2 * x,
        (g) => mul(g, 2),
        { kind: 'reduction', batch: ([x]) => mul(x as Value, 2) },
      ),
    ),
  'an elementwise reduction, as its author says': () =>
    one(
      own(
        (x) => Math.max(0, x),
        (g, x) => mul(g, cast(less(0, x), g.dtype)),
        { kind: 'reduction' },
      ),
    ),
  "a movement of one's own": () =>
    one(
      own(
        (x) => x,
        (g) => flip(g),
        {
          kind: 'movement',
          evaluate: ([x], [output]) => {
            const n = output.data.length;
            for (let i = 0; i < n; i++) output.data[i] = x?.data[n - 1 - i] ?? 0;
          },
        },
      ),
    ),
  'a barrier': () => one((x) => barrier(x)),
  'halves of integers, towards 0': () =>
    one(
      own(
        (x) => x / 2,
        (g) => div(g, 2),
      ),
    ),
  'floats alone': () =>
    one(
      own(
        (x) => x * x * x,
        (g, x) => mul(g, mul(3, square(x))),
        {
          infer: ([x = spec]) => {
            if (x.dtype !== 'float32' && x.dtype !== 'float64')
              throw new ShapeError({ got: x.dtype, expected: 'a float' });
            return x;
          },
        },
      ),
    ),
  'numbers as an attribute': () => {
    const table = new Float64Array([1, -2, 0.5]);
    const weighed = primitive((x) => x, {
      evaluate: ([x], [output]) => {
        for (let i = 0; i < output.data.length; i++) output.data[i] = (x?.data[i] ?? 0) * (table[1] ?? 0);
      },
      vjp: (g) => [mul(g, -2)],
    });
    return one((x) => applied(weighed, { table })(x));
  },
  'a gather by constant places': () =>
    one((x) => gather(x, constant(new Int32Array([0, 0, 5, -1])), { axis: 0 })),
  'neighbours subtracted': () =>
    one(
      (x) => sub(slice(x, [0, 1]), slice(x, [0, 0], [x.shape[0] ?? 0, Math.max(0, (x.shape[1] ?? 1) - 1)])),
      { empty: false },
    ),
  'a logistic function with its link': () =>
    one(defineActivation('logistic', { forward: (x) => sigmoid(x), inverseLink: { name: 'logistic' } })),
  'clipped softly at both ends': () => one((x) => minimum(6, maximum(0, add(x, 3)))),
  'a product of a matrix with itself': () => two((a, b) => mul(a, mul(b, a))),
  'a sign that is kept for 0': () =>
    one(
      unary(
        (x) => mul(sign(x), log1p(abs(x))),
        (g, x) => div(g, add(1, abs(x))),
      ),
    ),
  'a mask of places': () =>
    one((x) => (x.shape.length === 0 ? x : select(equal(mod(iota(x.shape), 2), 0), x, neg(x)))),
  'an exponential linear unit by hand': () =>
    one(
      unary(
        (x) => select(less(0, x), x, expm1(minimum(x, 0))),
        (g, x) => mul(g, exp(minimum(x, 0))),
      ),
    ),
  'a bump with heavy use of erf': () => one((x) => mul(erf(x), exp(neg(square(x)))), { domain: [-100, 100] }),
  'broadcast to more axes': () => one((x) => broadcast(x, [2, ...x.shape])),
  'one number of all': () => one((x) => sum(cos(x))),
  flat: () => one((x) => reshape(x, [x.shape.reduce((n, extent) => n * extent, 1)])),
  'the largest of each row': () => one((x) => max(x, kept), { empty: false }),
};

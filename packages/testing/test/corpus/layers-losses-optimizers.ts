import {
  abs,
  add,
  cast,
  defineLayer,
  defineLoss,
  defineOptimizer,
  div,
  exp,
  formatShape,
  type Layer,
  type Loss,
  log,
  matmul,
  mean,
  mul,
  neg,
  type Optimizer,
  reshape,
  type Scope,
  ShapeError,
  sameShape,
  sign,
  softmax,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  tanh,
  transpose,
  type Value,
} from '@pullback/core';
import { filled, glorotUniform } from '@pullback/layers';
import { type Case, conformLayer, conformLoss, conformOptimizer, type Reference } from '@pullback/testing';

const layer = (
  forward: Parameters<typeof defineLayer<readonly [Value]>>[1],
  refuses: readonly (readonly number[])[] = [],
) => conformLayer(() => defineLayer('wrong', forward) as Layer<readonly Value[]>, { runs: 4, refuses });
let uses = 0;

export const wrongLayers: Record<string, () => Case[]> = {
  'normalized over the batch': () => layer((_, x) => sub(x, mean(x, { axis: 0 }))),
  'summed over the batch': () => layer((_, x) => add(x, sum(x, { axis: 0, keepAxis: true }))),
  'the samples shuffled': () => layer((_, x) => (x.shape[0] === x.shape[1] ? transpose(x) : x)),
  'a parameter as large as the batch': () =>
    layer((scope, x) => mul(x, scope.parameter('scale', [x.shape[0] ?? 0, 1], filled(2)))),
  'a parameter without gradient': () =>
    layer((scope, x) => mul(x, stopGradient(scope.parameter('scale', [1], filled(2))))),
  'a parameter that is kept from the scope before': () => {
    let captured: Value | undefined;
    const kept = defineLayer('wrong', (scope, x: Value) => {
      captured ??= scope.parameter('scale', [1], filled(2));
      return mul(x, captured);
    });
    return conformLayer(() => kept as Layer<readonly Value[]>, { runs: 4 });
  },
  'another function at each use': () => layer((_, x) => mul(x, ++uses)),
  'a transposed kernel where it is square': () =>
    layer((scope, x) => {
      const width = x.shape[1] ?? 0;
      const kernel = scope.parameter('kernel', [width, width], glorotUniform());
      return add(matmul(x, kernel), mul(matmul(x, stopGradient(sub(transpose(kernel), kernel))), 1));
    }),
  'a shape of its own kind for the wrong input': () =>
    layer(
      (_, x) => {
        if (x.shape.length !== 2) throw new TypeError('x.shape is not iterable');
        return tanh(x);
      },
      [[3]],
    ),
  'a TypeError for a batch without samples, that nobody listed': () =>
    layer((_, x) => {
      const [, width] = x.shape;
      if (width === undefined) throw new TypeError('width is undefined');
      return tanh(x);
    }),
  'no error for the wrong input': () => layer((_, x) => tanh(x), [[3]]),
  'the samples along the wrong axis': () => layer((_, x) => transpose(x)),
  'flattened with the batch': () => layer((_, x) => reshape(x, [1, -1])),
  'far off in float32': () => layer((_, x) => sub(add(x, 1e6), 1e6)),
};

const loss = (
  make: (options: { reduction: 'sum' | 'mean' }) => Loss,
  reductions: readonly ('sum' | 'mean')[] = ['sum'],
) => conformLoss(make, { runs: 4, reductions });
const error = (name: string, f: (x: Value, t: Value) => Value, reduction: 'sum' | 'mean' = 'sum') =>
  defineLoss(name, f, { reduction });
const guarded = (f: (x: Value, t: Value) => Value) => (x: Value, t: Value) => {
  if (x.shape.join() !== t.shape.join()) throw new RangeError('shapes differ');
  return f(x, t);
};

const twins = (forward: (scope: Scope, a: Value, b: Value) => Value) =>
  conformLayer(() => defineLayer('wrong', forward) as Layer<readonly Value[]>, {
    runs: 4,
    inputs: (a) => [[a], [a]],
  });

Object.assign(wrongLayers, {
  'two inputs, one without gradient': () => twins((_, a, b) => mul(a, stopGradient(b))),
  'two inputs, compared over the batch': () => twins((_, a, b) => sub(a, mean(b, { axis: 0 }))),
} satisfies typeof wrongLayers);

export const wrongLosses: Record<string, () => Case[]> = {
  'a mean that says sum': () => loss(error('wrong', (x, t) => mean(square(sub(x, t))))),
  'a sum that says mean': () =>
    loss(
      error('wrong', (x, t) => sum(square(sub(x, t))), 'mean'),
      ['mean'],
    ),
  'the other reduction than was asked for': () =>
    loss(error('wrong', (x, t) => sum(square(sub(x, t))), 'mean')),
  'an error for each sample': () => loss(error('wrong', (x, t) => sum(square(sub(x, t)), { axis: -1 }))),
  'a target that is broadcast': () =>
    loss(() => ({ name: 'wrong', reduction: 'sum', forward: (x, t) => sum(square(sub(x, t))) })),
  'an error for the wrong shape that says nothing': () =>
    loss(
      error(
        'wrong',
        guarded((x, t) => sum(square(sub(x, t)))),
      ),
    ),
  'a stopped target and prediction': () =>
    loss(error('wrong', (x, t) => sum(square(sub(stopGradient(x), t))))),
  'sum t = 1 assumed in the gradient': () =>
    loss(
      error('wrong', (x, t) => {
        const p = softmax(x);
        const value = neg(sum(mul(t, log(p))));
        return add(
          stopGradient(value),
          sub(sum(mul(stopGradient(sub(p, t)), x)), stopGradient(sum(mul(sub(p, t), x)))),
        );
      }),
    ),
  'divided by the number of components': () =>
    loss(error('wrong', (x, t) => div(sum(square(sub(x, t))), x.shape[0] ?? 1))),
  'errors of samples that are not those of the whole': () =>
    loss(() => ({
      name: 'wrong',
      reduction: 'sum',
      forward: (x, t) => sum(square(sub(x, t))),
      perSample: (x, t) => mean(square(sub(x, t)), { axis: 1 }),
    })),
  'errors of samples that are components': () =>
    loss(() => ({
      name: 'wrong',
      reduction: 'sum',
      forward: (x, t) => sum(square(sub(x, t))),
      perSample: (x, t) => square(sub(x, t)),
    })),
  'samples taken for components in columns': () =>
    loss(error('wrong', (x, t) => sum(square(mean(sub(x, t), { axis: -1 }))))),
  'a NaN in the gradient at the target': () =>
    loss(
      error('wrong', (x, t) => {
        if (!sameShape(x.shape, t.shape))
          throw new ShapeError({ got: formatShape(t.shape), expected: formatShape(x.shape) });
        return sum(sqrt(square(sub(x, t))));
      }),
    ),
  'an error that overflows far from the target': () =>
    loss(error('wrong', (x, t) => sum(sub(exp(abs(sub(x, t))), 1)))),
};

const momentum: Reference = ({ weight, gradient, slots: { d = 0 }, learningRate }) => {
  const next = 0.9 * d - learningRate * gradient;
  return { weight: weight + next, slots: { d: next } };
};
const adam: Reference = ({ weight, gradient, slots: { m = 0, v = 0 }, learningRate, step }) => {
  const [first, second] = [0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient * gradient];
  const ratio = first / (1 - 0.9 ** step) / (Math.sqrt(second / (1 - 0.999 ** step)) + 1e-8);
  return { weight: weight - learningRate * ratio, slots: { m: first, v: second } };
};
const sgd: Reference = ({ weight, gradient, learningRate }) => ({
  weight: weight - learningRate * gradient,
  slots: {},
});

type Rules = Parameters<typeof defineOptimizer<{ learningRate: number }, string>>[1];
const optimizer = (rules: Rules, reference?: Reference) =>
  conformOptimizer(defineOptimizer('wrong', rules) as (options: { learningRate: number }) => Optimizer, {
    ...(reference && { reference }),
  });
const none = {};
const d = (slots: Readonly<Record<string, Value>>, like: Value) => slots['d'] ?? like;

export const wrongOptimizers: Record<string, () => Case[]> = {
  uphill: () =>
    optimizer(
      { update: (w, g, _, { learningRate: r }) => ({ weight: add(w, mul(r, g)), slots: none }) },
      sgd,
    ),
  'half the rate': () =>
    optimizer(
      { update: (w, g, _, { learningRate: r }) => ({ weight: sub(w, mul(mul(r, 0.5), g)), slots: none }) },
      sgd,
    ),
  'the mean over the weight': () =>
    optimizer({
      update: (w, g, _, { learningRate: r }) => ({ weight: sub(w, mul(r, mean(g))), slots: none }),
    }),
  'momentum applied twice': () =>
    optimizer(
      {
        slots: { d: 0 },
        update: (w, g, slots, { learningRate: r }) => {
          const next = sub(mul(0.9, d(slots, w)), mul(r, g));
          return { weight: add(w, add(mul(0.9, next), next)), slots: { d: next } };
        },
      },
      momentum,
    ),
  'momentum that is not kept': () =>
    optimizer(
      {
        slots: { d: 0 },
        update: (w, g, slots, { learningRate: r }) => {
          const next = sub(mul(0.9, d(slots, w)), mul(r, g));
          return { weight: add(w, next), slots: { d: d(slots, w) } };
        },
      },
      momentum,
    ),
  'momentum with a stale step': () =>
    optimizer(
      {
        slots: { d: 0 },
        update: (w, g, slots, { learningRate: r }) => {
          const next = sub(mul(0.9, d(slots, w)), mul(r, g));
          return { weight: add(w, d(slots, w)), slots: { d: next } };
        },
      },
      momentum,
    ),
  'weight decay of the weight that was already updated': () =>
    optimizer(
      {
        update: (w, g, _, { learningRate: r }) => {
          const moved = sub(w, mul(r, g));
          return { weight: sub(moved, mul(r, mul(moved, 0.1))), slots: none };
        },
      },
      ({ weight, gradient, learningRate }) => ({
        weight: weight - learningRate * (gradient + 0.1 * weight),
        slots: {},
      }),
    ),
  'momentum of a stale gradient': () =>
    optimizer(
      {
        slots: { d: 0 },
        update: (w, g, slots, { learningRate: r }) => ({
          weight: sub(w, mul(r, d(slots, w))),
          slots: { d: g },
        }),
      },
      sgd,
    ),
  'the gradient taken after the update': () =>
    optimizer(
      {
        update: (w, g, _, { learningRate: r }) => ({
          weight: sub(w, mul(r, sub(g, mul(r, g)))),
          slots: none,
        }),
      },
      sgd,
    ),
  'adam whose step is counted from 0': () =>
    optimizer(
      {
        slots: { m: 0, v: 0 },
        update: (w, g, { m = w, v = w }, { learningRate: r, step }) => {
          const t = cast(step, w.dtype);
          const [first, second] = [add(mul(0.9, m), mul(0.1, g)), add(mul(0.999, v), mul(0.001, square(g)))];
          const left = (rate: number) => sub(1, power(t, rate));
          const ratio = div(div(first, left(0.9)), add(sqrt(div(second, left(0.999))), 1e-8));
          return { weight: sub(w, mul(r, ratio)), slots: { m: first, v: second } };
        },
      },
      adam,
    ),
  'adam without correction': () =>
    optimizer(
      {
        slots: { m: 0, v: 0 },
        update: (w, g, { m = w, v = w }, { learningRate: r }) => {
          const [first, second] = [add(mul(0.9, m), mul(0.1, g)), add(mul(0.999, v), mul(0.001, square(g)))];
          return {
            weight: sub(w, mul(r, div(first, add(sqrt(second), 1e-8)))),
            slots: { m: first, v: second },
          };
        },
      },
      adam,
    ),
  'a quotient of 0 and 0': () =>
    optimizer({
      update: (w, g, _, { learningRate: r }) => ({
        weight: sub(w, mul(r, div(g, sqrt(square(g))))),
        slots: none,
      }),
    }),
  'a slot under another name': () =>
    optimizer({
      slots: { d: 0 },
      update: (w, g, _, { learningRate: r }) => ({ weight: sub(w, mul(r, g)), slots: { e: g } }) as never,
    }),
  'the length of the whole gradient': () =>
    optimizer({
      update: (w, g, _, { learningRate: r }) => ({
        weight: sub(w, mul(r, div(g, add(1, sqrt(sum(square(g))))))),
        slots: none,
      }),
    }),
  'no step at all': () => optimizer({ update: (w, g) => ({ weight: add(w, mul(sign(g), 0)), slots: none }) }),
};

/** rate^t as e^(t log rate). */
function power(t: Value, rate: number): Value {
  return exp(mul(t, Math.log(rate)));
}

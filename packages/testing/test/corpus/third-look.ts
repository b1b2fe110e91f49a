// Wrong ones that a third stranger wrote and the kit let pass, and right ones that it refused, each by the kind of probe that was missing.

import { cpu } from '@pullback/backend-cpu';
import {
  abs,
  add,
  type Backend,
  type Buffer,
  cast,
  clip,
  cos,
  DataError,
  defineLoss,
  defineNode,
  defineOptimizer,
  div,
  exp,
  fill,
  less,
  max,
  mul,
  type Optimizer,
  type OptimizerOptions,
  relu,
  reshape,
  type Scalar,
  ShapeError,
  scalar,
  select,
  sign,
  sizeOf,
  softmax,
  square,
  stack,
  sub,
  sum,
  tanh,
  uniform,
  type Value,
} from '@pullback/core';
import {
  type Case,
  conformBackend,
  conformLayer,
  conformLoss,
  conformMetric,
  conformOptimizer,
} from '@pullback/testing';
import { filled, kernelOf, simple } from './layer-of.ts';
import { applied, type One, one, own, primitive } from './made-of.ts';

interface Wrong {
  readonly cases: () => Case[];
  readonly says: RegExp;
}

/** An elementwise primitive whose formula is written apart from its `evaluate`. */
const formulated = (formula: (x: Scalar) => Scalar, f: (x: number) => number, slope: One): One =>
  own(f, (g, x) => mul(g, slope(x)), {
    form: { kind: 'elements', formula: ([x = scalar.number(0, 'float32')]) => formula(x) },
  });
const cubed = (x: Scalar) => scalar.mul(x, scalar.mul(x, x));
const cubic = (formula: (x: Scalar) => Scalar) =>
  formulated(
    formula,
    (x) => x * (x * x),
    (x) => mul(3, square(x)),
  );
const whenWithin = (low: number, high: number, x: Scalar, there: Scalar, elsewhere: Scalar) =>
  scalar.select(scalar.and(scalar.less(low, x), scalar.less(x, high)), there, elsewhere);

const ofSteps = (step: (weight: Value, gradient: Value, rate: Value) => Value) =>
  conformOptimizer(
    defineOptimizer<OptimizerOptions>('mine', {
      update: (weight, gradient, slots, { learningRate }) => ({
        weight: step(weight, gradient, learningRate),
        slots,
      }),
    }) as (options: OptimizerOptions) => Optimizer,
    {
      reference: ({ weight, gradient, learningRate }) => ({
        weight: weight - learningRate * gradient,
        slots: {},
      }),
    },
  );

type Rows = readonly (readonly number[])[];
const errorsOf = (predictions: Rows, targets: Rows): number[] =>
  predictions.flatMap((row, i) => row.map((x, k) => Math.abs(x - (targets[i]?.[k] ?? 0))));
function errors(x: Value, t: Value): Value {
  if (x.shape.join() !== t.shape.join())
    throw new ShapeError({ got: `a target of [${t.shape}]`, expected: `[${x.shape}]` });
  return abs(sub(x, t));
}

const lossOf = (error: (x: Value, t: Value) => Value) =>
  conformLoss(
    defineLoss('mine', { perSample: (x, t, { classAxis }) => sum(error(x, t), { axis: classAxis }) }),
  );

const counting = (change: (backend: Backend) => Partial<Backend>) =>
  conformBackend(() => {
    const backend = cpu();
    return Object.assign(
      backend,
      change({
        allocate: backend.allocate.bind(backend),
        write: backend.write.bind(backend),
        free: backend.free.bind(backend),
        statistics: backend.statistics.bind(backend),
      } as Backend),
    );
  });

export const wrong: Readonly<Record<string, Wrong>> = {
  'a loss whose value jumps where its gradient is right': {
    cases: () => lossOf((x, t) => add(square(sub(x, t)), cast(less(0.5, errors(x, t)), x.dtype))),
    says: /a jump by -?1[.0].*which no gradient has/,
  },
  'a backend that frees the newest large buffer for any': {
    cases: () => {
      const large: Buffer[] = [];
      return counting(({ allocate, free, write }) => ({
        allocate: (spec) => {
          const buffer = allocate(spec);
          if (sizeOf(spec.shape) > 65_536) large.push(buffer);
          return buffer;
        },
        free: (buffer) => {
          const newest = large.pop();
          if (newest !== undefined && newest !== buffer)
            write(newest, new Float32Array(sizeOf(newest.spec.shape)));
          free(buffer);
        },
      }));
    },
    says: /the one after it/,
  },

  'a formula that is another below -10': {
    cases: () => one(cubic((x) => scalar.select(scalar.less(x, -10), scalar.mul(x, 2), cubed(x)))),
    says: /form 'elements'.*\n.*by evaluate.*\n.*of -/,
  },
  'a formula that is another between 5 and 6': {
    cases: () => one(cubic((x) => whenWithin(5, 6, x, scalar.add(cubed(x), 1), cubed(x)))),
    says: /form 'elements'.*\n.*by evaluate.*\n.*of 5/,
  },
  'a formula that makes 0 of a NaN': {
    cases: () =>
      one(
        formulated(
          (x) => scalar.select(scalar.less(0, x), x, 0),
          (x) => (x > 0 || Number.isNaN(x) ? x : 0),
          (x) => cast(less(0, x), x.dtype),
        ),
      ),
    says: /form 'elements'.*\n.*NaN, by evaluate/,
  },
  'a constant of the formula that lost its digits': {
    cases: () =>
      one(
        formulated(
          (x) => scalar.select(scalar.less(1000, x), scalar.mul(x, 1.0001), x),
          (x) => x,
          (x) => fill(1, x.shape, x.dtype),
        ),
      ),
    says: /form 'elements'/,
  },
  'float32 of float64': {
    cases: () =>
      one(
        applied(
          primitive((x) => 2 * x, {
            infer: ([x]) => ({ shape: x?.shape ?? [], dtype: 'float32' }),
            vjp: (g, { input }) => [cast(mul(g, 2), input.dtype)],
          }),
        ),
      ),
    says: /dtype of an output.*\n.*expected float64/,
  },
  'declared odd, and odd up to 10': {
    cases: () => one((x) => add(tanh(x), mul(0.1, relu(sub(x, 10)))), { properties: { parity: 'odd' } }),
    says: /declared odd/,
  },
  'gradients clipped at 1000': {
    cases: () => ofSteps((w, g, rate) => sub(w, mul(rate, clip(g, -1e3, 1e3)))),
    says: /gradients of 3000/,
  },
  'gradients below 1e-10 dropped': {
    cases: () => ofSteps((w, g, rate) => sub(w, mul(rate, select(less(abs(g), 1e-10), 0, g)))),
    says: /gradients of 1e-14/,
  },
  'weights held within 10': {
    cases: () => ofSteps((w, g, rate) => clip(sub(w, mul(rate, g)), -10, 10)),
    says: /step is .* times the published/,
  },
  'a layer that hides a NaN': {
    cases: () =>
      conformLayer(
        simple('hidden', (scope, x) => {
          const y = add(tanh(kernelSum(scope, x)), 0);
          return select(less(0, y), y, 0);
        }),
      ),
    says: /hides a NaN/,
  },
  'a layer that starts dead': {
    cases: () =>
      conformLayer(
        simple('dead', (scope, x) =>
          relu(sub(kernelSum(scope, x), exp(scope.parameter('threshold', [], filled(20))))),
        ),
      ),
    says: /never learns/,
  },
  'noise whose mean is a half': {
    cases: () =>
      conformLayer(
        simple('noise', (scope, x) =>
          scope.training ? add(x, uniform(scope.randomKey(), x.shape, { dtype: scope.dtype })) : x,
        ),
        { random: true },
      ),
    says: /moves what prediction gives/,
  },
  'a loss that hides a NaN': {
    cases: () =>
      conformLoss(
        defineLoss('hidden', {
          perSample: (x, t, { classAxis }) => {
            const error = square(sub(x, t));
            return sum(select(less(error, 1e9), error, 0), { axis: classAxis });
          },
        }),
      ),
    says: /all NaN/,
  },
  'a mean of no samples that is 0': {
    cases: () =>
      conformMetric(
        () => ({
          name: 'mine',
          better: 'lower',
          observe: (x, t) => stack([sum(errors(x, t)), fill(sizeOf(x.shape), [], x.dtype)]),
          summarize: ([total = 0, count = 0]) => (count === 0 ? 0 : total / count),
        }),
        {
          reference: (x, t) => errorsOf(x, t).reduce((a, b) => a + b, 0) / errorsOf(x, t).length,
        },
      ),
    says: /no samples.*\n.*DataError/,
  },
  'a median of numbers sorted as text': {
    cases: () =>
      conformMetric(
        () => ({
          name: 'mine',
          better: 'lower',
          keeps: true,
          observe: (x, t) => reshape(errors(x, t), [sizeOf(x.shape)]),
          summarize: (numbers) => {
            if (numbers.length === 0) throw new DataError({ got: 'no samples', expected: 'one' });
            return [...numbers].sort()[numbers.length >> 1] ?? 0;
          },
        }),
        { reference: (x, t) => errorsOf(x, t).sort((a, b) => a - b)[errorsOf(x, t).length >> 1] ?? 0 },
      ),
    says: /by the formula/,
  },
  'bools that are rounded when they are written': {
    cases: () =>
      counting(({ write }) => ({
        write: (buffer, data) =>
          write(buffer, buffer.spec.dtype === 'bool' ? Float64Array.from(data, (x) => Math.round(x)) : data),
      })),
    says: /bools written as/,
  },
  'bytes of four for every element': {
    cases: () =>
      counting(({ statistics }) => {
        const held = new Map<object, number>();
        return {
          statistics: () => {
            const all = statistics?.() ?? { buffers: 0, bytes: 0 };
            return { ...all, bytes: 4 * Math.ceil(all.bytes / 4) + held.size };
          },
        };
      }),
    says: /bytes after a buffer/,
  },
};

const kernelSum = (...[scope, x]: Parameters<Parameters<typeof simple>[1]>) =>
  x.shape.length < 2 ? x : matmulOf(scope, x);
const matmulOf = (...[scope, x]: Parameters<Parameters<typeof simple>[1]>) => {
  const kernel = kernelOf(scope, x);
  return sum(mul(reshape(x, [...x.shape, 1]), kernel), { axis: x.shape.length - 1 });
};

export const right: Readonly<Record<string, () => Case[]>> = {
  'a sign, whose slope is 0 on both sides of a jump': () => one(sign),
  'a cosine of many turns, whose phase float32 cannot hold far out': () => one((x) => cos(mul(30, x))),
  'the largest of each row, which no elements have not': () => one((x) => max(x, { axis: -1 })),
  'a loss with a steep place and a kink': () =>
    lossOf((x, t) => add(tanh(mul(1000, sub(errors(x, t), 0.5))), relu(sub(errors(x, t), 1)))),
  'a sharp softmax': () => one((x) => softmax(div(x, 0.01))),
  'a node over an axis that may be empty': () =>
    one(
      defineNode('shares', {
        forward: (x: Value) => softmax(x),
        vjp: (g, { output: y }) => [mul(y, sub(g, sum(mul(g, y), { axis: -1, keepAxis: true })))],
      }),
    ),
};

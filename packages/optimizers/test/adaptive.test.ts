import { constant, evaluate, type Optimizer, OptionError, type Value } from '@pullback/core';
import {
  accumulated,
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  amsgrad,
  averaged,
  clipByGlobalNorm,
  clipByNorm,
  clipByValue,
  lamb,
  lion,
  momentum,
  nadam,
  parameterGroups,
  rmsprop,
  sgd,
  weightDecay,
} from '@pullback/optimizers';
import { describe, expect, test } from 'vitest';

const f64 = { dtype: 'float64' } as const;
const target = [1, -2, 0.5];
const slope = (w: number, i: number) => (w - (target[i] ?? 0)) ** 3 + 0.1 * Math.sin(5 * w);

interface Run {
  readonly weights: number[];
  readonly slots: Record<string, number[]>;
  readonly history: number[][];
}

/** Steps of an optimizer on one parameter `path` from 0, or from `start`, with gradients at the weights of the step. */
function run(optimizer: Optimizer, steps = 10, { path = 'w', start = [0.2, 0.3, -0.1] } = {}): Run {
  let weight: Value = constant(start, f64);
  const spec = { shape: [3], dtype: 'float64' } as const;
  let slots: Record<string, Value> = Object.fromEntries(
    Object.entries(optimizer.slots(spec)).map(([name, { initial }]) => [
      name,
      constant(
        [0, 0, 0].map(() => initial),
        f64,
      ),
    ]),
  );
  const history: number[][] = [];
  for (let step = 0; step < steps; step++) {
    const gradient = constant(Array.from(evaluate(weight).data, slope), f64);
    const counted = constant(step, { dtype: 'int32' });
    const factor =
      optimizer.schedule === undefined ? 1 : (evaluate(optimizer.schedule(constant(step, f64))).data[0] ?? 0);
    const at = { learningRate: constant(optimizer.learningRate * factor, f64), step: counted };
    const [updated] = optimizer.update([{ path, weight, gradient, slots }], at);
    if (updated === undefined) throw new Error('no update');
    weight = constant(evaluate(updated.weight));
    slots = Object.fromEntries(
      Object.entries(updated.slots).map(([name, slot]) => [name, constant(evaluate(slot))]),
    );
    history.push(Array.from(evaluate(weight).data));
  }
  const numbers = Object.entries(slots).map(([name, slot]) => [name, Array.from(evaluate(slot).data)]);
  return { weights: Array.from(evaluate(weight).data), slots: Object.fromEntries(numbers), history };
}

type Rule = (w: number[], g: number[], t: number) => number[];

/** Ten steps of a rule written out over numbers. */
function byHand(rule: Rule, start = [0.2, 0.3, -0.1]): number[] {
  let w = start;
  for (let t = 1; t <= 10; t++) w = rule(w, w.map(slope), t);
  return w;
}

function close(found: readonly number[], wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  found.forEach((x, i) => {
    expect(x).toBeCloseTo(wanted[i] ?? Number.NaN, 13);
  });
}

const norm = (xs: readonly number[]) => Math.sqrt(xs.reduce((sum, x) => sum + x * x, 0));
/** Memory of one number for each weight. */
const memory = (start = 0) => [start, start, start];

/** Adam's two averages, kept between steps. */
function adamMoments(beta1: number, beta2: number) {
  const [m, v] = [memory(), memory()];
  return (g: number[], i: number, t: number) => {
    m[i] = beta1 * (m[i] ?? 0) + (1 - beta1) * (g[i] ?? 0);
    v[i] = beta2 * (v[i] ?? 0) + (1 - beta2) * (g[i] ?? 0) ** 2;
    return {
      m: m[i] ?? 0,
      v: v[i] ?? 0,
      mHat: (m[i] ?? 0) / (1 - beta1 ** t),
      vHat: (v[i] ?? 0) / (1 - beta2 ** t),
    };
  };
}

describe('ten steps equal the published update, written out', () => {
  test('nesterov momentum', () => {
    const d = memory();
    const wanted = byHand((w, g) =>
      w.map((x, i) => {
        d[i] = 0.8 * (d[i] ?? 0) - 0.05 * (g[i] ?? 0);
        return x + 0.8 * (d[i] ?? 0) - 0.05 * (g[i] ?? 0);
      }),
    );
    close(run(momentum({ learningRate: 0.05, momentum: 0.8, nesterov: true })).weights, wanted);
  });
  test('adagrad', () => {
    const s = memory();
    const wanted = byHand((w, g) =>
      w.map((x, i) => {
        s[i] = (s[i] ?? 0) + (g[i] ?? 0) ** 2;
        return x - (0.3 * (g[i] ?? 0)) / (Math.sqrt(s[i] ?? 0) + 1e-10);
      }),
    );
    close(run(adagrad({ learningRate: 0.3 })).weights, wanted);
  });
  test('adadelta', () => {
    const [s, u] = [memory(), memory()];
    const wanted = byHand((w, g) =>
      w.map((x, i) => {
        s[i] = 0.9 * (s[i] ?? 0) + 0.1 * (g[i] ?? 0) ** 2;
        const d = (Math.sqrt((u[i] ?? 0) + 1e-6) / Math.sqrt((s[i] ?? 0) + 1e-6)) * (g[i] ?? 0);
        u[i] = 0.9 * (u[i] ?? 0) + 0.1 * d * d;
        return x - d;
      }),
    );
    close(run(adadelta({ decay: 0.9 })).weights, wanted);
  });
  for (const centered of [false, true])
    test(`rmsprop${centered ? ', centered, with momentum' : ''}`, () => {
      const [s, m, d] = [memory(), memory(), memory()];
      const alpha = centered ? 0.5 : 0;
      const wanted = byHand((w, g) =>
        w.map((x, i) => {
          s[i] = 0.9 * (s[i] ?? 0) + 0.1 * (g[i] ?? 0) ** 2;
          m[i] = 0.9 * (m[i] ?? 0) + 0.1 * (g[i] ?? 0);
          const spread = centered ? (s[i] ?? 0) - (m[i] ?? 0) ** 2 : (s[i] ?? 0);
          d[i] = alpha * (d[i] ?? 0) + (0.02 * (g[i] ?? 0)) / (Math.sqrt(spread) + 1e-8);
          return x - (d[i] ?? 0);
        }),
      );
      close(run(rmsprop({ learningRate: 0.02, centered, momentum: alpha })).weights, wanted);
    });
  test('rmsprop, centered, of gradients that stay the same, and of one whose square overflows: s - m^2 has a root', () => {
    // Of these 30, s - m^2 rounds below 0 for 5.
    const steady = Array.from({ length: 30 }, (_, i) => 0.07 + 0.11 * i);
    const optimizer = rmsprop({ learningRate: 1e-9, centered: true });
    const gradient = constant([...steady, 1e160], f64);
    const zeros = constant(steady.map(() => 0).concat(0), f64);
    let weight = zeros;
    let slots: Readonly<Record<string, Value>> = { squares: zeros, mean: zeros, change: zeros };
    for (let step = 0; step < 500; step++) {
      const at = { learningRate: constant(1e-9, f64), step: constant(step, { dtype: 'int32' }) };
      const [next] = optimizer.update([{ path: 'w', weight, gradient, slots }], at);
      weight = constant(evaluate(next?.weight ?? zeros));
      slots = Object.fromEntries(
        Object.entries(next?.slots ?? {}).map(([name, value]) => [name, constant(evaluate(value))]),
      );
    }
    const numbers = Array.from(evaluate(weight).data);
    expect(numbers.filter(Number.isNaN)).toEqual([]);
    expect(numbers.at(-1)).toBe(0); // divided by an infinite deviation
  });
  test('adam', () => {
    const moments = adamMoments(0.9, 0.999);
    const wanted = byHand((w, g, t) =>
      w.map((x, i) => {
        const { mHat, vHat } = moments(g, i, t);
        return x - (0.1 * mHat) / (Math.sqrt(vHat) + 1e-8);
      }),
    );
    close(run(adam({ learningRate: 0.1 })).weights, wanted);
  });
  test('adam, first step: the learning rate in the direction of the gradient', () => {
    const [first] = run(adam({ learningRate: 0.1 }), 1).history;
    close(
      first ?? [],
      [0.2, 0.3, -0.1].map((w, i) => w - 0.1 * (slope(w, i) / (Math.abs(slope(w, i)) + 1e-8))),
    );
  });
  test('amsgrad', () => {
    const [moments, largest] = [adamMoments(0.9, 0.99), memory()];
    const wanted = byHand((w, g, t) =>
      w.map((x, i) => {
        const { mHat, v } = moments(g, i, t);
        largest[i] = Math.max(largest[i] ?? 0, v);
        return x - (0.1 * mHat) / (Math.sqrt((largest[i] ?? 0) / (1 - 0.99 ** t)) + 1e-8);
      }),
    );
    close(run(amsgrad({ learningRate: 0.1, beta2: 0.99 })).weights, wanted);
  });
  test('adamw', () => {
    const moments = adamMoments(0.9, 0.999);
    const wanted = byHand((w, g, t) =>
      w.map((x, i) => {
        const { mHat, vHat } = moments(g, i, t);
        return x - 0.1 * (mHat / (Math.sqrt(vHat) + 1e-8) + 0.2 * x);
      }),
    );
    close(run(adamw({ learningRate: 0.1, weightDecay: 0.2 })).weights, wanted);
  });
  test('nadam', () => {
    const moments = adamMoments(0.9, 0.999);
    const wanted = byHand((w, g, t) =>
      w.map((x, i) => {
        const { m, vHat } = moments(g, i, t);
        const ahead = (0.9 * m) / (1 - 0.9 ** (t + 1)) + (0.1 * (g[i] ?? 0)) / (1 - 0.9 ** t);
        return x - (0.1 * ahead) / (Math.sqrt(vHat) + 1e-8);
      }),
    );
    close(run(nadam({ learningRate: 0.1 })).weights, wanted);
  });
  test('adamax', () => {
    const [m, u] = [memory(), memory()];
    const wanted = byHand((w, g, t) =>
      w.map((x, i) => {
        m[i] = 0.9 * (m[i] ?? 0) + 0.1 * (g[i] ?? 0);
        u[i] = Math.max(0.999 * (u[i] ?? 0), Math.abs(g[i] ?? 0));
        return x - ((0.1 / (1 - 0.9 ** t)) * (m[i] ?? 0)) / ((u[i] ?? 0) + 1e-8);
      }),
    );
    close(run(adamax({ learningRate: 0.1 })).weights, wanted);
  });
  test('lion', () => {
    const m = memory();
    const wanted = byHand((w, g) =>
      w.map((x, i) => {
        const c = 0.9 * (m[i] ?? 0) + 0.1 * (g[i] ?? 0);
        m[i] = 0.99 * (m[i] ?? 0) + 0.01 * (g[i] ?? 0);
        return x - 0.03 * (Math.sign(c) + 0.5 * x);
      }),
    );
    close(run(lion({ learningRate: 0.03, weightDecay: 0.5 })).weights, wanted);
  });
  test('lamb', () => {
    const moments = adamMoments(0.9, 0.999);
    const wanted = byHand((w, g, t) => {
      const r = w.map((x, i) => {
        const { mHat, vHat } = moments(g, i, t);
        return mHat / (Math.sqrt(vHat) + 1e-6) + 0.1 * x;
      });
      return w.map((x, i) => x - 0.1 * (norm(w) / norm(r)) * (r[i] ?? 0));
    });
    close(run(lamb({ learningRate: 0.1, weightDecay: 0.1 })).weights, wanted);
  });
  test('lamb from weights that are all 0 takes the ratio 1', () => {
    const [first = []] = run(lamb({ learningRate: 0.1 }), 1, { start: [0, 0, 0] }).history;
    close(
      first.map(Math.abs),
      [0.1, 0.1, 0.1].map((x, i) => x / (1 + 1e-6 / Math.abs(slope(0, i)))),
    );
  });
});

describe('wrappers', () => {
  const plain = (change: (g: number[], w: number[]) => number[]) =>
    byHand((w, g) => w.map((x, i) => x - 0.1 * (change(g, w)[i] ?? 0)));
  const inner = sgd({ learningRate: 0.1 });
  test('clipByValue', () => {
    close(
      run(clipByValue(inner, 0.3)).weights,
      plain((g) => g.map((x) => Math.min(Math.max(x, -0.3), 0.3))),
    );
  });
  test('clipByNorm', () => {
    close(
      run(clipByNorm(inner, 0.5)).weights,
      plain((g) => g.map((x) => (x * 0.5) / Math.max(norm(g), 0.5))),
    );
  });
  test('clipByGlobalNorm shortens all gradients by one factor', () => {
    const gradients = [
      [3, 0],
      [0, 4],
    ];
    const parameters = gradients.map((g, i) => ({
      path: `p${i}`,
      weight: constant([0, 0], f64),
      gradient: constant(g, f64),
      slots: {},
    }));
    const at = { learningRate: constant(1, f64), step: constant(0, { dtype: 'int32' }) };
    const moved = clipByGlobalNorm(sgd({ learningRate: 1 }), 1).update(parameters, at);
    moved.forEach(({ weight }, i) => {
      close(
        Array.from(evaluate(weight).data),
        (gradients[i] ?? []).map((g) => -g / 5),
      );
    });
    expect(clipByGlobalNorm(inner, 1).update([], at)).toEqual([]);
  });
  test('huge gradients keep their direction and get the limit as length, small ones and zeros stay, in float32', () => {
    const at = { learningRate: constant(1), step: constant(0, { dtype: 'int32' }) };
    for (const wrap of [clipByNorm, clipByGlobalNorm]) {
      const clipped = (...gradient: number[]) => {
        const weight = constant(gradient.map(() => 0));
        const parameter = { path: 'w', weight, gradient: constant(gradient), slots: {} };
        const [moved] = wrap(sgd({ learningRate: 1 }), 1).update([parameter], at);
        return Array.from(evaluate(moved?.weight ?? weight).data, (x) => 0 - x);
      };
      for (const size of [1e10, 1e20, 1e25, 5e37])
        clipped(3 * size, -4 * size).forEach((x, i) => {
          expect(x).toBeCloseTo(i === 0 ? 0.6 : -0.8, 6);
        });
      for (const small of [0, 1e-40, 1e-25, 0.25])
        expect(clipped(small, -small)).toEqual([Math.fround(small), 0 - Math.fround(small)]);
    }
  });
  test('weightDecay, and what it leaves alone', () => {
    const decayed = weightDecay(inner, { rate: 0.4, except: (path) => path.endsWith('bias') });
    close(
      run(decayed).weights,
      plain((g, w) => g.map((x, i) => x + 0.4 * (w[i] ?? 0))),
    );
    close(
      run(decayed, 10, { path: 'a/bias' }).weights,
      plain((g) => g),
    );
  });
  test('averaged keeps the average of the weights, weighted to sum to 1', () => {
    const { history, slots, weights } = run(averaged(inner, { decay: 0.7 }), 5);
    const shares = history.map((_, k) => 0.7 ** (history.length - 1 - k));
    const total = shares.reduce((a, b) => a + b, 0);
    const wanted = [0, 1, 2].map((i) =>
      history.reduce((sum, w, k) => sum + ((shares[k] ?? 0) / total) * (w[i] ?? 0), 0),
    );
    close(slots['average'] ?? [], wanted);
    close(weights, run(inner, 5).weights);
  });
  test('accumulated changes weights every third step, by the mean of the gradients, and counts updates', () => {
    const { history } = run(accumulated(adam({ learningRate: 0.1 }), { steps: 3 }), 9);
    const start = [0.2, 0.3, -0.1];
    expect(history.slice(0, 2)).toEqual([start, start]);
    // Between updates the weights stand still, so the mean of three gradients is one of them.
    close(history[8] ?? [], run(adam({ learningRate: 0.1 }), 3).weights);
    expect(history[2]).toEqual(history[4]);
  });
  test('parameterGroups: each its optimizer and rate, also when the rate is changed', () => {
    const grouped = parameterGroups(
      [{ where: (path) => path.startsWith('a'), optimizer: momentum({ learningRate: 0.05 }) }],
      inner,
    );
    close(run(grouped, 10, { path: 'a/kernel' }).weights, run(momentum({ learningRate: 0.05 })).weights);
    close(run(grouped, 10, { path: 'b/kernel' }).weights, run(inner).weights);
    const halved = { ...grouped, learningRate: grouped.learningRate / 2 };
    close(run(halved, 10, { path: 'a/kernel' }).weights, run(momentum({ learningRate: 0.025 })).weights);
  });
  test('wrappers wrap wrappers', () => {
    const both = averaged(weightDecay(clipByNorm(adam({ learningRate: 0.1 }), 1), { rate: 0.1 }));
    expect(both.name).toBe('averaged(weightDecay(clipByNorm(adam)))');
    expect(run(both).weights.every(Number.isFinite)).toBe(true);
  });
});

test('options outside of their ranges are refused', () => {
  const wrong = [
    () => adam({ learningRate: -1 }),
    () => adam({ learningRate: 1, beta1: 1 }),
    () => adamw({ learningRate: 1, epsilon: Number.NaN }),
    () => rmsprop({ learningRate: 1, decay: 1.5 }),
    () => adagrad({ learningRate: 1, epsilon: -1 }),
    () => clipByNorm(sgd({ learningRate: 1 }), 0),
    () => accumulated(sgd({ learningRate: 1 }), { steps: 0 }),
    () => averaged(sgd({ learningRate: 1 }), { decay: 1 }),
    () => parameterGroups([], sgd({ learningRate: 0 })),
  ];
  for (const make of wrong) expect(make).toThrow(OptionError);
});

// What wraps layers and optimizers, in models: against loops over float64 numbers.
import {
  accumulated,
  add,
  averaged,
  builtins,
  clipByNorm,
  clipByValue,
  constrained,
  cosine,
  cpu,
  createContainer,
  createModel,
  defineLayer,
  defineLoss,
  dense,
  filled,
  frozen,
  type Layer,
  l2,
  loadModel,
  Model,
  maxNorm,
  mean,
  meanSquaredError,
  momentum,
  mul,
  type Optimizer,
  parameterGroups,
  plugin,
  type Resolve,
  regularized,
  type Schedule,
  sequential,
  sgd,
  stepDecay,
  sub,
  sum,
  type Value,
  wasm,
  weightDecay,
} from 'pullback';
import { describe, expect, test } from 'vitest';

const quiet = { progress: false, shuffle: false } as const;
type Samples = readonly (readonly [x: number, t: number])[];

/** w x with E = mean (w x - t)^2, w = 0 at the start, in float64. */
const line = (optimizer: Optimizer, start = 0) =>
  Model.create({
    network: dense(1, { bias: false, kernelInitializer: filled(start) }),
    input: [1],
    loss: meanSquaredError(),
    optimizer,
    backend: cpu(),
    dtype: 'float64',
  });
const weightOf = async (model: Model) => (await model.weights())['network/kernel']?.data[0] ?? Number.NaN;
const slotOf = async (model: Model, slot: string) =>
  (await model.slots(slot))['network/kernel']?.data[0] ?? Number.NaN;
const asBatch = (samples: Samples) => ({ x: samples.map(([x]) => [x]), y: samples.map(([, t]) => [t]) });
/** dE/dw of the mean over some samples. */
const slope = (w: number, samples: Samples) =>
  samples.reduce((total, [x, t]) => total + 2 * (w * x - t) * x, 0) / samples.length;

const samples: Samples = Array.from({ length: 14 }, (_, i) => [Math.sin(i + 1), Math.cos(2 * i)]);
/** Parts of 3, 1, 2, ... samples, each two of which make an update. */
const parts = [
  samples.slice(0, 3),
  samples.slice(3, 4),
  samples.slice(4, 6),
  samples.slice(6, 11),
  samples.slice(11, 12),
  samples.slice(12),
];
const pairs = [0, 2, 4].map((i) => [...(parts[i] ?? []), ...(parts[i + 1] ?? [])]);

/** The weight after each part. */
async function follow(optimizer: Optimizer, start = 0): Promise<number[]> {
  const model = await line(optimizer, start);
  const weights: number[] = [];
  for (const part of parts) {
    await model.step(asBatch(part)).loss.read();
    weights.push(await weightOf(model));
  }
  return weights;
}

/** What updates on both parts of a pair together make, each after its second part. */
function updates(update: (w: number, pair: Samples, k: number) => number, start = 0): number[] {
  let w = start;
  return pairs.flatMap((pair, k) => {
    const before = w;
    w = update(w, pair, k);
    return [before, w];
  });
}

const close = (got: readonly number[], expected: readonly number[]) => {
  expect(got).toHaveLength(expected.length);
  for (const [i, x] of got.entries()) expect(x, `${i}`).toBeCloseTo(expected[i] ?? Number.NaN, 12);
};

describe('accumulated: as one step on all samples of its parts', () => {
  test('of unequal size', async () => {
    const eta = 0.3;
    close(
      await follow(accumulated(sgd({ learningRate: eta }), { steps: 2 })),
      updates((w, pair) => w - eta * slope(w, pair)),
    );
  });

  test('a schedule counts updates, a momentum too', async () => {
    const schedule = stepDecay({ every: 1, factor: 0.5 });
    let d = 0;
    close(
      await follow(accumulated(momentum({ learningRate: 0.3, momentum: 0.9, schedule }), { steps: 2 })),
      updates((w, pair, k) => {
        d = 0.9 * d - 0.3 * 0.5 ** k * slope(w, pair);
        return w + d;
      }),
    );
  });

  test.each([
    ['inside', (o: Optimizer) => accumulated(weightDecay(o, { rate: 0.4 }), { steps: 2 })],
    ['outside', (o: Optimizer) => weightDecay(accumulated(o, { steps: 2 }), { rate: 0.4 })],
    [
      'outside of another',
      (o: Optimizer) => weightDecay(clipByValue(accumulated(o, { steps: 2 }), 1e9), { rate: 0.4 }),
    ],
  ])('weight decay %s counts updates', async (_, wrap) => {
    close(
      await follow(wrap(sgd({ learningRate: 0.3 })), 2),
      updates((w, pair) => w - 0.3 * slope(w, pair) - 0.3 * 0.4 * w, 2),
    );
  });

  test.each([
    ['inside', (o: Optimizer) => accumulated(averaged(o, { decay: 0.7 }), { steps: 2 })],
    ['outside', (o: Optimizer) => averaged(accumulated(o, { steps: 2 }), { decay: 0.7 })],
  ])('an average %s counts updates', async (_, wrap) => {
    const model = await line(wrap(sgd({ learningRate: 0.3 })));
    let [w, sum, shares] = [0, 0, 0];
    for (const [i, part] of parts.entries()) {
      await model.step(asBatch(part)).loss.read();
      if (i % 2 === 0) continue;
      w -= 0.3 * slope(w, pairs[(i - 1) / 2] ?? []);
      [sum, shares] = [0.7 * sum + 0.3 * w, 0.7 * shares + 0.3];
      close([await weightOf(model), await slotOf(model, 'average')], [w, sum / shares]);
    }
  });

  test('clipping inside is that of the average, outside that of each part', async () => {
    const clip = (g: number) => Math.sign(g) * Math.min(Math.abs(g), 0.2);
    close(
      await follow(accumulated(clipByNorm(sgd({ learningRate: 1 }), 0.2), { steps: 2 })),
      updates((w, pair) => w - clip(slope(w, pair))),
    );
    close(
      await follow(clipByNorm(accumulated(sgd({ learningRate: 1 }), { steps: 2 }), 0.2)),
      updates((w, _, k) => {
        const [a = [], b = []] = [parts[2 * k], parts[2 * k + 1]];
        return w - (a.length * clip(slope(w, a)) + b.length * clip(slope(w, b))) / (a.length + b.length);
      }),
    );
  });

  test('inside another, as one of as many steps as both', async () => {
    const [four, two] = [samples.slice(0, 8), [2, 1, 4, 1]];
    const run = async (optimizer: Optimizer) => {
      const model = await line(optimizer);
      let from = 0;
      for (const size of two) {
        await model.step(asBatch(four.slice(from, from + size))).loss.read();
        from += size;
      }
      return weightOf(model);
    };
    const nested = accumulated(accumulated(sgd({ learningRate: 0.3 }), { steps: 2 }), { steps: 2 });
    close([await run(nested)], [-0.3 * slope(0, four)]);
    expect(await run(averaged(nested))).toBe(await run(nested));
  });

  test('within groups each counts its own', async () => {
    const schedule = stepDecay({ every: 1, factor: 0.5 });
    const groups = (k: number) =>
      parameterGroups(
        [
          {
            where: () => k === 0,
            optimizer: accumulated(sgd({ learningRate: 0.3, schedule }), { steps: 2 }),
          },
        ],
        sgd({ learningRate: 0.3 }),
      );
    const expected = updates((w, pair, i) => w - 0.3 * 0.5 ** i * slope(w, pair));
    close(await follow(groups(0)), expected);
    close(
      await follow(
        accumulated(
          parameterGroups(
            [{ where: () => true, optimizer: sgd({ learningRate: 0.3, schedule }) }],
            sgd({ learningRate: 0.3 }),
          ),
          { steps: 2 },
        ),
      ),
      expected,
    );
    const decayed = updates((w, pair, i) => w - 0.3 * 0.5 ** i * slope(w, pair) - 0.3 * 0.1 * w, 1);
    close(await follow(weightDecay(groups(0), { rate: 0.1 }), 1), decayed);
  });

  test('the last part of an epoch, in the middle of an accumulation, weighs by its samples; so do those of a set on the backend', async () => {
    for (const residentBytes of [0, 2 ** 20]) {
      const model = await line(accumulated(sgd({ learningRate: 0.1 }), { steps: 2 }));
      const { x, y } = asBatch(samples.slice(0, 5));
      await model.fit(x, y, { epochs: 2, batchSize: 2, residentBytes, ...quiet });
      let w = 0;
      for (const pair of [
        samples.slice(0, 4),
        [...samples.slice(4, 5), ...samples.slice(0, 2)],
        samples.slice(2, 5),
      ])
        w -= 0.1 * slope(w, pair);
      close([await weightOf(model)], [w]);
    }
  });

  test('sums weigh every sample alike: the mean of their gradients', async () => {
    const total = defineLoss('total', (x) => sum(x));
    const model = await Model.create({
      network: dense(1, { bias: false, kernelInitializer: filled(0) }),
      input: [1],
      loss: total(),
      optimizer: accumulated(sgd({ learningRate: 1 }), { steps: 2 }),
      backend: cpu(),
    });
    await model.fit([[1], [1], [4]], [[0], [0], [0]], { batchSize: 2, ...quiet });
    expect(await weightOf(model)).toBe(-(2 + 4) / 2);
  });

  test('goes on in the middle of an accumulation, from a file', async () => {
    const make = () => accumulated(momentum({ learningRate: 0.3 }), { steps: 3 });
    const [whole, first] = [await line(make()), await line(make())];
    const chunks: Uint8Array[] = [];
    for (const part of parts) await whole.step(asBatch(part)).loss.read();
    for (const part of parts.slice(0, 4)) await first.step(asBatch(part)).loss.read();
    await first.save(new WritableStream({ write: (chunk) => void chunks.push(chunk) }));
    const bytes = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
    const second = await Model.load(bytes, {
      ...{
        network: dense(1, { bias: false }),
        input: [1],
        loss: meanSquaredError(),
        optimizer: make(),
        backend: cpu(),
      },
    });
    for (const part of parts.slice(4)) await second.step(asBatch(part)).loss.read();
    expect(await weightOf(second)).toBe(await weightOf(whole));
  });

  test('a constraint is kept at updates: between them weights stay', async () => {
    const network = constrained(dense(1, { bias: false, kernelInitializer: filled(2) }), maxNorm(1));
    const model = await Model.create({
      ...{ network, input: [1], loss: meanSquaredError(), backend: cpu(), dtype: 'float64' },
      optimizer: accumulated(sgd({ learningRate: 0 }), { steps: 2 }),
    });
    const weights: number[] = [];
    for (const part of parts.slice(0, 2)) {
      await model.step(asBatch(part)).loss.read();
      weights.push(await weightOf(model));
    }
    expect(weights).toEqual([2, 1]);
  });
});

describe.each([
  ['cpu', cpu],
  ['wasm', () => wasm()],
] as const)('one layer in two places, on %s', (_, backend) => {
  /** a(x) + b(x), of a layer that multiplies by its only weight. */
  const both = (a: Layer<readonly [Value]>, b: Layer<readonly [Value]>) =>
    defineLayer('both', (scope, x: Value) => add(scope.apply(a, x), scope.apply(b, mul(x, 10))));
  const times = () => dense(1, { bias: false, kernelInitializer: filled(3) });
  const make = (network: Layer<readonly [Value]>) =>
    Model.create({
      network,
      input: [1],
      loss: defineLoss('output', (x) => sum(x))(),
      optimizer: sgd({ learningRate: 1 }),
      backend: backend(),
      dtype: 'float64',
    });
  const afterStep = async (network: Layer<readonly [Value]>, x = 1) => {
    const model = await make(network);
    await model.step({ x: [[x]], y: [[0]] }).loss.read();
    return Object.values(await model.weights()).map(({ data }) => data[0]);
  };

  test('trained in both: both gradients', async () => {
    const l = times();
    expect(await afterStep(both(l, l))).toEqual([3 - 11]);
  });
  test('frozen in one, whichever comes first: the gradient of the other', async () => {
    const l = times();
    expect(await afterStep(both(l, frozen(l)))).toEqual([3 - 1]);
    expect(await afterStep(both(frozen(l), l))).toEqual([3 - 10]);
    expect(await afterStep(both(frozen(l), frozen(l)))).toEqual([3]);
  });
  test('frozen deep inside, and around', async () => {
    const l = times();
    expect(await afterStep(both(sequential(l), frozen(sequential(l))))).toEqual([3 - 1]);
    expect(await afterStep(frozen(both(l, l)))).toEqual([3]);
    expect(await afterStep(both(frozen(regularized(l, l2(1))), l))).toEqual([3 - 10]);
    expect(await afterStep(regularized(frozen(l), l2(1)))).toEqual([3]);
  });
  test('a penalty counts once for a weight, however often it is used; two penalties both', async () => {
    const l = times();
    const half = l2(0.5);
    expect(await afterStep(both(l, regularized(l, half)))).toEqual([3 - 11 - 3]);
    const once = regularized(l, half);
    expect(await afterStep(both(once, once))).toEqual([3 - 11 - 3]);
    expect(await afterStep(regularized(regularized(l, half), l2(1)))).toEqual([3 - 1 - 3 - 6]);
    const twice = regularized(once, l2(1));
    expect(await afterStep(both(twice, twice))).toEqual([3 - 11 - 3 - 6]);
  });
  test('constraints come one after the other, the inner one first', async () => {
    const l = times();
    const [minus, double] = [(w: Value) => sub(w, 1), (w: Value) => mul(w, 2)];
    expect(await afterStep(constrained(constrained(l, minus), double))).toEqual([(3 - 1 - 1) * 2]);
    expect(await afterStep(both(l, constrained(l, minus)))).toEqual([3 - 11 - 1]);
  });
  test("a name that is nearly a parameter's is a mistake; one for other layers is not", async () => {
    await expect(make(regularized(times(), { kernal: l2(1) }))).rejects.toThrow(
      /'kernal'. Did you mean 'kernel'/,
    );
    expect(await afterStep(regularized(times(), { kernel: l2(0), bias: l2(1) }))).toEqual([2]);
  });

  /** x minus a running mean of all that it saw: m <- m + (mean x - m) / 2. */
  const centred = defineLayer('centred', (scope, x: Value) => {
    const running = scope.state('mean', [], filled(0));
    if (scope.training) running.set(add(running.value, mul(sub(mean(x), running.value), 0.5)));
    return sub(x, running.value);
  });
  test('a state sees both uses, and no gradient goes through it', async () => {
    const seen = async (network: Layer<readonly [Value]>) => {
      const model = await make(network);
      await model.step({ x: [[4]], y: [[0]] }).loss.read();
      await model.step({ x: [[4]], y: [[0]] }).loss.read();
      return Object.values(await model.states()).map(({ data }) => data[0]);
    };
    // Of 4 and 40, in turns: 2, 21, 12.5, 26.25.
    expect(await seen(both(centred, centred))).toEqual([26.25]);
    // Frozen it runs as in prediction, and sets nothing: 2, 3.
    expect(await seen(both(centred, frozen(centred)))).toEqual([3]);
    const l = times();
    const after = defineLayer('after', (scope, x: Value) => {
      const z = scope.apply(l, x);
      scope.apply(centred, z);
      return scope.apply(centred, z);
    });
    expect(await afterStep(after)).toEqual([3 - 1]);
  });
});

describe('specs', () => {
  const spec = (optimizer: object) => ({
    input: [1],
    layers: [{ type: 'dense', units: 1, bias: false, kernelInitializer: 'ones' }],
    loss: 'meanSquaredError',
    backend: 'cpu',
    dtype: 'float64',
    optimizer,
  });
  const trained = async (own: ReturnType<typeof plugin>, optimizer: object) => {
    const model = await createModel(createContainer(builtins, own), Object(spec(optimizer)));
    const weights: number[] = [];
    for (let i = 0; i < 3; i++) {
      await model.step({ x: [[1]], y: [[0]] }).loss.read();
      weights.push((await model.weights())['network/0/kernel']?.data[0] ?? Number.NaN);
    }
    return weights;
  };
  type Options = { learningRate: number; schedule?: Schedule };
  const expected = [1 - 0.2, 0.8 * (1 - 0.1), 0.72 * (1 - 0.05)];

  test.each([
    ['as it is', (options: Options) => sgd(options)],
    [
      'through resolve',
      (options: Options, resolve: Resolve) =>
        sgd({
          ...options,
          ...(options.schedule && { schedule: resolve.schedule(Object(options.schedule)) }),
        }),
    ],
  ])("a schedule in the spec of a plugin's optimizer, %s", async (_, make) => {
    const own = plugin(({ optimizer }) => optimizer('mine', make));
    const schedule = { type: 'stepDecay', every: 1, factor: 0.5 };
    const got = await trained(own, { type: 'mine', learningRate: 0.1, schedule });
    close(got, expected);
    const inside = {
      type: 'accumulated',
      steps: 1,
      optimizer: { type: 'mine', learningRate: 0.1, schedule },
    };
    expect(await trained(own, inside)).toEqual(got);
  });

  test('a learning rate of 0 can be saved and loaded', async () => {
    const container = createContainer(builtins);
    const model = await createModel(container, Object(spec({ type: 'sgd', learningRate: 0 })));
    const chunks: Uint8Array[] = [];
    await model.save(new WritableStream({ write: (chunk) => void chunks.push(chunk) }));
    const bytes = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
    expect((await loadModel(container, bytes)).learningRate).toBe(0);
    model.learningRate = 0.5;
    expect((await loadModel(container, bytes)).learningRate).toBe(0);
  });

  test('a schedule of updates as data', async () => {
    const own = plugin(({ schedule }) =>
      schedule('mine', ({ steps }: { steps: number }) => cosine({ steps })),
    );
    const got = await trained(own, { type: 'sgd', learningRate: 0.1, schedule: { type: 'mine', steps: 2 } });
    close(got, [0.8, 0.8 * 0.9, 0.72]);
  });
});

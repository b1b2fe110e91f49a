import { readFileSync } from 'node:fs';
import {
  type Client,
  decodeMessage,
  encodeMessage,
  epsilonOf,
  Federation,
  type FederationOptions,
  type PrivacyOptions,
  renyiDivergence,
  serve,
  simulate,
  type Update,
} from '@pullback/federated';
import {
  CheckpointError,
  DataError,
  dense,
  Model,
  meanSquaredError,
  OptionError,
  RandomStream,
  sequential,
  sgd,
  tanh,
} from 'pullback';
import { describe, expect, test } from 'vitest';

const weights = {
  w: { shape: [2], data: Float32Array.of(1, 2) },
  b: { shape: [], data: Float32Array.of(0) },
};
const federation = (options: Partial<FederationOptions> = {}) => new Federation({ weights, ...options });
const update = (client: string, samples: number, w: number[], b: number, round = 1): Update => ({
  round,
  client,
  samples,
  weights: { w: { shape: [2], data: Float32Array.from(w) }, b: { shape: [], data: Float32Array.of(b) } },
});

describe('the accountant', () => {
  /** The conversion that the figures of that time were made with: min over orders of R + log(1 / delta) / (a - 1). */
  const classic = (spending: Parameters<typeof renyiDivergence>[1], delta: number) =>
    Math.min(
      ...Array.from({ length: 400 }, (_, i) => 1.1 + i / 10).map(
        (order) => renyiDivergence(order, spending) - Math.log(delta) / (order - 1),
      ),
    );

  test('gives the figures of Abadi et al. 2016 and of the tutorial of TensorFlow Privacy', () => {
    expect(classic({ rate: 0.01, noise: 4, steps: 10_000 }, 1e-5)).toBeCloseTo(1.26, 2);
    const steps = (15 * 60_000) / 250;
    expect(classic({ rate: 250 / 60_000, noise: 1.3, steps }, 1e-5)).toBeCloseTo(1.18, 2);
  });

  const cases: ({ rate: number; noise: number; steps: number } & { delta: number; epsilon: number })[] =
    JSON.parse(readFileSync(new URL('fixtures/epsilon.json', import.meta.url), 'utf8'));
  test.each(cases)('is within 1% of dp-accounting at rate $rate, noise $noise, $steps steps', (each) => {
    const { delta, epsilon, rate, noise, steps } = each;
    expect(Math.abs(epsilonOf({ rate, noise, steps }, delta) / epsilon - 1)).toBeLessThan(0.01);
  });

  /** steps / (a - 1) log sum_k C(a, k) (1 - q)^(a - k) q^k exp((k^2 - k) / (2 noise^2)), for whole orders (Mironov et al. 2019, section 3.3). */
  const closedForm = (order: number, rate: number, noise: number) => {
    let [binomial, sum] = [1, 0];
    for (let k = 0; k <= order; k++) {
      if (k > 0) binomial *= (order - k + 1) / k;
      sum += binomial * (1 - rate) ** (order - k) * rate ** k * Math.exp((k * k - k) / (2 * noise ** 2));
    }
    return Math.log(sum) / (order - 1);
  };

  test.each([
    [2, 0.01, 1],
    [7, 0.2, 0.7],
    [30, 0.004, 4],
    [5, 1, 2],
  ])('has the divergence of order %d in closed form at rate %d and noise %d', (order, rate, noise) => {
    const got = renyiDivergence(order, { rate, noise, steps: 3 });
    expect(Math.abs(got / (3 * closedForm(order, rate, noise)) - 1)).toBeLessThan(1e-9);
  });

  test('spends nothing in no step or on nobody, and refuses what cannot be', () => {
    expect(epsilonOf({ rate: 0.1, noise: 1, steps: 0 }, 1e-5)).toBe(0);
    expect(renyiDivergence(2, { rate: 0, noise: 1, steps: 5 })).toBe(0);
    expect(() => epsilonOf({ rate: 2, noise: 1, steps: 1 }, 1e-5)).toThrow(OptionError);
    expect(() => epsilonOf({ rate: 1, noise: 0, steps: 1 }, 1e-5)).toThrow(OptionError);
    expect(() => epsilonOf({ rate: 1, noise: 1, steps: 1 }, 1)).toThrow(OptionError);
  });
});

describe('a round', () => {
  test('ends with the mean, weighted by samples, whatever the order of arrival', () => {
    const ends = [
      ['a', 'b', 'c'],
      ['c', 'b', 'a'],
    ].map((order) => {
      const server = federation();
      server.begin(['c', 'a', 'b']);
      const updates = {
        a: update('a', 1, [2, 2], 0.1),
        b: update('b', 3, [5, 0], 0.7),
        c: update('c', 4, [1, 1], 0.3),
      };
      for (const name of order) expect(server.offer(updates[name as 'a'])).toBe(true);
      expect(server.end()).toBe(3);
      return server.weights;
    });
    expect(ends[1]).toEqual(ends[0]);
    const [w, b] = [ends[0]?.['w']?.data, ends[0]?.['b']?.data];
    expect([...(w ?? [])]).toEqual([(2 + 15 + 4) / 8, (2 + 0 + 4) / 8]);
    expect(b?.[0]).toBeCloseTo((0.1 + 2.1 + 1.2) / 8, 6);
  });

  test('of a simulation ends also where nobody asks how', async () => {
    const server = federation();
    const learned = { samples: 1, weights: update('a', 1, [5, 6], 7).weights };
    await simulate(server, [{ name: 'a', train: async () => learned }], { rounds: 1 });
    expect(server.weights).toEqual(learned.weights);
  });

  test('leaves out what comes late, and stays where it was with too few', () => {
    const server = federation({ fewest: 2 });
    server.begin(['a', 'b']);
    expect(server.end()).toBe(0);
    server.begin(['a', 'b']);
    expect(server.offer(update('a', 1, [9, 9], 9, 1))).toBe(false);
    server.offer(update('a', 1, [9, 9], 9, 2));
    expect(server.end()).toBe(0);
    expect(server.offer(update('b', 1, [9, 9], 9, 2))).toBe(false);
    expect(server.weights).toBe(weights);
  });

  test('refuses updates that do not fit', () => {
    const server = federation();
    server.begin(['a', 'b']);
    server.offer(update('b', 1, [1, 1], 1));
    const fit = update('a', 1, [1, 1], 1);
    const refused: readonly (readonly [Update, string])[] = [
      [update('b', 1, [1, 1], 1), 'one from each client'],
      [update('z', 1, [1, 1], 1), "the client 'z'"],
      [update('a', 1, [1, 1], 1, 7), 'of round 7'],
      [update('a', 0, [1, 1], 1), '0 samples'],
      [update('a', 1.5, [1, 1], 1), '1.5 samples'],
      [update('a', 1, [1, Number.NaN], 1), "not finite for 'w'"],
      [{ ...fit, weights: { ...fit.weights, w: { shape: [3], data: new Float32Array(3) } } }, "[3] for 'w'"],
      [{ ...fit, weights: { w: weights.w } }, 'the weights w'],
      [{ ...fit, weights: { ...fit.weights, more: weights.w } }, 'more'],
    ];
    for (const [wrong, words] of refused) {
      expect(() => server.offer(wrong), words).toThrow(DataError);
      expect(() => server.offer(wrong)).toThrow(words);
    }
    expect(server.offer(fit)).toBe(true);
  });

  test('takes each client with the probability of its share, by the seed', () => {
    const names = Array.from({ length: 1000 }, (_, i) => `client ${i}`);
    const [one, same, other] = [
      federation({ share: 0.3 }),
      federation({ share: 0.3 }),
      federation({ share: 0.3, seed: 1 }),
    ];
    const first = one.begin(names);
    expect(same.begin([...names].reverse())).toEqual(first);
    expect(other.begin(names)).not.toEqual(first);
    expect(one.begin(names)).not.toEqual(first);
    // Five standard deviations.
    expect(Math.abs(first.length - 300)).toBeLessThan(5 * Math.sqrt(1000 * 0.3 * 0.7));
  });

  test('steps along the mean with momentum', () => {
    const server = federation({ momentum: 0.5, learningRate: 2 });
    const w = () => server.weights['w']?.data[0];
    for (const [round, wanted] of [
      [1, 1 + 2 * 1],
      [2, 3 + 2 * (0.5 + 1)],
    ] as const) {
      const now = w() ?? 0;
      server.begin(['a']);
      server.offer(update('a', 1, [now + 1, 2], 0, round));
      server.end();
      expect(w()).toBe(wanted);
    }
  });
});

describe('a server of clients elsewhere', () => {
  const learned = { samples: 1, weights: update('', 1, [5, 6], 7).weights };

  test('leaves out those that are late, fail or send what does not fit, and says so', async () => {
    let answer = (_: typeof learned) => {};
    const late = new Promise<typeof learned>((resolve) => {
      answer = resolve;
    });
    const clients: readonly Client[] = [
      { name: 'a', train: async () => learned },
      { name: 'b', train: () => late },
      { name: 'c', train: () => Promise.reject(new Error('no power')) },
      { name: 'd', train: async () => ({ ...learned, samples: 0 }) },
    ];
    const server = federation();
    const failed: string[] = [];
    const counts: number[] = [];
    await serve(server, () => clients, {
      rounds: 1,
      deadline: 50,
      ended: (_, counted) => void counts.push(counted),
      failed: (name, failure) => void failed.push(`${name}: ${failure}`),
    });
    answer({ ...learned, samples: 100 });
    await late;
    expect(counts).toEqual([1]);
    expect(failed).toEqual(['c: Error: no power', expect.stringMatching(/^d: DataError: .*0 samples/)]);
    expect(server.weights).toEqual(learned.weights);
  });

  test('asks for those that are there in every round', async () => {
    const asked: string[] = [];
    const clientOf = (name: string): Client => ({
      name,
      train: async ({ round }) => {
        asked.push(`${name} in ${round}`);
        return undefined;
      },
    });
    const there = [[clientOf('a')], [], [clientOf('b'), clientOf('c')]];
    await serve(federation(), async () => there.shift() ?? [], { rounds: 3 });
    expect(asked).toEqual(['a in 1', 'b in 3', 'c in 3']);
    await serve(federation(), () => [], { rounds: 0 });
    for (const deadline of [0, 2 ** 31])
      await expect(serve(federation(), () => [], { rounds: 1, deadline })).rejects.toThrow(OptionError);
  });
});

describe('a message', () => {
  test.each([
    { round: 3, weights },
    { round: 0, weights: update('a', 1, [0.1, -0], 3).weights, samples: 12 },
    { round: 1, weights: { w: { shape: [0], data: new Float64Array() } }, samples: 1 },
  ])('is the same on the other side', async (message) => {
    const got = await decodeMessage(await encodeMessage(message));
    expect(got).toEqual({ samples: undefined, ...message, weights: got.weights });
    for (const [path, { shape, data }] of Object.entries(message.weights))
      expect(got.weights[path]).toMatchObject({ shape, data });
  });

  test('with a weight of the name __proto__ is refused as an update', async () => {
    const bytes = await encodeMessage({
      round: 1,
      samples: 1,
      weights: { ...weights, aaaaaaaaa: weights.b },
    });
    const text = Buffer.from(bytes).toString('latin1').replace('aaaaaaaaa', '__proto__');
    const { samples = 0, ...got } = await decodeMessage(Buffer.from(text, 'latin1'));
    const server = federation();
    server.begin(['a']);
    expect(() => server.offer({ client: 'a', samples, ...got })).toThrow('__proto__');
  });

  test('is refused where it is none', async () => {
    await expect(encodeMessage({ round: -1, weights })).rejects.toThrow(OptionError);
    await expect(decodeMessage(new Uint8Array(40))).rejects.toThrow(CheckpointError);
    const bytes = await encodeMessage({ round: 12345, weights });
    await expect(decodeMessage(bytes.subarray(0, -1))).rejects.toThrow(CheckpointError);
    for (const [from, to] of [
      ['"round"', '"ruond"'],
      ['"12345"', '"1.2e3"'],
      ['"12345"', '"-1234"'],
    ]) {
      const text = Buffer.from(bytes)
        .toString('latin1')
        .replace(from ?? '', to ?? '');
      await expect(decodeMessage(Buffer.from(text, 'latin1'))).rejects.toThrow(DataError);
    }
  });
});

describe('with privacy', () => {
  test('differences are clipped, noise is added, and the mean is over those that were expected', () => {
    const noise = [0.5, -1, 2];
    let drawn = 0;
    const normal = () => noise[drawn++ % 3] ?? 0;
    const server = federation({ privacy: { clip: 5, noise: 0.1, normal } });
    server.begin(['a', 'b', 'c', 'd']);
    server.offer(update('a', 100, [7, 10], 0)); // (6, 8, 0), of length 10
    server.offer(update('b', 1, [1, 2], 3)); // (0, 0, 3)
    expect(server.end()).toBe(2);
    const got = [...(server.weights['w']?.data ?? []), ...(server.weights['b']?.data ?? [])];
    expect(got).toEqual([1 + (3 + 0.25) / 4, 2 + (4 - 0.5) / 4, (3 + 1) / 4].map(Math.fround));
    expect(server.epsilon(1e-5)).toBe(epsilonOf({ rate: 1, noise: 0.1, steps: 1 }, 1e-5));
    expect(federation().epsilon(1e-5)).toBe(Infinity);
  });

  test('nobody can foretell who takes part, unless the seed is given', () => {
    const clients = Array.from({ length: 64 }, (_, i) => `client ${i}`);
    const chosen = (options: { readonly privacy?: PrivacyOptions; readonly seed?: number }) =>
      new Federation({
        weights: { w: { shape: [1], data: new Float32Array(1) } },
        share: 0.5,
        ...options,
      }).begin(clients);
    const privacy = { clip: 1, noise: 1 };
    expect(chosen({ privacy })).not.toEqual(chosen({ privacy })); // equal once in 2^64
    expect(chosen({ privacy, seed: 7 })).toEqual(chosen({ seed: 7 }));
    expect(chosen({})).toEqual(chosen({ seed: 0 }));
  });

  test('noise of the system has the variance that it should have', () => {
    const many = { w: { shape: [20_000], data: new Float64Array(20_000) } };
    const server = new Federation({ weights: many, privacy: { clip: 2, noise: 3 } });
    server.begin(['a']);
    server.offer({ round: 1, client: 'a', samples: 1, weights: many });
    server.end();
    const squares = Array.from(server.weights['w']?.data ?? []).reduce((sum, x) => sum + x * x, 0);
    expect(squares / 20_000 / 36).toBeCloseTo(1, 1);
  });
});

describe('100 clients with data of their own, of which 30% drop out', () => {
  test('have the weighted mean of those that came', async () => {
    const names = Array.from({ length: 100 }, (_, i) => `client ${i}`);
    const draw = RandomStream.of(1, 'drop-out');
    const came = names.map(() => draw.uniform() >= 0.3);
    expect(came.filter((x) => x).length).toBeGreaterThan(60);
    expect(came.filter((x) => x).length).toBeLessThan(80);
    const samples = (i: number) => 1 + ((7 * i) % 31);
    const learned = (i: number) => (i * i) % 97;
    const server = new Federation({ weights: { w: { shape: [], data: Float64Array.of(3) } } });
    const clients = names.map(
      (name, i): Client => ({
        name,
        train: async () =>
          came[i] === true
            ? { samples: samples(i), weights: { w: { shape: [], data: Float64Array.of(learned(i)) } } }
            : undefined,
      }),
    );
    await serve(server, () => clients, { rounds: 1 });
    let [sum, count] = [0, 0];
    came.forEach((here, i) => {
      if (here) [sum, count] = [sum + samples(i) * learned(i), count + samples(i)];
    });
    expect(server.weights['w']?.data[0]).toBeCloseTo(sum / count, 11);
  });

  test('learn together what none has seen alone, and count as many as came', async () => {
    const model = (seed = 0) =>
      Model.create({
        network: sequential(dense(8), tanh(), dense(1)),
        input: [1],
        loss: meanSquaredError(),
        optimizer: sgd({ learningRate: 0.1 }),
        backend: 'cpu',
        seed,
      });
    const worker = await model();
    const dropOut = RandomStream.of(3, 'drop-out');
    let learned = 0;
    const clients = Array.from({ length: 100 }, (_, i): Client => {
      const x = [[i / 50 - 1], [i / 50 - 0.99]];
      const y = x.map(([at = 0]) => [1 + Math.sin(2 * at)]);
      return {
        name: String(i),
        async train({ weights }) {
          if (dropOut.uniform() < 0.3) return undefined;
          learned++;
          await worker.load(weights);
          await worker.fit(x, y, { epochs: 4, progress: false });
          return { samples: 2, weights: await worker.weights() };
        },
      };
    });
    const server = new Federation({ weights: await (await model(2)).weights(), share: 0.5 });
    const counts: number[] = [];
    await simulate(server, clients, { rounds: 12, ended: (_, counted) => void counts.push(counted) });
    expect(counts.reduce((a, b) => a + b, 0)).toBe(learned);
    const all = Array.from({ length: 41 }, (_, i) => [i / 20 - 1]);
    const target = all.map(([at = 0]) => [1 + Math.sin(2 * at)]);
    const before = await (await model(2)).evaluate(all, target);
    await worker.load(server.weights);
    const after = await worker.evaluate(all, target);
    expect(after['loss']).toBeLessThan((before['loss'] ?? 0) / 30);
  });
});

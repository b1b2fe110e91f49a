import {
  BACKEND,
  builtins,
  cpu,
  createContainer,
  createModel,
  DATA_SOURCE,
  type DataSource,
  fitFrom,
  fork,
  loadModel,
  MODEL_BUILDER,
  type ModelBuilder,
  type ModelSpec,
  PROGRESS,
  type ProgressReporter,
  plugin,
  REDUCER,
  SpecBuilder,
  simulatedRanks,
  UnknownNameError,
} from 'pullback';
import { describe, expect, test } from 'vitest';

const spec: ModelSpec = {
  input: [2],
  layers: [
    { type: 'dense', units: 3, activation: 'tanh' },
    { type: 'dropout', rate: 0.2 },
    { type: 'residual', layers: [{ type: 'dense', units: 3 }] },
    { type: 'regularized', layer: { type: 'dense', units: 1 }, l2: 1e-3, parameters: ['kernel'] },
  ],
  loss: 'meanSquaredError',
  optimizer: { type: 'adam', learningRate: 0.01 },
  dtype: 'float64',
};
const x = [
  [0, 1],
  [1, 0],
];
const y = [[1], [-1]];

class Spying implements ProgressReporter {
  epochs = 0;
  batch() {}
  epoch() {
    this.epochs++;
  }
}
class Tables implements DataSource {
  open(name: string) {
    if (name === 'memory') return { training: { x, y }, validation: [x, y] as const };
    if (name === 'stream') return { training: { [Symbol.iterator]: () => [{ x, y }].values() } };
    throw new UnknownNameError('table', name, ['memory', 'stream']);
  }
}

describe('services are asked for by createModel and fitFrom', () => {
  const container = createContainer(
    builtins,
    plugin(({ service }) => {
      service(PROGRESS, Spying);
      service(DATA_SOURCE, Tables);
    }),
  );

  test('the progress reporter, and the data in memory or as a stream', async () => {
    const model = await createModel(container, spec);
    const [first] = await fitFrom(container, model, 'memory', { epochs: 2 });
    await fitFrom(container, model, 'stream');
    expect(first).toHaveProperty('validation loss');
    expect(container.get(PROGRESS)).toMatchObject({ epochs: 3 });
    await expect(fitFrom(container, model, 'strem')).rejects.toThrow(/Did you mean 'stream'/);
    await expect(fitFrom(createContainer(builtins), model, 'memory')).rejects.toThrow(/DATA_SOURCE/);
  });

  test('the backend of specs that name none', async () => {
    const own = cpu();
    const tenant = fork(container);
    tenant.bind(BACKEND).toConstantValue(own);
    expect((await createModel(tenant, spec)).backend).toBe(own);
    expect((await createModel(tenant, { ...spec, backend: 'cpu' })).backend).not.toBe(own);
    expect((await createModel(container, spec)).backend).not.toBe(own);
  });

  test('the reducer, by which several models train together', async () => {
    const weights = await Promise.all(
      simulatedRanks(2).map(async (reducer) => {
        const tenant = fork(container);
        tenant.bind(REDUCER).toConstantValue(reducer);
        const model = await createModel(tenant, {
          ...spec,
          layers: [{ type: 'dense', units: 1 }],
          seed: reducer.rank,
        });
        await fitFrom(tenant, model, 'memory', { epochs: 2 });
        return model.weights();
      }),
    );
    expect(weights[1]).toEqual(weights[0]);
  });

  test('the builder: another may change specs before they are built', async () => {
    const tenant = fork(container);
    class Seeded implements ModelBuilder {
      build(given: ModelSpec) {
        return new SpecBuilder(tenant).build({ ...given, seed: 99 });
      }
    }
    tenant.bind(MODEL_BUILDER).to(Seeded);
    expect((await createModel(tenant, spec)).spec()).toEqual({ ...spec, seed: 99 });
    expect((await createModel(container, spec)).spec()).toEqual(spec);
  });
});

describe('a model made from a spec is saved with it', () => {
  const container = createContainer(builtins);
  const saved = async () => {
    const model = await createModel(container, spec);
    await model.fit(x, y, { epochs: 3, progress: false });
    const parts: Uint8Array[] = [];
    await model.save(
      new WritableStream<Uint8Array>({ write: (part) => void parts.push(new Uint8Array(part)) }),
    );
    return { model, bytes: Buffer.concat(parts) };
  };

  test('and comes back from the file alone, to go on bit for bit', async () => {
    const { model, bytes } = await saved();
    const loaded = await loadModel(container, bytes);
    expect(loaded.spec()).toEqual(spec);
    for (const each of [model, loaded]) await each.fit(x, y, { epochs: 2, progress: false });
    expect(await loaded.weights()).toEqual(await model.weights());
  });

  test('a container that lacks a name says so', async () => {
    const { bytes } = await saved();
    await expect(loadModel(createContainer(), bytes)).rejects.toThrow(UnknownNameError);
  });
});

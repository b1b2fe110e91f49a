import {
  backendOf,
  builtins,
  compile,
  createContainer,
  createModel,
  dense,
  Model,
  matmul,
  meanSquaredError,
  sequential,
  sgd,
  whyChosen,
  whyNoBackend,
} from 'pullback';
import { afterEach, describe, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});

/** An adapter without a device behind it. */
const adapterWith = (info: Partial<GPUAdapterInfo>, device?: unknown) => ({
  info: { vendor: '', architecture: '', device: '', description: '', isFallbackAdapter: false, ...info },
  limits: {
    maxStorageBuffersPerShaderStage: 10,
    maxStorageBufferBindingSize: 2 ** 27,
    maxBufferSize: 2 ** 28,
  },
  requestDevice: async () => {
    if (device === undefined) throw new Error('no device');
    return device;
  },
});
const device = {
  limits: { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 },
  lost: new Promise(() => undefined),
  addEventListener: () => undefined,
};
const stub = (adapter: unknown) =>
  vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => adapter } });

test('auto takes wasm where there is no WebGPU, no adapter, one that runs on the CPU, or one without a device', async () => {
  expect((await backendOf('auto')).name).toBe('wasm');
  for (const adapter of [
    null,
    adapterWith({ isFallbackAdapter: true }, device),
    adapterWith({ vendor: 'google', architecture: 'swiftshader' }, device),
    adapterWith({ description: 'llvmpipe (LLVM 15.0.6, 256 bits)' }, device),
    adapterWith({ vendor: 'nvidia' }),
  ]) {
    stub(adapter);
    expect((await backendOf('auto')).name).toBe('wasm');
  }
});

test('auto takes webgpu on a GPU, but not for float64', async () => {
  stub(adapterWith({ vendor: 'nvidia', architecture: 'ampere' }, device));
  expect((await backendOf('auto')).name).toBe('webgpu');
  expect((await backendOf('auto', { dtype: 'float64' })).name).toBe('wasm');
  const options = {
    network: sequential(dense(1)),
    input: [2],
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    dtype: 'float64',
  } as const;
  expect((await Model.create(options)).backend.name).toBe('wasm');
  const model = await createModel(createContainer(builtins), {
    input: [2],
    layers: [{ type: 'dense', units: 1 }],
    loss: 'meanSquaredError',
    optimizer: { type: 'sgd', learningRate: 0.1 },
    dtype: 'float64',
  });
  expect(model.backend.name).toBe('wasm');
});

test('webgpu by name says what is missing', async () => {
  stub(null);
  await expect(backendOf('webgpu')).rejects.toThrow(/WebGPU without an adapter[\s\S]*'wasm' and 'cpu'/);
});

describe('native code', () => {
  const long = { operations: () => 1e7 };
  const wide = {
    input: [1000],
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
  } as const;

  test('is taken where a compiler and koffi are, for a step of 10^7 operations and no fewer', async () => {
    const missing = await whyNoBackend('native');
    const backend = await backendOf('auto', long);
    expect(backend.name).toBe(missing === undefined ? 'native' : 'wasm');
    expect(whyChosen(backend)).toContain(missing ?? 'long enough');
    const short = await backendOf('auto', { operations: () => 1e7 - 1 });
    expect(short.name).toBe('wasm');
    expect(whyChosen(short)).toMatch(/not native, since a step of some 1e\+7 operations is too short/);
  });

  test('is not taken without a compiler on the PATH, and explain says so', async () => {
    vi.resetModules();
    vi.stubEnv('PATH', '/nowhere');
    vi.stubEnv('CC', '');
    const fresh = await import('../src/index.ts');
    const model = await fresh.Model.create({
      input: [1000],
      network: fresh.sequential(fresh.dense(1000)),
      loss: fresh.meanSquaredError(),
      optimizer: fresh.sgd({ learningRate: 0.1 }),
    });
    expect(model.backend.name).toBe('wasm');
    expect(await model.explain({ x: { shape: [1, 1000], data: new Float32Array(1000) } })).toMatch(
      /^wasm by 'auto': not native, since there is no (C compiler: .*cc|koffi)/,
    );
    model.dispose();
  });

  test('nothing is asked of a page, which can compile no C', async () => {
    vi.stubGlobal('document', {});
    const operations = vi.fn(() => 1e9);
    const backend = await backendOf('auto', { operations });
    expect(whyChosen(backend)).toMatch(/a page can compile no C/);
    expect(operations).not.toHaveBeenCalled();
  });

  test('a model has 6 operations a sample for each weight, on 32 samples; a Program as many as it is', async () => {
    const isThere = (await whyNoBackend('native')) === undefined;
    // 32 * 6 * 1000 n operations in products
    const [short, long] = await Promise.all(
      [50, 60].map((units) => Model.create({ ...wide, network: sequential(dense(units)) })),
    );
    expect([short?.backend.name, long?.backend.name]).toEqual(['wasm', isThere ? 'native' : 'wasm']);
    if (isThere)
      expect(await long?.explain({ x: { shape: [1, 1000], data: new Float32Array(1000) } })).toMatch(
        /^native by 'auto': a step is long enough[\s\S]*compiled by/,
      );
    await short?.to('auto');
    expect(short?.backend.name).toBe('wasm');
    short?.dispose();
    long?.dispose();
    const [x, y] = [new Float32Array(4).fill(1), new Float32Array(4).fill(2)];
    const run = await compile((a, b) => [matmul(a, b)], {
      inputs: [
        [2, 2],
        [2, 2],
      ],
    });
    expect((await run({ shape: [2, 2], data: x }, { shape: [2, 2], data: y }))[0]?.data[0]).toBe(4);
  });

  test('a network that cannot be built says so itself, whatever the backend', async () => {
    const bad = {
      ...wide,
      network: sequential(dense(3), {
        name: 'bad',
        forward: () => {
          throw new Error('mine');
        },
      }),
    };
    await expect(Model.create(bad)).rejects.toThrow('mine');
    await expect(
      createModel(createContainer(builtins), {
        input: [4],
        layers: [
          { type: 'dense', units: 2 },
          { type: 'dropout', rate: 0.5 },
          { type: 'maxPool', size: 2 },
        ],
        loss: 'meanSquaredError',
        optimizer: { type: 'sgd', learningRate: 0.1 },
      }),
    ).rejects.not.toThrow(/backend/);
  });
});

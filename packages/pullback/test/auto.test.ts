import {
  backendOf,
  builtins,
  createContainer,
  createModel,
  dense,
  Model,
  meanSquaredError,
  sequential,
  sgd,
} from 'pullback';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => vi.unstubAllGlobals());

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

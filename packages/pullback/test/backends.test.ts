import { dense, Model, meanSquaredError, sequential, sgd } from 'pullback';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

// What is found out about a machine is kept: every test gets the module anew.
const fresh = async () => {
  vi.resetModules();
  return import('../src/backends.ts');
};

// As Chromium says it; a policy forbids to compile, but not to validate.
const policy =
  "WebAssembly.Module(): Compiling or instantiating WebAssembly module violates the following Content Security policy directive because 'unsafe-eval' is not an allowed source of script";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("where a page's policy forbids WebAssembly", () => {
  let compiled = 0;
  beforeEach(() => {
    compiled = 0;
    vi.stubGlobal('WebAssembly', {
      ...Object.fromEntries(
        ['Memory', 'Instance', 'validate'].map((name) => [name, Reflect.get(WebAssembly, name)]),
      ),
      Module: class {
        constructor() {
          compiled++;
          throw new WebAssembly.CompileError(policy);
        }
      },
      CompileError: WebAssembly.CompileError,
    });
  });

  test('auto is cpu, and one warning names the directive', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { backendOf } = await fresh();
    for (let i = 0; i < 3; i++) expect((await backendOf('auto')).name).toBe('cpu');
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toMatch(/cpu[\s\S]*Content-Security-Policy[\s\S]*'wasm-unsafe-eval'/);
  });

  test('it is tried once', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { backendOf, whyNoBackend } = await fresh();
    for (let i = 0; i < 3; i++) await backendOf('auto');
    await whyNoBackend('wasm');
    expect(compiled).toBe(1);
  });

  test("the backend 'wasm' is refused with an error that names the directive and what else there is", async () => {
    const { backendOf, whyNoBackend } = await fresh();
    await expect(backendOf('wasm')).rejects.toThrow(/'wasm-unsafe-eval'[\s\S]*'cpu'/);
    expect(await whyNoBackend('wasm')).toMatch(/wasm-unsafe-eval/);
    expect(await whyNoBackend('cpu')).toBeUndefined();
  });
});

test('without WebAssembly, and without its SIMD, auto is cpu and says nothing', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  vi.stubGlobal('WebAssembly', undefined);
  const without = await fresh();
  expect((await without.backendOf('auto')).name).toBe('cpu');
  await expect(without.backendOf('wasm')).rejects.toThrow(/there is no WebAssembly/);
  vi.stubGlobal('WebAssembly', { validate: () => false });
  const old = await fresh();
  expect((await old.backendOf('auto')).name).toBe('cpu');
  await expect(old.backendOf('wasm')).rejects.toThrow(/no SIMD/);
  expect(warn).not.toHaveBeenCalled();
});

test('where WebAssembly may be compiled nothing is missing, and a model can be made on it', async () => {
  const { whyNoBackend } = await fresh();
  expect(await whyNoBackend('wasm')).toBeUndefined();
  const model = await Model.create({
    network: sequential(dense(1)),
    input: [1],
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: 'wasm',
  });
  expect(model.backend.name).toBe('wasm');
  model.dispose();
});

test('a page that did not come by a secure way is told so', async () => {
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('process', undefined);
  vi.stubGlobal('isSecureContext', false);
  const { whyNoBackend } = await fresh();
  expect(await whyNoBackend('webgpu')).toMatch(/https/);
});

import { CpuBackend } from '@pullback/backend-cpu';
import { WasmBackend } from '@pullback/backend-wasm';
import { describe, expect, test } from 'vitest';
import fixture from './fixtures/node-cases.json' with { type: 'json' };
import { gradientsOf, runCase } from './node-cases/case.ts';

// A case of each operator that is read, of `onnx.backend.test.case.node`; all of them are run by .ci/onnx.sh.
const cases = fixture.cases.map((each) => ({
  ...each,
  bytes: Uint8Array.from(atob(each.model), (letter) => letter.charCodeAt(0)),
}));

describe.each(cases)('$operator: $name', (each) => {
  test('is what onnx says on cpu and on wasm', async () => {
    expect((await runCase(each.bytes, each, new CpuBackend())).why).toBe('');
    expect((await runCase(each.bytes, each, new WasmBackend())).why).toMatch(/^$|on the host$/);
  });
  test('has the gradients of central differences', async () => {
    expect(await gradientsOf(each.bytes, each)).toMatch(/^(right|none|rounded)$/);
  });
});

import { constant, matmul, trace, wasm } from 'pullback';
import { expect, test } from 'vitest';

test('the page is not cross-origin isolated', () => {
  expect(crossOriginIsolated).toBe(false);
});

test('threads that are asked for are one, and it says why', async () => {
  const backend = wasm({ threads: 2 });
  expect(backend.pool).toBeUndefined();
  const product = matmul(constant([[1, 2]]), constant([[3], [4]]));
  expect(await backend.explain(trace([], [product]))).toMatch(/1 thread, not 2: .*cross-origin isolated/);
  backend.dispose();
});

import { beforeAll, describe, expect, test, vi } from 'vitest';
import * as core from '../src/index.ts';

const x = core.placeholder({ shape: [2, 2], dtype: 'float32' }, 'x');
const w = core.constant([
  [1, 2],
  [3, 4],
]);

const same: core.Primitive<readonly [core.Value], Readonly<Record<string, never>>, core.Value> = {
  kind: 'identity',
  name: 'same',
  infer: ([a]) => a,
  evaluate: ([a], [b]) => b.data.set(a.data),
};

// A second instance of the modules, as a second version deeper in node_modules is one; its file is another there.
let other: typeof core;
let y: core.Value;
beforeAll(async () => {
  vi.resetModules();
  vi.doMock('../src/graph/copy.ts', async (original) => ({
    ...(await original<object>()),
    thisCopy: { description: '@pullback/core 9.9.9 (file:///elsewhere/core.js)' },
  }));
  other = await import('../src/index.ts');
  y = other.placeholder({ shape: [2, 2], dtype: 'float32' }, 'y');
});

describe('a Value of another copy of the package is refused, and both are named', () => {
  const uses: Record<string, () => unknown> = {
    'by a function of one': () => core.exp(y),
    'by a function of two, on either side': () => core.add(x, y),
    'beside a number': () => core.mul(2, y),
    'by a product': () => core.matmul(w, y),
    'by a reduction': () => core.sum(y, { axis: 0 }),
    'by what moves': () => core.transpose(y),
    'among many': () => core.concatenate([x, y]),
    'by a choice': () => core.select(core.less(x, 0), x, y),
    'by a composite': () => core.softmax(y),
    'by a node of one’s own': () => core.defineNode('own', { forward: (a: core.Value) => core.exp(a) })(y),
    'by an activation': () => core.relu(y),
    'by an activation of one’s own': () => core.defineActivation('own', (a) => core.exp(a))(y),
    'by a primitive': () => core.applyPrimitive(same, [y], {}),
    'as what is differentiated': () => core.gradient(other.sum(y), [x]),
    'as where': () => core.gradient(core.sum(x), [y]),
    'as what is traced': () => core.trace([x], [other.exp(y)]),
    'as an input that is traced': () => core.trace([y], [core.exp(x)]),
    'as what is evaluated': () => core.evaluate(other.exp(other.constant([1]))),
  };
  test.each(Object.keys(uses))('%s', (name) => {
    const use = uses[name] ?? (() => undefined);
    expect(use).toThrow(core.TwoCopiesError);
    expect(use).toThrow(
      /@pullback\/core from source \(file:.*copy\.ts\), got a Value of @pullback\/core 9\.9\.9 \(file:\/\/\/elsewhere\/core\.js\)[\s\S]*npm ls @pullback\/core/,
    );
  });
});

test('what is no Value at all is said to be none, with its place', () => {
  const given: unknown[] = [undefined, null, 3, 'x', { shape: [2] }, [1, 2]];
  for (const wrong of given)
    expect(() => core.exp(wrong as core.Value)).toThrow(
      /expected a Value, got .* as input 0 of 'exp'[\s\S]*constant\(x\)/,
    );
  for (const wrong of given.filter((each) => !Array.isArray(each)))
    expect(() => core.evaluate(wrong as core.Value)).toThrow(/expected a Value, got .*[\s\S]*constant\(x\)/);
  expect(() => core.gradient(core.sum(x), [undefined as unknown as core.Value])).toThrow(
    /place 0 of a gradient/,
  );
});

test('each copy by itself goes on as before', () => {
  expect(x instanceof core.Value).toBe(true);
  expect(y instanceof other.Value).toBe(true);
  for (const nothing of [undefined, null, 3, 'x', {}, []]) expect(nothing instanceof core.Value).toBe(false);
  expect([...core.evaluate(core.exp(core.constant([0]))).data]).toEqual([1]);
  expect([...other.evaluate(other.exp(other.constant([0]))).data]).toEqual([1]);
});

test('the same file twice is said to be that', async () => {
  vi.doUnmock('../src/graph/copy.ts');
  vi.resetModules();
  const again = await import('../src/index.ts');
  expect(() => core.exp(again.constant([1]))).toThrow(/loaded twice/);
});

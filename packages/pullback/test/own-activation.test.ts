// An activation of one expression has everything that a built-in one has.
import { conformNode, report } from '@pullback/testing';
import {
  builtins,
  compile,
  constant,
  cpu,
  createContainer,
  createModel,
  defineActivation,
  dense,
  evaluate,
  gradient,
  halfSquaredError,
  jacobian,
  listBound,
  loadModel,
  Model,
  mul,
  plugin,
  sequential,
  sgd,
  sigmoid,
  silu,
  sum,
  type Value,
  vmap,
  wasm,
} from 'pullback';
import { expect, test } from 'vitest';

const own = defineActivation('own', (x) => mul(x, sigmoid(x)));
const at = constant([[-3, -0.5, 0, 2]], { dtype: 'float64' });
const numbers = (value: Value | undefined) => (value === undefined ? [] : Array.from(evaluate(value).data));
const close = (a: Value | undefined, b: Value | undefined) => {
  const [got, wanted] = [numbers(a), numbers(b)];
  expect(got.length).toBe(wanted.length);
  got.forEach((x, i) => {
    expect(x).toBeCloseTo(wanted[i] ?? Number.NaN, 12);
  });
};

test('the same values, first and second derivatives, Jacobian and batches as the built-in one of that formula', () => {
  close(own(at), silu(at));
  const slope = (f: typeof own) => gradient(sum(f(at)), [at])[0] ?? at;
  close(slope(own), slope(silu));
  close(gradient(sum(slope(own)), [at])[0], gradient(sum(slope(silu)), [at])[0]);
  const [J, K] = [jacobian((x: Value) => own(x))(at), jacobian((x: Value) => silu(x))(at)];
  close([J].flat()[0], [K].flat()[0]);
  const [a, b] = [vmap((x: Value) => own(x))(at), vmap((x: Value) => silu(x))(at)];
  close([a].flat()[0], [b].flat()[0]);
});

test('the whole examination, on both backends', async () => {
  const cases = conformNode(own, {
    properties: { elementwise: true },
    backends: [cpu(), wasm()],
    ulps: 4,
  });
  expect(await report(cases, () => {})).toEqual([]);
});

test('a layer with its name in paths, summaries and inspections, in float32 and float64, compiled', async () => {
  const model = await Model.create({
    network: sequential(dense(3), own(), dense(1), own({ name: 'last' })),
    input: [2],
    loss: halfSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
  });
  expect(model.summary()).toMatch(/network\/1 +own[\s\S]+network\/last +own/);
  const seen = await model.inspect({ x: [[1, 2]], target: [[0]] });
  expect(seen.gradient('network/1').shape).toEqual([1, 3]);
  const before = await model.evaluate([[1, 2]], [[0]]);
  await model.fit([[1, 2]], [[0]], { epochs: 20, progress: false });
  await model.to('cpu', { dtype: 'float64' });
  expect((await model.evaluate([[1, 2]], [[0]]))['loss']).toBeLessThan(before['loss'] ?? 0);
  const run = await compile((x) => own(x), { inputs: [[2]], backend: 'wasm' });
  expect((await run([0, 1]))[0]?.data[1]).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
});

test('a name in specs, on its own and inside dense, saved and loaded', async () => {
  const container = createContainer(
    builtins,
    plugin(({ activation }) => activation('own', own, { doc: 'x sigmoid(x)' })),
  );
  expect(listBound(container)).toContain("activation own (the plugin of activation 'own'): x sigmoid(x)");
  const layers: unknown = [{ type: 'dense', units: 3, activation: 'own' }, 'own'];
  const spec = {
    input: [2],
    layers: layers as readonly ['identity'],
    loss: 'halfSquaredError',
    optimizer: { type: 'sgd', learningRate: 0.1 },
  } as const;
  const model = await createModel(container, spec);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  await model.save(
    new WritableStream<Uint8Array>({ write: (part) => void parts.push(new Uint8Array(part)) }),
  );
  const loaded = await loadModel(container, new Uint8Array(await new Blob(parts).arrayBuffer()));
  expect(loaded.spec()).toEqual(spec);
  expect(await loaded.predict([[1, 2]])).toEqual(await model.predict([[1, 2]]));
});

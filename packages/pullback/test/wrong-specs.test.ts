// Plugins whose specs do not say what they make: each must be caught by the kit's round trip.
import {
  type Case,
  conformLayer,
  conformLoss,
  conformNode,
  conformOptimizer,
  type Names,
} from '@pullback/testing';
import {
  adam,
  builtins,
  createContainer,
  createModel,
  dense,
  halfSquaredError,
  type ModelSpec,
  type Plugin,
  plugin,
  sigmoid,
  tanh,
  type Value,
} from 'pullback';
import { expect, test } from 'vitest';

const namesOf = (own: Plugin): Names => {
  const container = createContainer(builtins, own);
  return { createModel: (spec: ModelSpec) => createModel(container, spec) };
};

/** The findings of the cases that are about specs. */
async function findings(cases: readonly Case[]): Promise<string[]> {
  const found: string[] = [];
  for (const { name, run } of cases.filter((each) => each.name.includes('its spec gives')))
    try {
      await run();
    } catch (error) {
      found.push(`${name}\n${error instanceof Error ? error.message : error}`);
    }
  return found;
}

const dense3 = () => dense(3, { bias: false });
const spec = { type: 'wide', units: 3, bias: false };

test('a right one is passed', async () => {
  const names = namesOf(
    plugin(({ layer }) =>
      layer('wide', ({ units, ...options }: { units: number; bias?: boolean }) => dense(units, options)),
    ),
  );
  expect(await findings(conformLayer(dense3, { spec, names }))).toEqual([]);
});
test('an option that the factory forgets', async () => {
  const names = namesOf(plugin(({ layer }) => layer('wide', ({ units }: { units: number }) => dense(units))));
  const [found] = await findings(conformLayer(dense3, { spec, names }));
  expect(found).toMatch(/expected kernel, as without the spec, got kernel, bias/);
});
test('an option that the factory reads wrongly', async () => {
  const names = namesOf(
    plugin(({ layer }) =>
      layer('wide', ({ units }: { units: number }) => dense(units, { bias: false, activation: tanh })),
    ),
  );
  const [found] = await findings(conformLayer(dense3, { spec, names }));
  expect(found).toMatch(/the prediction of a model made from the spec/);
});
test('inner options that the factory changes', async () => {
  const names = namesOf(
    plugin(({ layer }) =>
      layer('wide', ({ sizes }: { sizes: number[] }) => dense(sizes.pop() ?? 1, { bias: false })),
    ),
  );
  const [found] = await findings(conformLayer(dense3, { spec: { type: 'wide', sizes: [3] }, names }));
  expect(found).toMatch(/the data after a model was made from it/);
});
test('a layer that is not the same the second time', async () => {
  let made = 0;
  const names = namesOf(
    plugin(({ layer }) =>
      layer('wide', () => dense(3, { bias: false, ...(made++ > 0 && { activation: tanh }) })),
    ),
  );
  const [found] = await findings(conformLayer(dense3, { spec: 'wide', names }));
  expect(found).toMatch(/the prediction of a model made from that model's spec/);
});
test('another function under the name of an activation', async () => {
  const names = namesOf(plugin(({ activation }) => activation('mine', tanh)));
  const [found] = await findings(
    conformNode((x: Value) => sigmoid(x), { name: 'mine', spec: 'mine', names }),
  );
  expect(found).toMatch(/the prediction of a model made from the spec/);
});
test('a loss that forgets its reduction', async () => {
  const names = namesOf(plugin(({ loss }) => loss('mine', () => halfSquaredError({ reduction: 'sum' }))));
  const cases = conformLoss((options) => halfSquaredError(options), {
    spec: (options) => ({ type: 'mine', ...options }),
    names,
  });
  const [found, more] = await findings(cases);
  expect(found).toMatch(/, mean: its spec.*\n?.*the loss of a model made from the spec/s);
  expect(more).toBeUndefined();
});
test('an optimizer that forgets a rate', async () => {
  const names = namesOf(
    plugin(({ optimizer }) =>
      optimizer('mine', ({ learningRate }: { learningRate: number }) => adam({ learningRate })),
    ),
  );
  const cases = conformOptimizer((options) => adam({ ...options, beta1: 0.5 }), {
    spec: (options) => ({ type: 'mine', ...options, beta1: 0.5 }),
    names,
  });
  const [found] = await findings(cases);
  expect(found).toMatch(/'network\/0\/kernel' after three steps of a model made from the spec/);
});
test('a model that tells another spec', async () => {
  const inner = namesOf(plugin(({ layer }) => layer('wide', () => dense3())));
  const names: Names = {
    createModel: async (given) => {
      const model = await inner.createModel(given);
      return {
        spec: () => ({ ...given, seed: 7 }),
        graph: (...args) => model.graph(...args),
        step: (batch) => model.step(batch),
        weights: () => model.weights(),
      };
    },
  };
  const [found] = await findings(conformLayer(dense3, { spec: 'wide', names }));
  expect(found).toMatch(/the spec of a model/);
});

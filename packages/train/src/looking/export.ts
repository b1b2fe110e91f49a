import { allocateArray, type Exported, sizeOf, UnsupportedError } from '@pullback/core';
import type { Definition } from '../definition/definition.ts';
import type { ProgramWriter } from '../model-options.ts';
import { planOf } from '../programs/step-program.ts';
import type { Engine } from '../running/engine.ts';
import type { Shaped } from '../samples/batch.ts';
import { specsOf } from '../samples/samples.ts';

/**
 * The prediction or, for samples with targets, the training step as code that needs no framework, for batches of the size of `samples`. Inputs
 * are called as the model's (`x` where it has one), targets `y`, outputs `prediction` and `loss`, with `/NAME` where there are several; weights,
 * slots and state keep their paths.
 * @param writer of other code than the backend's.
 * @throws UnsupportedError where the backend cannot write code.
 */
export async function exportModel(engine: Engine, batch: Shaped, writer?: ProgramWriter): Promise<Exported> {
  const { definition, store } = engine;
  const samples = engine.shaped(batch);
  const { backend } = store;
  const write = writer ?? backend.export?.bind(backend);
  if (write === undefined)
    throw new UnsupportedError({
      got: `export from the backend '${backend.name}'`,
      expected: "one that writes code, such as 'wasm'",
      hint: "await model.to('wasm') moves the model there; model.export(batch, { language: 'c' }) needs no move.",
    });
  const kind = samples.targets.length > 0 ? 'training' : 'prediction';
  const plan = planOf(kind, definition, specsOf(samples));
  const publicName = namesFor(definition);
  const inputs = await Promise.all(
    plan.inputs.map(async (name, i) => {
      const known = publicName.get(name);
      if (known !== undefined) return { name: known };
      const { dtype, shape } = plan.program.inputs[i] ?? { dtype: 'float32', shape: [] };
      const held = store.buffer(name) !== undefined;
      return { name, data: held ? await store.read(name) : allocateArray(dtype, sizeOf(shape)) };
    }),
  );
  return write(plan.program, {
    inputs,
    outputs: plan.outputs.map((name) => publicName.get(name) ?? name),
  });
}

/** The names that users know of a batch's inputs and outputs. */
function namesFor({ inputs, heads }: Definition): ReadonlyMap<string, string> {
  const names = Object.keys(inputs);
  const one = (list: readonly unknown[]) => list.length === 1;
  return new Map([
    ...names.map((name, i): [string, string] => [`x/${i}`, one(names) ? 'x' : `x/${name}`]),
    ...heads.flatMap(({ name }, i): [string, string][] => [
      [`target/${i}`, one(heads) ? 'y' : `y/${name}`],
      [`prediction/${i}`, one(heads) ? 'prediction' : `prediction/${name}`],
    ]),
    ['sampleWeights', 'sampleWeights'],
  ]);
}

import { CheckpointError, OptionError } from '@pullback/core';
import { sequential } from '@pullback/layers';
import { type AnySpec, type ModelSpec, resolve } from '@pullback/plugin';
import { type CheckpointSource, restored } from '@pullback/train';
import type { Container } from 'inversify';
import { Model } from './model.ts';

/**
 * A model from data: every name is resolved through the container, once, before anything is computed. `model.spec()` gives the
 * same data back.
 * @throws UnknownNameError with the nearest match, OptionError for options that do not fit; both with the place in the spec.
 */
export async function createModel(container: Container, spec: ModelSpec): Promise<Model> {
  const { layers, loss, optimizer, backend = 'auto', ...rest } = spec;
  if (!Array.isArray(layers) || layers.length === 0)
    throw new OptionError({ got: 'no layers', expected: 'an array of at least one layer', at: 'layers' });
  const specs: readonly AnySpec[] = layers;
  const network = sequential(...specs.map((layer, i) => resolve(container, 'layer', layer, `layers[${i}]`)));
  const model = await Model.create({
    ...rest,
    network,
    loss: resolve(container, 'loss', loss, 'loss'),
    optimizer: resolve(container, 'optimizer', optimizer, 'optimizer'),
    backend: await resolve(container, 'backend', backend, 'backend'),
  });
  return model.remember(spec);
}

/**
 * The model of a file that a model made by `createModel` was saved to: the spec stands in the file, its names are resolved through the
 * container. Training goes on as if it had never stopped.
 * @throws CheckpointError for a file that is damaged or holds no spec, and what `createModel` throws.
 */
export async function loadModel(container: Container, source: CheckpointSource): Promise<Model> {
  return restored(source, async ({ seed, dtype }, { spec }) => {
    if (spec === undefined)
      throw new CheckpointError({
        got: 'a checkpoint without a spec',
        expected: 'one of a model that createModel made',
        hint: 'Model.load(file, { network, loss, ... }) is for models made from objects.',
      });
    const model = await createModel(container, { ...parsed(spec), seed, dtype });
    return model.remember(parsed(spec));
  });
}

/** Checked by `createModel`, as any spec that was typed in by hand. */
function parsed(spec: string): ModelSpec {
  try {
    return JSON.parse(spec);
  } catch {
    throw new CheckpointError({ got: 'a spec that is no JSON', expected: 'JSON', at: 'the checkpoint' });
  }
}

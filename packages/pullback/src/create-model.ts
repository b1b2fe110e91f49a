import { OptionError } from '@pullback/core';
import { sequential } from '@pullback/layers';
import { type AnySpec, type ModelSpec, resolve } from '@pullback/plugin';
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

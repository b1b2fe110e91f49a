import {
  CheckpointError,
  checkOptions,
  type Field,
  field,
  OptionError,
  UnsupportedError,
} from '@pullback/core';
import { sequential } from '@pullback/layers';
import { type AnySpec, type BackendSpec, expectContainer, type ModelSpec, resolve } from '@pullback/plugin';
import {
  type ByteSource,
  definitionOf,
  type EpochRecord,
  isStream,
  modelFields,
  restored,
  stepOperations,
} from '@pullback/train';
import type { Container } from 'inversify';
import { Model } from './model.ts';
import {
  BACKEND,
  DATA_SOURCE,
  type FitFromOptions,
  MODEL_BUILDER,
  type ModelBuilder,
  PROGRESS,
  REDUCER,
} from './services.ts';

/**
 * A model from data: every name is resolved through the container, once, before anything is computed. `model.spec()` gives the
 * same data back. The container's MODEL_BUILDER makes it, where one is bound.
 * @throws UnknownNameError with the nearest match, OptionError for options that do not fit; both with the place in the spec.
 */
export async function createModel(container: Container, spec: ModelSpec): Promise<Model> {
  expectContainer(container);
  return container.isBound(MODEL_BUILDER)
    ? container.get(MODEL_BUILDER).build(spec)
    : new SpecBuilder(container).build(spec);
}

const thing = field.anything<AnySpec>('a spec');
const { input, dtype, layout, seed } = modelFields;

/** The fields of a spec; the things in it are examined where they are made. */
const specFields = {
  input,
  layers: field.needed(field.list(thing, { from: 1, words: 'an array of at least one layer' })),
  loss: field.needed(thing),
  optimizer: field.needed(thing),
  backend: thing,
  seed,
  dtype,
  layout,
} satisfies Record<keyof ModelSpec, Field>;

/** The builder that is used where none is bound; one of one's own may start from it. */
export class SpecBuilder implements ModelBuilder {
  readonly #container: Container;

  constructor(container: Container) {
    this.#container = container;
  }

  async build(spec: ModelSpec): Promise<Model> {
    const container = this.#container;
    checkOptions('createModel', spec, specFields);
    refuseCode(spec);
    const { layers, loss, optimizer, backend, ...rest } = spec;
    const specs: readonly AnySpec[] = layers;
    const network = sequential(
      ...specs.map((layer, i) => resolve(container, 'layer', layer, `layers[${i}]`)),
    );
    const parts = {
      ...rest,
      network,
      loss: resolve(container, 'loss', loss, 'loss'),
      optimizer: resolve(container, 'optimizer', optimizer, 'optimizer'),
    };
    const operations = () => stepOperations(definitionOf(parts));
    const model = await Model.create({
      ...parts,
      backend:
        backend === undefined && container.isBound(BACKEND)
          ? container.get(BACKEND)
          : await resolve(container, 'backend', chosenBy(spec, operations), 'backend'),
      ...(container.isBound(REDUCER) && { reducer: container.get(REDUCER) }),
      ...(container.isBound(PROGRESS) && { progress: container.get(PROGRESS) }),
    });
    return model.remember(spec, (metric) => resolve(container, 'metric', metric, 'metrics'));
  }
}

/** @throws OptionError for a function within a spec: it is no data. */
function refuseCode(spec: ModelSpec): void {
  const seen = new Set<unknown>();
  const open: [place: string, part: unknown][] = [['', spec]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [place, part] = next;
    if (typeof part === 'function')
      throw new OptionError({
        got: `a function at '${place}' of a spec`,
        expected: "data: a name, or an object with 'type'",
        hint: 'Model.create takes layers, losses and the like themselves.',
      });
    if (typeof part !== 'object' || part === null || seen.has(part)) continue;
    seen.add(part);
    for (const [key, each] of Object.entries(part))
      open.push([Array.isArray(part) ? `${place}[${key}]` : place === '' ? key : `${place}.${key}`, each]);
  }
}

/** The backend of a spec; `auto` has to know how much will be computed, and in what. */
function chosenBy({ backend = 'auto', dtype }: ModelSpec, operations: () => number): BackendSpec {
  return backend === 'auto' ? { type: 'auto', ...(dtype && { dtype }), operations } : backend;
}

/**
 * Trains a model on the data that the container's DATA_SOURCE has under a name.
 * @throws UnsupportedError when no source is bound, and what the source and `fit` throw.
 */
export async function fitFrom(
  container: Container,
  model: Model,
  name: string,
  options: FitFromOptions = {},
): Promise<EpochRecord[]> {
  expectContainer(container);
  if (!container.isBound(DATA_SOURCE))
    throw new UnsupportedError({
      got: `the data '${name}' without a source of data`,
      expected: 'a DATA_SOURCE in the container',
      hint: 'A plugin binds one: service(DATA_SOURCE, MyData).',
    });
  const { training, validation } = await container.get(DATA_SOURCE).open(name);
  const all = { ...options, ...(validation && { validationData: validation }) };
  return isStream(training) ? model.fit(training, all) : model.fit(training.x, training.y, all);
}

/**
 * The model of a file that a model made by `createModel` was saved to: the spec stands in the file, its names are resolved through the
 * container. Training goes on as if it had never stopped.
 * @throws CheckpointError for a file that is damaged or holds no spec, and what `createModel` throws.
 */
export async function loadModel(container: Container, source: ByteSource): Promise<Model> {
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

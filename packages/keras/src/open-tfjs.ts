import {
  CheckpointError,
  checkOptions,
  type FieldsOf,
  field,
  type Layer,
  UnsupportedError,
  type Value,
} from '@pullback/core';
import { type ByteSource, beside, readerOf, type Shards, type TensorFile } from '@pullback/safetensors';
import type { NameMap, Predictions } from '@pullback/train';
import { isRecord, record, text } from './json.ts';
import { networkOf } from './network.ts';
import { manifestFile } from './weights-manifest.ts';

export interface TfjsOptions {
  /** Gives the files that the manifest names; they are beside model.json when left out, where that is a path. */
  readonly shards?: Shards;
}

const tfjsFields = {
  shards: field.callable<Shards>('a function of the name of a file'),
} satisfies FieldsOf<TfjsOptions>;

/** A model that was opened: what `Model.create` takes, and what `transferWeights` does. */
export interface OpenedModel {
  readonly network: Layer<readonly Value[], Predictions>;
  /** The shape of one sample of each input by name; null where the model takes any. */
  readonly inputs: Readonly<Record<string, readonly (number | null)[]>>;
  /** The weights, read when they are wanted. */
  readonly weights: TensorFile;
  /** Where each goes to, for a model whose network this is: `{ names }` of `transferWeights`. */
  readonly names: NameMap;
  /** The same for a network with this one at another path, such as `network/0`. */
  namesAt(path: string): NameMap;
}

/** The longest model.json that is read. */
const longest = 2 ** 28;

/**
 * A layers model of TensorFlow.js: `model.json` with the shards that it names. Source: tfjs-core `io/types.ts`, tfjs-layers `models.ts`.
 * @throws UnsupportedError for a graph model, or with all layers that have no counterpart here; CheckpointError for a damaged file.
 */
export async function openTfjs(source: ByteSource, options: TfjsOptions = {}): Promise<OpenedModel> {
  const { shards = beside(source) } = checkOptions('openTfjs', options, tfjsFields);
  const file = record(await jsonOf(source), 'model.json');
  const topology = record(file['modelTopology'], 'modelTopology');
  if (file['format'] === 'graph-model' || 'node' in topology)
    throw new UnsupportedError({
      got: 'a graph model',
      expected: 'a layers model',
      hint: 'Graph models hold ops of TensorFlow. The model that it was converted from, as ONNX, is read by @pullback/onnx.',
    });
  const config = isRecord(topology['model_config']) ? topology['model_config'] : topology;
  const { layer, inputs, names } = networkOf(
    text(config['class_name'], 'the class of the model'),
    config['config'],
  );
  const weights = manifestFile(file['weightsManifest'], shards);
  return { network: layer, inputs, weights, names: names('network'), namesAt: names };
}

async function jsonOf(source: ByteSource): Promise<unknown> {
  const reader = await readerOf(source);
  try {
    if ((reader.size ?? 0) > longest) throw noJson(`${reader.size} bytes`);
    return JSON.parse(new TextDecoder().decode(await reader.rest(0)));
  } catch (failure) {
    if (failure instanceof SyntaxError) throw noJson('text that is no JSON');
    throw failure;
  } finally {
    await reader.close();
  }
}

function noJson(got: string): CheckpointError {
  return new CheckpointError({ got, expected: 'model.json of TensorFlow.js', at: 'the model file' });
}

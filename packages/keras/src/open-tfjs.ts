import { CheckpointError, checkOptions, type FieldsOf, field, type Layer, type Value } from '@pullback/core';
import { type ByteSource, beside, readerOf, type Shards, type TensorFile } from '@pullback/safetensors';
import type { NameMap, Predictions } from '@pullback/train';
import { graphNetworkOf } from './graph/graph-model.ts';
import { isRecord, type Json, record, text } from './json.ts';
import { type Network, networkOf } from './network.ts';
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
 * A model of TensorFlow.js, of layers or a graph of ops: `model.json` with the shards that it names. Source: tfjs-core `io/types.ts`, tfjs-layers
 * `models.ts`, tfjs-converter `graph_model.ts`.
 * @throws UnsupportedError with all layers, or ops, that have no counterpart here; CheckpointError for a damaged file.
 */
export async function openTfjs(source: ByteSource, options: TfjsOptions = {}): Promise<OpenedModel> {
  const { shards = beside(source) } = checkOptions('openTfjs', options, tfjsFields);
  const file = record(await jsonOf(source), 'model.json');
  const topology = record(file['modelTopology'], 'modelTopology');
  const weights = manifestFile(file['weightsManifest'], shards);
  const { layer, inputs, names } =
    'node' in topology ? await graphNetworkOf(file, topology, weights) : layersOf(topology);
  return { network: layer, inputs, weights, names: names('network'), namesAt: names };
}

function layersOf(topology: Json): Network {
  const config = isRecord(topology['model_config']) ? topology['model_config'] : topology;
  return networkOf(text(config['class_name'], 'the class of the model'), config['config']);
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

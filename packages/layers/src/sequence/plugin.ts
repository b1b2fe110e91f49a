import type { Layer, Value } from '@pullback/core';
import type { ActivationSpec, InitializerSpec, LayerSpec, PluginBinder } from '@pullback/plugin';
import { type BidirectionalOptions, bidirectional, bidirectionalFields } from './bidirectional.ts';
import { type EmbeddingOptions, embedding, embeddingFields } from './embedding.ts';
import { type FeedForwardOptions, feedForward, feedForwardFields } from './feed-forward.ts';
import {
  type MultiHeadAttentionOptions,
  multiHeadAttention,
  multiHeadAttentionFields,
} from './multi-head-attention.ts';
import {
  learnedPositions,
  type PositionsOptions,
  positionsFields,
  sinusoidalFields,
  sinusoidalPositions,
} from './positions.ts';
import { type RecurrentOptions, recurrentFields } from './recurrence.ts';
import {
  gru,
  type LstmOptions,
  lstm,
  lstmFields,
  type SimpleRnnOptions,
  simpleRnn,
  simpleRnnFields,
} from './recurrent.ts';
import {
  type LanguageModelOptions,
  languageModel,
  languageModelFields,
  type TransformerOptions,
  transformerBlock,
  transformerBlockFields,
} from './transformer.ts';

/** Options as data: initializers and activations are specs of their own. */
type AsData<O> = Omit<O, 'kernelInitializer' | 'recurrentInitializer' | 'initializer' | 'activation'> &
  ('recurrentInitializer' extends keyof O ? { readonly recurrentInitializer?: InitializerSpec } : object) &
  ('kernelInitializer' extends keyof O ? { readonly kernelInitializer?: InitializerSpec } : object) &
  ('initializer' extends keyof O ? { readonly initializer?: InitializerSpec } : object) &
  ('activation' extends keyof O ? { readonly activation?: ActivationSpec } : object);

interface Heads {
  readonly heads: number;
}

interface Length {
  readonly length: number;
}

interface Units {
  readonly units: number;
}

interface Both {
  readonly fromStart: Layer<readonly Value[]>;
  readonly fromEnd: Layer<readonly Value[]>;
}

interface Table {
  readonly vocabulary: number;
  readonly width: number;
}

declare module '@pullback/plugin' {
  interface LayerSpecs {
    embedding: Table & AsData<EmbeddingOptions>;
    learnedPositions: Length & AsData<PositionsOptions>;
    sinusoidalPositions: Length & { readonly name?: string };
    multiHeadAttention: Heads & AsData<MultiHeadAttentionOptions>;
    feedForward: { readonly units: number } & AsData<FeedForwardOptions>;
    transformerBlock: Heads & AsData<TransformerOptions>;
    languageModel: AsData<LanguageModelOptions>;
    simpleRnn: Units & AsData<SimpleRnnOptions>;
    lstm: Units & AsData<LstmOptions>;
    gru: Units & AsData<RecurrentOptions>;
    bidirectional: BidirectionalOptions & { readonly fromStart: LayerSpec; readonly fromEnd: LayerSpec };
  }
}

/** The layers of sequences, by name. */
export function bindSequenceLayers(layer: PluginBinder['layer']): void {
  layer(
    'embedding',
    ({ vocabulary, width, ...options }: Table & EmbeddingOptions) => embedding(vocabulary, width, options),
    { doc: 'a row of a learned table for each whole number', options: embeddingFields },
  );
  layer(
    'learnedPositions',
    ({ length, ...options }: Length & PositionsOptions) => learnedPositions(length, options),
    { doc: 'x plus a learned row for each place', options: positionsFields },
  );
  layer(
    'sinusoidalPositions',
    ({ length, ...options }: Length & { name?: string }) => sinusoidalPositions(length, options),
    { doc: 'x plus sines and cosines of each place', options: sinusoidalFields },
  );
  layer(
    'multiHeadAttention',
    ({ heads, ...options }: Heads & MultiHeadAttentionOptions) => multiHeadAttention(heads, options),
    { doc: 'softmax(q k^T / sqrt d) v in several heads', options: multiHeadAttentionFields },
  );
  layer(
    'feedForward',
    ({ units, ...options }: FeedForwardOptions & { units: number }) => feedForward(units, options),
    { doc: 'a(x W + b) U + c at each place', options: feedForwardFields },
  );
  layer(
    'transformerBlock',
    ({ heads, ...options }: Heads & TransformerOptions) => transformerBlock(heads, options),
    { doc: 'attention and a feed-forward part, each added to its input', options: transformerBlockFields },
  );
  layer('languageModel', languageModel, {
    doc: 'a causal transformer: scores of the token that comes next',
    options: languageModelFields,
  });
  layer('simpleRnn', ({ units, ...options }: Units & SimpleRnnOptions) => simpleRnn(units, options), {
    doc: "h' = a(x W + b + h U) at each place",
    options: simpleRnnFields,
  });
  layer('lstm', ({ units, ...options }: Units & LstmOptions) => lstm(units, options), {
    doc: 'long short-term memory: gates for what is kept, taken in and shown',
    options: lstmFields,
  });
  layer('gru', ({ units, ...options }: Units & RecurrentOptions) => gru(units, options), {
    doc: 'gated recurrent units',
    options: recurrentFields,
  });
  layer(
    'bidirectional',
    ({ fromStart, fromEnd, ...options }: Both & BidirectionalOptions) =>
      bidirectional(fromStart, fromEnd, options),
    { doc: 'two layers, one from each end of a sequence', options: bidirectionalFields },
  );
}

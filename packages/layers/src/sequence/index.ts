export { type AttentionOptions, attention } from './attention.ts';
export { type BidirectionalOptions, bidirectional } from './bidirectional.ts';
export { type Embedding, type EmbeddingOptions, embedding } from './embedding.ts';
export { type FeedForwardOptions, feedForward } from './feed-forward.ts';
export { type MultiHeadAttentionOptions, multiHeadAttention } from './multi-head-attention.ts';
export {
  learnedPositions,
  type PositionsOptions,
  type RotaryOptions,
  sinusoidalPositions,
} from './positions.ts';
export type { Recurred, RecurrentLayer, RecurrentOptions } from './recurrence.ts';
export {
  gru,
  type LstmOptions,
  lstm,
  type SimpleRnnOptions,
  simpleRnn,
} from './recurrent.ts';
export {
  type LanguageModelOptions,
  languageModel,
  segmentMask,
  type TransformerOptions,
  transformerBlock,
} from './transformer.ts';

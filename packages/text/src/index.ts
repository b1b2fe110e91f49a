export { type Packed, type PaddedOptions, packed, paddedBatches } from './batches.ts';
export { type Decodes, type GenerateOptions, generate, generateText } from './generate.ts';
export { readTokenizer } from './read-tokenizer.ts';
export { type SamplingOptions, sampler } from './sampling.ts';
export { byteTokenizer, characterTokenizer, type Tokenizer } from './tokenizer.ts';
export { type SequenceBatch, type WindowsOptions, windows } from './windows.ts';

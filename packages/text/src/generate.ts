import { checkOptions, DataError, type FieldsOf, field } from '@pullback/core';
import type { Decoder as TrainDecoder } from '@pullback/train';
import { type SamplingOptions, sampler, samplingFields } from './sampling.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface GenerateOptions extends SamplingOptions {
  /** How many tokens there are at most; without end when left out. */
  readonly most?: number;
  /** Tokens after which there are no more; they are told too. */
  readonly stop?: readonly number[];
  /** Ends it between two tokens; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export const generateFields = {
  ...samplingFields,
  most: field.whole({ from: 0 }),
  stop: field.list(field.whole({ from: 0 })),
  signal: field.anything<AbortSignal>('an AbortSignal'),
} satisfies FieldsOf<GenerateOptions>;

/** The decoder of a model, as far as it is used. */
type Decoder = Pick<TrainDecoder, 'capacity' | 'position' | 'next' | 'reset' | 'dispose'>;

/** A model of one sequence of tokens that predicts place by place. */
export interface Decodes {
  decoder(): Decoder;
}

/** Prompts are taken so many places at a time, so that there are two Programs whatever their lengths. */
const chunk = 16;

/**
 * Tokens that a model of `languageModel`'s kind goes on with after a prompt, as they are drawn. Each takes one run of one place: keys and
 * values of those before are kept. Where the context is full, it goes on from the later half of it.
 * @throws DataError for an empty prompt or a token outside of the vocabulary, OptionError for wrong options.
 */
export async function* generate(
  model: Decodes,
  prompt: ArrayLike<number>,
  options: GenerateOptions = {},
): AsyncGenerator<number, void, undefined> {
  const {
    most = Infinity,
    stop = [],
    signal,
    ...sampling
  } = checkOptions('generate', options, generateFields);
  const draw = sampler(sampling);
  if (prompt.length === 0)
    throw new DataError({ got: 'an empty prompt', expected: 'at least one token to go on from' });
  const decoder = model.decoder();
  try {
    const text = Array.from(prompt);
    const known = text.length <= decoder.capacity ? text : text.slice(-room(decoder));
    let scores = await taken(decoder, known);
    for (let count = 0; count < most; count++) {
      signal?.throwIfAborted();
      const token = draw(scores);
      text.push(token);
      yield token;
      if (stop.includes(token) || count + 1 >= most) return;
      if (decoder.position < decoder.capacity) scores = (await decoder.next([[token]])).data;
      else {
        decoder.reset();
        scores = await taken(decoder, text.slice(-room(decoder)));
      }
    }
  } finally {
    decoder.dispose();
  }
}

/** How many tokens it begins anew from: half of what fits, one at least. */
function room({ capacity }: Decoder): number {
  return Math.max(1, Math.floor(capacity / 2));
}

/** The scores after the last of some tokens. */
async function taken(decoder: Decoder, tokens: readonly number[]): Promise<ArrayLike<number>> {
  let scores: ArrayLike<number> = [];
  for (let at = 0; at < tokens.length; ) {
    const count = tokens.length - at >= chunk ? chunk : 1;
    scores = (await decoder.next([tokens.slice(at, at + count)])).data;
    at += count;
  }
  return scores;
}

/** The same as text, in pieces that may be empty where a character is not whole yet. @throws as generate. */
export async function* generateText(
  model: Decodes,
  tokenizer: Tokenizer,
  prompt: string,
  options: GenerateOptions = {},
): AsyncGenerator<string, void, undefined> {
  const waiting: number[] = [];
  for await (const token of generate(model, tokenizer.encode(prompt), options)) {
    waiting.push(token);
    const text = tokenizer.decode(waiting);
    if (text.endsWith('\ufffd') && waiting.length < 4) continue;
    waiting.length = 0;
    yield text;
  }
  if (waiting.length > 0) yield tokenizer.decode(waiting);
}

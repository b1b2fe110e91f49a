import { DataError, UnsupportedError } from '@pullback/core';
import { refuseOutside, type Tokenizer } from './tokenizer.ts';

/**
 * The tokenizer that a `tokenizer.json` of Hugging Face describes, such as byte pairs, with what stands in its `tokenizer_config.json`. It is
 * that of the package `@huggingface/tokenizers`, which has to be installed beside this one.
 * @throws UnsupportedError without that package, DataError for a description that it does not read.
 */
export async function readTokenizer(description: object | string, config: object = {}): Promise<Tokenizer> {
  const { Tokenizer: Made } = await import('@huggingface/tokenizers').catch((cause: unknown) => {
    throw new UnsupportedError({
      got: `no package '@huggingface/tokenizers' (${cause instanceof Error ? cause.message : String(cause)})`,
      expected: 'it beside @pullback/text',
      hint: 'npm install @huggingface/tokenizers',
    });
  });
  const made = ofDescription(() => new Made(parsed(description), config));
  const vocabulary = 1 + Math.max(-1, ...made.get_vocab().values());
  return {
    vocabulary,
    encode: (text) => Int32Array.from(made.encode(text, { add_special_tokens: false }).ids),
    decode: (tokens) => {
      refuseOutside(tokens, vocabulary);
      return made.decode(Array.from(tokens));
    },
  };
}

function parsed(description: object | string): object {
  const made: unknown = typeof description === 'string' ? JSON.parse(description) : description;
  if (typeof made !== 'object' || made === null) throw new Error('no object');
  return made;
}

function ofDescription<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new DataError({
      got: `a tokenizer that cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      expected: 'what stands in a tokenizer.json',
    });
  }
}

import { DataError, OptionError } from '@pullback/core';

/** Text as whole numbers from 0 up to below `vocabulary`, and back. */
export interface Tokenizer {
  readonly vocabulary: number;
  encode(text: string): Int32Array;
  decode(tokens: ArrayLike<number>): string;
}

/** The bytes of UTF-8: any text, and a vocabulary of 256. Bytes that are no text are read as U+FFFD. */
export function byteTokenizer(): Tokenizer {
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];
  return {
    vocabulary: 256,
    encode: (text) => Int32Array.from(encoder.encode(text)),
    decode: (tokens) => {
      refuseOutside(tokens, 256);
      return decoder.decode(Uint8Array.from(tokens));
    },
  };
}

/** The characters of `alphabet`, each once and in the order of their code points. @throws OptionError for none. */
export function characterTokenizer(alphabet: string): Tokenizer & { readonly characters: readonly string[] } {
  const characters = [...new Set(alphabet)].sort((a, b) => (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0));
  if (characters.length === 0)
    throw new OptionError({ got: 'an empty text', expected: 'the characters that there may be' });
  const places = new Map(characters.map((character, i) => [character, i]));
  return {
    vocabulary: characters.length,
    characters,
    encode: (text) =>
      Int32Array.from([...text], (character, i) => {
        const place = places.get(character);
        if (place === undefined)
          throw new DataError({
            got: `the character ${JSON.stringify(character)} at ${i}`,
            expected: `one of ${characters.length}: ${JSON.stringify(characters.join('')).slice(0, 120)}`,
            hint: 'byteTokenizer() takes any text.',
          });
        return place;
      }),
    decode: (tokens) => {
      refuseOutside(tokens, characters.length);
      return Array.from(tokens, (token) => characters[token]).join('');
    },
  };
}

/** @throws DataError for a token that is no whole number below `vocabulary`. */
export function refuseOutside(tokens: ArrayLike<number>, vocabulary: number): void {
  const wrong = Array.from(tokens).findIndex(
    (token) => !(Number.isInteger(token) && token >= 0 && token < vocabulary),
  );
  if (wrong >= 0)
    throw new DataError({
      got: `the token ${tokens[wrong]} at ${wrong}`,
      expected: `whole numbers from 0 to ${vocabulary - 1}`,
    });
}

import { readFile } from 'node:fs/promises';
import { readTokenizer } from '@pullback/text';

const [start, end] = [101, 102]; // [CLS] and [SEP]

interface Encoded {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Tokens and their mask, each [n, length]: start, the words that fit, end, zeros. */
export async function encoder(folder: string, length: number) {
  const tokenizer = await readTokenizer(await readFile(`${folder}tokenizer.json`, 'utf8'));
  return (sentences: readonly string[]): { readonly tokens: Encoded; readonly mask: Encoded } => {
    const shape = [sentences.length, length];
    const [tokens, mask] = [
      new Float32Array(sentences.length * length),
      new Float32Array(sentences.length * length),
    ];
    sentences.forEach((sentence, i) => {
      const row = [start, ...tokenizer.encode(sentence).slice(0, length - 2), end];
      tokens.set(row, i * length);
      mask.fill(1, i * length, i * length + row.length);
    });
    return { tokens: { shape, data: tokens }, mask: { shape, data: mask } };
  };
}

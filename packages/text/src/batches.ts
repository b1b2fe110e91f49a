import { checkOptions, DataError, type FieldsOf, field, RandomStream, type Tensor } from '@pullback/core';
import type { SequenceBatch } from './windows.ts';

/** A label that counts nothing, as `sequenceCrossEntropy` and `perplexity` take it. */
const uncounted = -1;

export interface PaddedOptions {
  readonly batchSize: number;
  /** The lengths that batches may have, such as [16, 64, 256]: one Program for each. */
  readonly lengths: readonly number[];
  /** The token that fills up; 0 when left out. */
  readonly padding?: number;
  /** Whether each going through has an order of its own; true when left out. */
  readonly shuffle?: boolean;
  readonly seed?: number;
}

const positive = field.whole({ from: 1 });

export const paddedFields = {
  batchSize: field.needed(positive),
  lengths: field.needed(field.list(positive, { from: 1 })),
  padding: field.whole({ from: 0 }),
  shuffle: field.flag(),
  seed: field.whole(),
} satisfies FieldsOf<PaddedOptions>;

type Sequences = readonly ArrayLike<number>[];

/**
 * Batches of sequences of many lengths, each filled up to the least of `lengths` that holds it; the target of a place is the token after it, and
 * -1, which counts nothing, after the last. Batches have one size: rows that are missing are padding alone.
 * @throws DataError for no sequences, an empty or a longer one, OptionError for wrong options.
 */
export function paddedBatches(sequences: Sequences, options: PaddedOptions): Iterable<SequenceBatch> {
  const {
    batchSize,
    padding = 0,
    shuffle = true,
    seed = 0,
    ...given
  } = checkOptions('paddedBatches', options, paddedFields);
  const lengths = [...given.lengths].sort((a, b) => a - b);
  refuseOthers(sequences, lengths.at(-1) ?? 0);
  const groups = lengths.map((length, i) => {
    const shorter = lengths[i - 1] ?? 0;
    const own = sequences.filter((one) => places(one) > shorter && places(one) <= length);
    return { length, own: i === 0 ? sequences.filter((one) => places(one) <= length) : own };
  });
  const random = RandomStream.of(seed, 'padded');
  return {
    *[Symbol.iterator]() {
      const made = groups.flatMap(({ length, own }) => {
        const order = shuffle ? Array.from(random.permutation(own.length), (i) => own[i] ?? []) : own;
        return Array.from({ length: Math.ceil(own.length / batchSize) }, (_, i) => ({
          length,
          rows: order.slice(i * batchSize, (i + 1) * batchSize),
        }));
      });
      const order = shuffle ? Array.from(random.permutation(made.length)) : made.map((_, i) => i);
      for (const i of order) {
        const { length = 0, rows = [] } = made[i] ?? {};
        const rowsOfTexts = rows.map((row) => [row]);
        const { x, y } = filled(rowsOfTexts, length, batchSize, padding);
        yield { x, y };
      }
    },
  };
}

/** Sequences in rows of one length. */
export interface Packed extends SequenceBatch {
  /** Which sequence of its row a token belongs to, from 1; 0 for padding: the second input of `languageModel`. */
  readonly segments: Tensor;
}

/**
 * Sequences packed into as few rows of `length` as the next that fits leaves, the longest first: one shape for all lengths. Targets as in
 * `paddedBatches`; `segments` keeps a sequence from seeing another.
 * @throws DataError for no sequences, an empty or a longer one.
 */
export function packed(sequences: Sequences, length: number, padding = 0): Packed {
  refuseOthers(sequences, length);
  const rows: { left: number; readonly texts: ArrayLike<number>[] }[] = [];
  for (const text of [...sequences].sort((a, b) => places(b) - places(a))) {
    const row = rows.find(({ left }) => left >= places(text)) ?? { left: length, texts: [] };
    if (row.texts.length === 0) rows.push(row);
    row.texts.push(text);
    row.left -= places(text);
  }
  return filled(
    rows.map(({ texts }) => texts),
    length,
    rows.length,
    padding,
  );
}

/** How many places a sequence takes: its last token is a target alone. */
function places(sequence: ArrayLike<number>): number {
  return Math.max(0, sequence.length - 1);
}

function filled(rows: readonly Sequences[], length: number, count: number, padding: number): Packed {
  const made = (fill: number): Tensor => ({
    shape: [count, length],
    dtype: 'int32',
    data: new Int32Array(count * length).fill(fill),
  });
  const [x, y, segments] = [made(padding), made(uncounted), made(0)];
  rows.forEach((texts, row) => {
    let at = row * length;
    texts.forEach((text, segment) => {
      for (let i = 0; i < places(text); i++, at++) {
        x.data[at] = text[i] ?? padding;
        y.data[at] = text[i + 1] ?? uncounted;
        segments.data[at] = segment + 1;
      }
    });
  });
  return { x, y, segments };
}

function refuseOthers(sequences: Sequences, longest: number): void {
  if (sequences.length === 0) throw new DataError({ got: 'no sequences', expected: 'at least one' });
  const wrong = sequences.findIndex((sequence) => sequence.length < 2 || places(sequence) > longest);
  if (wrong >= 0)
    throw new DataError({
      got: `${sequences[wrong]?.length} tokens in sequence ${wrong}`,
      expected: `2 to ${longest + 1}: up to ${longest} places, and a token after each`,
    });
}

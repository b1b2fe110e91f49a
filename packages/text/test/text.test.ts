import { DataError, OptionError } from '@pullback/core';
import {
  byteTokenizer,
  characterTokenizer,
  packed,
  paddedBatches,
  readTokenizer,
  sampler,
  windows,
} from '@pullback/text';
import { describe, expect, test } from 'vitest';

const numbers = (data: ArrayLike<number>) => Array.from(data);

describe('tokenizers', () => {
  test('bytes are those of UTF-8, whatever the text', () => {
    const { encode, decode } = byteTokenizer();
    expect(numbers(encode('aé€'))).toEqual([0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac]);
    for (const text of ['', 'Call me Ishmael.', 'naïve 日本語 🐋']) expect(decode(encode(text))).toBe(text);
    expect(decode([0xc3])).toBe('\ufffd');
    expect(() => decode([256])).toThrow(DataError);
  });

  test('characters are numbered by their code points; others are refused by their place', () => {
    const made = characterTokenizer('hello 🐋');
    expect(made.characters).toEqual([' ', 'e', 'h', 'l', 'o', '🐋']);
    expect(numbers(made.encode('🐋 he'))).toEqual([5, 0, 2, 1]);
    expect(made.decode(made.encode('hello'))).toBe('hello');
    expect(() => made.encode('help')).toThrow(/"p" at 3/);
    expect(() => made.decode([6])).toThrow(/token 6 at 0/);
    expect(() => characterTokenizer('')).toThrow(OptionError);
  });

  test('byte pairs of a tokenizer.json, by hand', async () => {
    const vocab = { a: 0, b: 1, c: 2, ab: 3, abc: 4 };
    const model = { type: 'BPE', vocab, merges: ['a b', 'ab c'], unk_token: null };
    const made = await readTokenizer(
      JSON.stringify({
        model,
        added_tokens: [],
        normalizer: null,
        pre_tokenizer: null,
        post_processor: null,
        decoder: { type: 'Fuse' },
      }),
    );
    expect(made.vocabulary).toBe(5);
    expect(numbers(made.encode('abcabac'))).toEqual([4, 3, 0, 2]);
    expect(made.decode([4, 3, 0, 2]).replaceAll(' ', '')).toBe('abcabac');
    await expect(readTokenizer('{')).rejects.toThrow(/tokenizer.json/);
    await expect(readTokenizer({})).rejects.toThrow(DataError);
  });
});

describe('windows', () => {
  const text = Array.from({ length: 23 }, (_, i) => i);

  test('targets are one place later, and each window comes once', () => {
    const made = windows(text, { length: 4, batchSize: 2, seed: 1 });
    const orders = [1, 2].map(() => {
      const starts: number[] = [];
      for (const { x, y } of made) {
        expect(x.shape).toEqual([2, 4]);
        expect(numbers(y.data)).toEqual(numbers(x.data).map((token) => token + 1));
        starts.push(x.data[0] ?? -1, x.data[4] ?? -1);
      }
      return starts;
    });
    // Five windows: of two batches one is left out, another in each order.
    expect(orders.map((order) => new Set(order).size)).toEqual([4, 4]);
    expect(orders[0]).not.toEqual(orders[1]);
    expect([...windows(text, { length: 4, batchSize: 2, seed: 1 })].length).toBe(2);
  });

  test('strides overlap; the last token is a target', () => {
    const [batch] = windows(text, { length: 4, batchSize: 10, stride: 2, shuffle: false });
    expect(numbers(batch?.x.data ?? []).filter((_, i) => i % 4 === 0)).toEqual([
      0, 2, 4, 6, 8, 10, 12, 14, 16, 18,
    ]);
    expect(numbers(batch?.y.data ?? []).at(-1)).toBe(22);
  });

  test('a text that is empty or too short is refused', () => {
    expect(() => windows([], { length: 4, batchSize: 1 })).toThrow(/an empty text/);
    expect(() => windows([1, 2, 3, 4], { length: 4, batchSize: 1 })).toThrow(/at least 5/);
    expect([...windows([1, 2, 3, 4, 5], { length: 4, batchSize: 1 })].length).toBe(1);
    expect(() => windows(text, { length: 0, batchSize: 1 })).toThrow(OptionError);
  });
});

describe('sequences of many lengths', () => {
  const sequences = [
    [1, 2, 3],
    [4, 5],
    [6, 7, 8, 9, 10],
    [11, 12, 13],
  ];

  test('are filled up to few lengths; what is padding counts nothing', () => {
    const made = [...paddedBatches(sequences, { batchSize: 2, lengths: [4, 2], shuffle: false })];
    expect(made.map(({ x, y }) => [x.shape, numbers(x.data), numbers(y.data)])).toEqual([
      [
        [2, 2],
        [1, 2, 4, 0],
        [2, 3, 5, -1],
      ],
      [
        [2, 2],
        [11, 12, 0, 0],
        [12, 13, -1, -1],
      ],
      [
        [2, 4],
        [6, 7, 8, 9, 0, 0, 0, 0],
        [7, 8, 9, 10, -1, -1, -1, -1],
      ],
    ]);
    expect(() => paddedBatches([[1]], { batchSize: 1, lengths: [4] })).toThrow(/1 tokens in sequence 0/);
    expect(() => paddedBatches([[1, 2, 3, 4]], { batchSize: 1, lengths: [2] })).toThrow(/2 to 3/);
    expect(() => paddedBatches([], { batchSize: 1, lengths: [2] })).toThrow(DataError);
  });

  test('are packed into rows, each with a number of its own', () => {
    const { x, y, segments } = packed(sequences, 5, 99);
    expect(x.shape).toEqual([2, 5]);
    expect(numbers(x.data)).toEqual([6, 7, 8, 9, 4, 1, 2, 11, 12, 99]);
    expect(numbers(y.data)).toEqual([7, 8, 9, 10, 5, 2, 3, 12, 13, -1]);
    expect(numbers(segments.data)).toEqual([1, 1, 1, 1, 2, 1, 1, 2, 2, 0]);
  });
});

describe('sampling', () => {
  const scores = [Math.log(1), Math.log(4), Math.log(3), Math.log(2), -Infinity];
  /** The share of each token among many. */
  const drawn = (options: Parameters<typeof sampler>[0]) => {
    const [draw, counts] = [sampler({ seed: 5, ...options }), [0, 0, 0, 0, 0]];
    for (let i = 0; i < 20_000; i++) {
      const token = draw(scores);
      counts[token] = (counts[token] ?? 0) + 1 / 20_000;
    }
    return counts;
  };
  // Four deviations of a share of 20,000 are 0.014 at most.
  const near = (got: readonly number[], wanted: readonly number[]) => {
    wanted.forEach((share, i) => {
      if (share === 0) expect(got[i]).toBe(0);
      else expect(Math.abs((got[i] ?? 0) - share)).toBeLessThan(0.0142);
    });
  };

  test('by probability; temperature takes them to its inverse power', () => {
    near(drawn({}), [0.1, 0.4, 0.3, 0.2, 0]);
    near(drawn({ temperature: 0.5 }), [1 / 30, 16 / 30, 9 / 30, 4 / 30, 0]);
    near(drawn({ temperature: 0 }), [0, 1, 0, 0, 0]);
  });

  test('of the k likeliest, of the fewest whose probabilities reach p', () => {
    near(drawn({ topK: 2 }), [0, 4 / 7, 3 / 7, 0, 0]);
    near(drawn({ topP: 0.4 }), [0, 1, 0, 0, 0]);
    near(drawn({ topP: 0.5 }), [0, 4 / 7, 3 / 7, 0, 0]);
    near(drawn({ topP: 0.75 }), [0, 4 / 9, 3 / 9, 2 / 9, 0]);
    near(drawn({ topK: 3, topP: 0.75 }), [0, 4 / 7, 3 / 7, 0, 0]);
  });

  test('the same seed draws the same, another seed other ones', () => {
    const first = (seed: number) => {
      const draw = sampler({ seed });
      return Array.from({ length: 30 }, () => draw(scores));
    };
    expect(first(1)).toEqual(first(1));
    expect(first(1)).not.toEqual(first(2));
  });

  test('no number to choose, and wrong options', () => {
    expect(() => sampler()([Number.NaN, 1])).toThrow(DataError);
    expect(() => sampler()([])).toThrow(DataError);
    expect(sampler()([Infinity, 1])).toBe(0);
    expect(() => sampler({ topP: 0 })).toThrow(OptionError);
    expect(() => sampler({ temperature: -1 })).toThrow(OptionError);
  });
});

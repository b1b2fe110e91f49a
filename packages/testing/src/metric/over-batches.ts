import { type Case, guarded } from '../case.ts';
import type { Examination } from './examination.ts';
import { figureOf, gathered, observed, refuseOther, summarized } from './figures.ts';
import { rowsOf, samplesOf, split, taken } from './samples.ts';

/** That the figure depends on the samples alone: not on batches, their order, or what was counted before or between. */
export function batchCases(at: Examination): Case[] {
  const { make, rules, showing } = at;
  const { reference } = at.options;
  return [
    at.each(
      'the same over any split into batches',
      (metric, samples) => {
        const expected = at.whole(metric, samples);
        for (const sizes of splits(samples.count))
          refuseOther(
            `the figure over batches of ${sizes.join(', ')}`,
            [figureOf(metric, split(samples, sizes), showing), expected],
            { why: 'as of all samples at once', samples },
          );
      },
      at.few,
    ),
    at.each(
      'the same in any order',
      (metric, samples, { seed }) => {
        const places = Array.from({ length: samples.count }, (_, i) => i);
        const from = seed % Math.max(1, samples.count);
        const shuffled = taken(samples, [...places.slice(from).reverse(), ...places.slice(0, from)]);
        refuseOther(
          'the figure of the samples in another order',
          [at.whole(metric, shuffled), at.whole(metric, samples)],
          { why: 'as in the first', samples: shuffled },
        );
      },
      at.few,
    ),
    at.each(
      'the same a second time',
      (metric, samples) => {
        const [expected, why] = [at.whole(make(), samples), 'as the first time'];
        for (let time = 0; time < 2; time++)
          refuseOther('the figure a second time', [at.whole(metric, samples), expected], { why, samples });
        at.whole(metric, taken(samples, [0, 0, 0]));
        refuseOther('the figure after that of other samples', [at.whole(metric, samples), expected], {
          why: 'as before them',
          samples,
        });
        const numbers = gathered(metric, [observed(metric, samples, showing)]);
        summarized(metric, numbers);
        refuseOther(
          'the figure of the same numbers, asked for twice',
          [summarized(metric, numbers), expected],
          {
            why,
            samples,
          },
        );
      },
      ['plain'],
    ),
    at.each(
      'the same with another set between two batches',
      (metric, samples) => {
        const half = Math.ceil(samples.count / 2);
        const [first = samples, second = samples] = split(samples, [half, samples.count - half]);
        const others = taken(samples, [0, 0, 0]);
        const [a = [], , b = []] = [first, others, second].map((batch) => observed(metric, batch, showing));
        refuseOther(
          'the figure of two batches with another set between them',
          [summarized(metric, gathered(metric, [a, b])), at.whole(make(), samples)],
          { why: 'as without the other set', samples },
        );
      },
      ['plain'],
    ),
    guarded(`${at.name}: the same for hundreds of samples`, () => {
      const samples = samplesOf({ sizes: [257, 1, 1], seed: 2 }, rules, 'plain');
      const { predictions, targets } = rowsOf(samples);
      const expected = reference?.(predictions, targets) ?? at.whole(make(), samples);
      const sizes = Array.from({ length: 17 }, (_, i) => (i < 16 ? 16 : 1));
      const places = Array.from({ length: 257 }, (_, i) => 256 - i);
      for (const [order, all] of [
        ['', samples],
        [', the last one first', taken(samples, places)],
      ] as const)
        refuseOther(
          `the figure of 257 samples in batches of 16${order}`,
          [figureOf(make(), split(all, sizes), showing), expected],
          { why: reference ? 'by the formula over all' : 'as of all at once', tolerance: 1e-7 },
        );
    }),
    at.each(
      'the same for millions as for some, where more of the same change nothing',
      (metric, samples) => {
        if (metric.keeps === true) return;
        const sums = gathered(metric, [observed(metric, samples, showing)]);
        const of = (times: number) =>
          summarized(
            metric,
            sums.map((sum) => sum * times),
          );
        const once = of(1);
        if (typeof once !== 'number' || once !== of(2) || once !== of(4)) return;
        const why = 'as of one, two and four times as many';
        refuseOther('the figure of 2^33 times as many samples', [of(2 ** 33), once], { why, samples });
      },
      ['plain'],
    ),
  ];
}

/** Batches of 1, the last of what is left; unequal ones; an empty last, first or middle one. */
function splits(count: number): number[][] {
  const third = Math.floor(count / 3);
  return [
    [...new Array<number>(Math.min(3, count - 1)).fill(1), Math.max(1, count - 3)],
    [third, count - third],
    [count - 1, 1],
    [count, 0],
    [0, third, 0, count - third],
  ];
}

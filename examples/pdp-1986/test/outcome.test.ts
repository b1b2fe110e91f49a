import { expect, test } from 'vitest';
import { asOften, generalizing, never } from '../src/expectation.ts';
import { outcomeOf } from '../src/outcome.ts';
import { xor } from '../src/problems/xor.ts';
import type { Run } from '../src/train.ts';

const runs = (...sweeps: readonly (number | undefined)[]): Run[] =>
  sweeps.map((each, i) => ({ seed: i + 1, sweeps: each, heldOut: undefined }));
const tally = (solved: number, all: number, heldOut?: number) => ({ solved, runs: all, heldOut });

test('an outcome has the median and the range of the runs that were solved', () => {
  const { expected: _, ...free } = xor;
  expect(outcomeOf(free, 'cpu', runs(30, undefined, 10, 40, 20))).toMatchObject({
    problem: 'xor',
    backend: 'cpu',
    seeds: 5,
    solved: 4,
    rate: 0.8,
    medianSweeps: 25,
    range: [10, 40],
    reference: null,
    ok: null,
  });
  expect(outcomeOf(xor, 'wasm', runs(undefined, undefined))).toMatchObject({
    solved: 0,
    medianSweeps: null,
    range: null,
  });
});

test.each([
  ['as often', asOften(7, 20), tally(7, 20), true],
  ['more often', asOften(7, 20), tally(20, 20), true],
  ['less often, but the intervals overlap', asOften(7, 20), tally(1, 20), true],
  ['less often', asOften(7, 20), tally(0, 20), false],
  ['far less often', asOften(59, 60), tally(40, 60), false],
  ['never, as it should be', never(30), tally(0, 30), true],
  ['once, where it should be never', never(30), tally(1, 30), false],
  ['learns and generalizes', generalizing(8, 10, 0.75), tally(8, 10, 0.75), true],
  ['learns, but does not generalize', generalizing(8, 10, 0.75), tally(10, 10, 0.7), false],
  ['generalizes, but learns too rarely', generalizing(8, 10, 0.75), tally(7, 10, 1), false],
  ['never learns', generalizing(8, 10, 0.75), tally(0, 10), false],
])('%s', (_, expectation, found, met) => {
  expect(expectation.met(found)).toBe(met);
});

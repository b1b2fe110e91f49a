import { expect, test } from 'vitest';
import { differences } from '../src/equal-figures.ts';

const ours = { name: 'ours', figures: [[2.5], [2.4], [0.001]] };
const theirs = (...figures: (readonly number[])[]) => ({ name: 'theirs', figures });

test('the same to 1e-4 at every point is no difference', () => {
  expect(differences([ours, theirs([2.5], [2.4002], [0.00105])])).toEqual([]);
});

test('the first point that differs is named, with both figures', () => {
  expect(differences([ours, theirs([2.5], [2.41], [1])])).toEqual(['theirs has 2.41 at point 2, ours 2.4']);
});

test('below 1 the tolerance is absolute, above it relative', () => {
  expect(differences([ours, theirs([2.5], [2.4], [0.0012])])).toHaveLength(1);
  expect(differences([{ name: 'ours', figures: [[1e6]] }, theirs([1e6 + 99])])).toEqual([]);
  expect(differences([{ name: 'ours', figures: [[1e6]] }, theirs([1e6 + 101])])).toHaveLength(1);
});

test('NaN and infinity are equal to nothing, not to themselves either', () => {
  for (const bad of [Number.NaN, Infinity]) {
    const one = { name: 'one', figures: [[bad]] };
    expect(differences([one, { name: 'other', figures: [[bad]] }])).toHaveLength(2);
    expect(differences([{ name: 'alone', figures: [[bad]] }])).toHaveLength(1);
  }
});

test('a missing point, a missing figure and no figures at all are differences', () => {
  expect(differences([ours, theirs([2.5], [2.4])])).not.toEqual([]);
  expect(differences([ours, theirs([2.5], [2.4], [0.001, 7])])).not.toEqual([]);
  expect(differences([ours, theirs([2.5], [], [0.001])])).not.toEqual([]);
  expect(differences([{ name: 'ours', figures: [] }, theirs()])).not.toEqual([]);
  expect(differences([{ name: 'ours', figures: [[]] }, theirs([])])).not.toEqual([]);
});

test('every other library is compared, not the second only', () => {
  expect(differences([ours, ours, theirs([2.6], [2.4], [0.001])])).toEqual([
    'theirs has 2.6 at point 1, ours 2.5',
  ]);
});

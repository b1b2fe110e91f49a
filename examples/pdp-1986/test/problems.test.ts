import { constant, evaluate, gradient, mul, sum, tensor, type Value } from 'pullback';
import { describe, expect, test } from 'vitest';
import { addition } from '../src/problems/addition.ts';
import { simulations } from '../src/problems/all.ts';
import { negation } from '../src/problems/negation.ts';
import { sequence } from '../src/problems/sequence.ts';
import { sigmaPi } from '../src/problems/sigma-pi.ts';
import { symmetry } from '../src/problems/symmetry.ts';
import { fields, tc } from '../src/problems/t-c.ts';
import { xor } from '../src/problems/xor.ts';
import type { Simulation } from '../src/simulation.ts';

/** What is wanted for an input, as bits. */
function wanted({ patterns: { inputs, targets } }: Simulation, bits: string): string {
  const row = targets[inputs.findIndex((input) => input.join('') === bits)] ?? [];
  return row.map((target) => ({ 0.1: '0', 0.9: '1' })[target]).join('');
}

test('every simulation has a name of its own, and as many targets as inputs', () => {
  expect(new Set(simulations.map(({ name }) => name)).size).toBe(simulations.length);
  for (const { patterns } of simulations) expect(patterns.targets.length).toBe(patterns.inputs.length);
});

test.each([
  ['xor', xor, '01', '1'],
  ['xor', xor, '11', '0'],
  ['addition', addition, '1111', '110'],
  ['addition', addition, '0110', '011'],
  ['negation', negation, '0101', '101'],
  ['negation', negation, '1101', '010'],
  ['symmetry', symmetry, '011110', '1'],
  ['symmetry', symmetry, '011010', '0'],
] as const)('%s', (_, simulation, bits, expected) => {
  expect(wanted(simulation, bits)).toBe(expected);
});

describe('T and C', () => {
  const on = (pattern: readonly number[] | undefined) =>
    (pattern ?? []).reduce((sum, pixel) => sum + pixel, 0);
  test('each is five squares, and no two patterns are the same', () => {
    expect(tc.patterns.inputs.map(on)).toEqual([5, 5, 5, 5, 5, 5, 5, 5]);
    expect(new Set(tc.patterns.inputs.map((pattern) => pattern.join())).size).toBe(8);
  });
  test('a field that any square switches off is switched off 21 times by a T and 20 times by a C', () => {
    const touched = tc.patterns.inputs.map(
      (pattern) => fields.filter((field) => field.some((pixel) => pattern[pixel] === 1)).length,
    );
    expect(touched).toEqual([21, 21, 21, 21, 20, 20, 20, 20]);
  });
});

test('sequences: AD is followed by 1221, BE by 2313, CA by 3112; 20 are learned and 5 are not', () => {
  const letters = 'ABCDE';
  const all = [sequence.patterns, sequence.heldOut?.patterns].flatMap((patterns) =>
    (patterns?.inputs ?? []).map((input, i) => {
      const word = [0, 1].map((t) => letters[input.slice(5 * t, 5 * t + 5).indexOf(1)]).join('');
      const target = patterns?.targets[i] ?? [];
      const code = [0, 1, 2, 3].map((t) => 1 + target.slice(3 * t, 3 * t + 3).indexOf(0.9)).join('');
      return word + code;
    }),
  );
  expect(all).toEqual(expect.arrayContaining(['AD1221', 'BE2313', 'CA3112']));
  expect(new Set(all).size).toBe(25);
  expect(sequence.patterns.inputs.length).toBe(20);
});

test('sequences: digits are counted by the most active unit', () => {
  const { patterns, count } = sequence.heldOut ?? {};
  expect(count?.(patterns?.targets ?? [])).toBe(20);
  expect(count?.((patterns?.targets ?? []).map((row) => row.map((target) => 1 - target)))).toBe(0);
});

describe('the sigma-pi node', () => {
  const [x, weights] = [
    [
      [0.3, -1.2, 0.7],
      [2, 0.5, -0.4],
    ],
    [[0.9], [-0.3], [1.7]],
  ];
  const flat = (rows: readonly (readonly number[])[]) => tensor(rows, { dtype: 'float64' });
  test('sums the weighted products of pairs', async () => {
    const { data } = await one(sigmaPi(constant(flat(x)), constant(flat(weights))));
    const by = ([a = 0, b = 0, c = 0]: readonly number[]) => 0.9 * a * b - 0.3 * a * c + 1.7 * b * c;
    x.forEach((row, i) => {
      expect(data[i]).toBeCloseTo(by(row), 14);
    });
  });
  test('sends back what central differences find', async () => {
    const scale = constant(flat([[1.3], [-0.6]]));
    const at = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]) => {
      const [u, w] = [constant(flat(a)), constant(flat(b))];
      return { u, w, total: sum(mul(scale, sigmaPi(u, w))) };
    };
    const { u, w, total } = at(x, weights);
    const step = 1e-5;
    const found = await Promise.all(gradient(total, [u, w]).map(one));
    for (const [which, rows] of [x, weights].entries())
      for (const [i, row] of rows.entries())
        for (const [k] of row.entries()) {
          const moved = (by: number) => {
            const other = rows.map((each, r) =>
              each.map((value, c) => value + (r === i && c === k ? by : 0)),
            );
            return one(which === 0 ? at(other, weights).total : at(x, other).total);
          };
          const [up, down] = [await moved(step), await moved(-step)];
          const slope = ((up.data[0] ?? 0) - (down.data[0] ?? 0)) / (2 * step);
          expect(found[which]?.data[i * row.length + k]).toBeCloseTo(slope, 8);
        }
  });
  async function one(value: Value) {
    return evaluate(value);
  }
});

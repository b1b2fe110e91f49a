import type { Plan } from '@pullback/compiler';
import { formatProgram, type Program } from '@pullback/core';
import { expectedOf, mismatch, programOf, type RandomProgram, recipes, simplest } from '@pullback/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planted } from './planted.ts';
import { type Changes, isSame, planWith, run } from './run-plan.ts';

interface Prepared {
  readonly random: RandomProgram;
  readonly plan: Plan;
  readonly expected: ReturnType<typeof expectedOf>;
}

function prepared(random: RandomProgram): Prepared {
  return { random, plan: planWith(random, {}), expected: expectedOf(random) };
}

const arbitrary = recipes('float64', { composites: false });

/** Every bug is looked for in the same Programs, each prepared once: 2,000 of them at most, by 100 of a seed. */
const hundreds: Prepared[][] = [];

function hundred(place: number): Prepared[] {
  hundreds[place] ??= fc
    .sample(arbitrary, { numRuns: 100, seed: 15 + place })
    .map((recipe) => prepared(programOf(recipe)));
  return hundreds[place];
}

/** Whether a bug spoils a Program; where it leaves the plan as it is, it does not. */
function isWrong({ random, plan, expected }: Prepared, changes: Changes): boolean {
  try {
    const changed = planWith(random, changes);
    return !isSame(changed, plan) && mismatch(run(changed, random), expected) !== undefined;
  } catch {
    return true;
  }
}

const most = 6;

/** The smallest Program that was met among those that a bug spoils. From `most` down it is small enough: nothing is tried any more. */
function smallest(changes: Changes): Program | undefined {
  let best: Program | undefined;
  for (let place = 0; place < 20; place++)
    for (const each of hundred(place)) {
      if (!isWrong(each, changes)) continue;
      const { program } = simplest(each.random, (random) => isWrong(prepared(random), changes));
      if (best === undefined || program.body.length < best.body.length) best = program;
      if (best.body.length <= most) return best;
    }
  return best;
}

describe('bugs that are planted are found by random Programs, and shrunk to six primitives or fewer', () => {
  for (const [name, changes] of Object.entries(planted))
    test(name, { timeout: 120_000 }, () => {
      const program = smallest(changes);
      expect(
        program?.body.length,
        program === undefined ? 'found' : formatProgram(program),
      ).toBeLessThanOrEqual(most);
    });
});

test('without a bug nothing is found', () => {
  for (const { random, plan, expected } of [...hundred(0), ...hundred(1)])
    expect(mismatch(run(plan, random), expected)).toBe(undefined);
});

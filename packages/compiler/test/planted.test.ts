import type { Plan } from '@pullback/compiler';
import { formatProgram, type Program } from '@pullback/core';
import { expectedOf, mismatch, programOf, type RandomProgram, type Recipe, recipes } from '@pullback/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planted } from './planted.ts';
import { type Changes, isSame, planWith, run } from './run-plan.ts';

interface Prepared {
  readonly random: RandomProgram;
  readonly plan: Plan;
  readonly expected: ReturnType<typeof expectedOf>;
}

/** What every bug is looked for in is the same, and computed once. */
const known = new Map<string, Prepared>();

function prepared(recipe: Recipe): Prepared {
  const key = JSON.stringify(recipe);
  let found = known.get(key);
  if (found === undefined) {
    const random = programOf(recipe);
    found = { random, plan: planWith(random, {}), expected: expectedOf(random) };
    known.set(key, found);
  }
  return found;
}

/** Whether a bug spoils the Program of a recipe; where it leaves the plan as it is, it does not. */
function isWrong(recipe: Recipe, changes: Changes): boolean {
  const { random, plan, expected } = prepared(recipe);
  try {
    const changed = planWith(random, changes);
    return !isSame(changed, plan) && mismatch(run(changed, random), expected) !== undefined;
  } catch {
    return true;
  }
}

/** Shrinking stops at the first recipe none of whose neighbours fails: from another start it may come further. */
const seeds = [9, 10, 11, 12, 13];
const most = 6;

const arbitrary = recipes('float64', { composites: false });

/** The smallest Program that was met among those that a bug spoils. From `most` down it is small enough: nothing is tried any more. */
function smallest(changes: Changes): Program | undefined {
  let best: Program | undefined;
  const isSmall = () => best !== undefined && best.body.length <= most;
  for (const seed of seeds) {
    const property = fc.property(arbitrary, (recipe) => {
      if (isSmall() || !isWrong(recipe, changes)) return true;
      const { program } = prepared(recipe).random;
      if (best === undefined || program.body.length < best.body.length) best = program;
      return false;
    });
    fc.check(property, { numRuns: 1000, seed });
    if (isSmall()) break;
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
  const property = fc.property(arbitrary, (recipe) => {
    const { random, plan, expected } = prepared(recipe);
    return mismatch(run(plan, random), expected) === undefined;
  });
  expect(fc.check(property, { numRuns: 200, seed: seeds[0] ?? 0 }).failed).toBe(false);
});

// The corpus of nodes as strangers write them: every wrong one is caught, every unusual one passes.
import { type Case, ConformanceError } from '@pullback/testing';
import { describe, expect, test } from 'vitest';
import { unusualNodes } from './corpus/unusual-nodes.ts';
import { rightConvolutions, wrongConvolutions } from './corpus/wrong-convolutions.ts';
import { wrongDerivatives } from './corpus/wrong-derivatives.ts';
import { wrongPrimitives } from './corpus/wrong-primitives.ts';
import { wrongSomewhere } from './corpus/wrong-somewhere.ts';

async function firstFinding(cases: readonly Case[]): Promise<unknown> {
  for (const { run } of cases)
    try {
      await run();
    } catch (error) {
      return error;
    }
  return undefined;
}

const wrong = {
  somewhere: wrongSomewhere,
  derivatives: wrongDerivatives,
  primitives: wrongPrimitives,
  convolutions: wrongConvolutions,
};
for (const [kind, corpus] of Object.entries(wrong))
  describe(`wrong ${kind}`, () => {
    for (const [name, cases] of Object.entries(corpus))
      test(`caught: ${name}`, async () => {
        const found = await firstFinding(cases());
        expect(found).toBeInstanceOf(ConformanceError);
        expect(String(found)).toMatch(/expected .+, got .+/);
      });
  });

describe('unusual ones', () => {
  for (const [name, cases] of Object.entries({ ...unusualNodes, ...rightConvolutions }))
    test(`passes: ${name}`, async () => {
      expect(await firstFinding(cases())).toBeUndefined();
    });
});

test('what is impure is called that, before samples influence each other or J is wrong', async () => {
  for (const name of ['random numbers', 'the time of day', 'the last number of the call before'])
    expect(String(await firstFinding(wrongPrimitives[name]?.() ?? []))).toMatch(
      /not a function|writes another result/,
    );
});

test('a NaN in a vjp is called that', async () => {
  const found = await firstFinding(wrongDerivatives['NaN for a gradient of 0']?.() ?? []);
  expect(String(found)).toMatch(/NaN/);
});

test.each([
  ['an identity that computes', /says that it is an identity.*\n.*expected .*, got /],
  ['a movement that negates', /says that it is a movement.*\n.*expected .*, got /],
  ['an elementwise primitive that subtracts the mean', /says that it is elementwise/],
])('%s is refused with the first element that differs', async (name, told) => {
  expect(String(await firstFinding(wrongPrimitives[name]?.() ?? []))).toMatch(told);
});

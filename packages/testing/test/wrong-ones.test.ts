// The corpus: functions, layers, losses and optimizers with a mistake in each. Every one must be caught.
import { type Case, ConformanceError } from '@pullback/testing';
import { describe, expect, test } from 'vitest';
import { wrongLayers, wrongLosses, wrongOptimizers } from './corpus/layers-losses-optimizers.ts';
import { wrongNodes } from './corpus/nodes.ts';

/** The first finding, by the name of the case that made it. */
async function firstFinding(cases: readonly Case[]): Promise<[string, unknown] | undefined> {
  for (const { name, run } of cases)
    try {
      await run();
    } catch (error) {
      return [name, error];
    }
  return undefined;
}

const corpus = { nodes: wrongNodes, layers: wrongLayers, losses: wrongLosses, optimizers: wrongOptimizers };
for (const [kind, wrongs] of Object.entries(corpus))
  describe(kind, () => {
    for (const [name, cases] of Object.entries(wrongs))
      test(`caught: ${name}`, async () => {
        const found = await firstFinding(cases());
        expect(found?.[1]).toBeInstanceOf(ConformanceError);
        const told = String(found?.[1]);
        expect(told).toMatch(/expected .+, got .+/);
        // What throws an error of its own is found by it; everything else by what it computes.
        if (!/captured|kept from the scope|error of its own/.test(name))
          expect(told).not.toContain('an error was thrown');
      });
  });

test('there are at least sixty', () => {
  expect(Object.values(corpus).flatMap(Object.keys).length).toBeGreaterThanOrEqual(60);
});

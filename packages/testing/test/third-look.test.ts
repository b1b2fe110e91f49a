// The third corpus: what a stranger's list found missing in the kit, and what it refused though it is right.
import { type Case, ConformanceError } from '@pullback/testing';
import { describe, expect, test } from 'vitest';
import { right, wrong } from './corpus/third-look.ts';

async function firstFinding(cases: readonly Case[]): Promise<unknown> {
  for (const { run } of cases)
    try {
      await run();
    } catch (error) {
      return error;
    }
  return undefined;
}

describe('wrong ones', () => {
  for (const [name, { cases, says }] of Object.entries(wrong))
    test(`caught and called by its name: ${name}`, async () => {
      const found = await firstFinding(cases());
      expect(found).toBeInstanceOf(ConformanceError);
      expect(String(found)).toMatch(/expected .+, got .+/);
      expect(String(found)).toMatch(says);
    });
});

describe('right ones', () => {
  for (const [name, cases] of Object.entries(right))
    test(`passes: ${name}`, async () => {
      expect(await firstFinding(cases())).toBeUndefined();
    });
});

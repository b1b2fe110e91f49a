// The corpus of metrics: every wrong one must be caught, and no right one refused.
import { type Case, ConformanceError, conformMetric } from '@pullback/testing';
import { describe, expect, test } from 'vitest';
import { unusualMetrics } from './corpus/unusual-metrics.ts';
import { wronglyCounted } from './corpus/wrongly-counted-metrics.ts';
import { wronglyWeighed } from './corpus/wrongly-weighed-metrics.ts';

const wrongMetrics = { ...wronglyCounted, ...wronglyWeighed };

async function firstFinding(cases: readonly Case[]): Promise<unknown> {
  for (const { run } of cases)
    try {
      await run();
    } catch (error) {
      return error;
    }
  return undefined;
}

describe('caught', () => {
  for (const [name, { make, options }] of Object.entries(wrongMetrics))
    test(name, async () => {
      const found = await firstFinding(conformMetric(make, options));
      expect(found).toBeInstanceOf(ConformanceError);
      expect(String(found)).toMatch(/expected .+, got .+/);
      expect(String(found)).not.toContain('an error was thrown');
    });
});

describe('right, if unusual', () => {
  for (const [name, { make, options }] of Object.entries(unusualMetrics))
    test(name, async () => {
      for (const c of conformMetric(make, options)) await c.run();
    });
});

test('there are at least thirty wrong ones and ten unusual', () => {
  expect(Object.keys(wrongMetrics).length).toBeGreaterThanOrEqual(30);
  expect(Object.keys(unusualMetrics).length).toBeGreaterThanOrEqual(10);
});

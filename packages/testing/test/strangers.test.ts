// The second corpus, written from the public pages alone, before the kit was read: what is wrong is caught and called by its name, what is
// right and unusual passes.
import {
  type Case,
  ConformanceError,
  conformInitializer,
  conformLayer,
  conformLoss,
  conformOptimizer,
  conformPlugin,
  conformSchedule,
} from '@pullback/testing';
import { describe, expect, test } from 'vitest';
import { wrongLayers } from './corpus/layers.ts';
import { wrongKeepers } from './corpus/layers-kept.ts';
import { wrongLosses } from './corpus/losses.ts';
import { wrongOfBatches } from './corpus/losses-of-batches.ts';
import { wrongOptimizers } from './corpus/optimizers.ts';
import { wrongInTime } from './corpus/optimizers-in-time.ts';
import { wrongPlugins } from './corpus/plugins.ts';
import { wrongInitializers, wrongSchedules } from './corpus/schedules-initializers.ts';
import {
  moreRightLayers,
  moreRightLosses,
  moreRightOptimizers,
  moreWrongLayers,
  moreWrongLosses,
  moreWrongOptimizers,
} from './corpus/second-look.ts';
import { rightInitializers, rightLosses, rightOptimizers, rightSchedules } from './corpus/unusual.ts';
import { rightLayers } from './corpus/unusual-layers.ts';

async function firstFinding(cases: readonly Case[]): Promise<unknown> {
  for (const { run } of cases)
    try {
      await run();
    } catch (error) {
      return error;
    }
  return undefined;
}

function caught(name: string, says: RegExp, cases: () => readonly Case[]): void {
  test(`caught: ${name}`, async () => {
    const found = await firstFinding(cases());
    expect(found).toBeInstanceOf(ConformanceError);
    expect(String(found)).toMatch(says);
    expect(String(found)).toMatch(/expected .+, got .+/);
  });
}

function passes(name: string, cases: () => readonly Case[]): void {
  test(`passes: ${name}`, async () => {
    for (const { run } of cases()) await run();
  });
}

describe('layers', () => {
  for (const [name, { make, options, says }] of Object.entries({
    ...wrongLayers,
    ...wrongKeepers,
    ...moreWrongLayers,
  }))
    caught(name, says, () => conformLayer(make, options));
  for (const [name, { make, options }] of Object.entries({ ...rightLayers, ...moreRightLayers }))
    passes(name, () => conformLayer(make, options));
});

describe('losses', () => {
  for (const [name, { make, options, says }] of Object.entries({
    ...wrongLosses,
    ...wrongOfBatches,
    ...moreWrongLosses,
  }))
    caught(name, says, () => conformLoss(make, options));
  for (const [name, { make, options }] of Object.entries({ ...rightLosses, ...moreRightLosses }))
    passes(name, () => conformLoss(make, options));
});

describe('optimizers', () => {
  for (const [name, { make, options, says }] of Object.entries({
    ...wrongOptimizers,
    ...wrongInTime,
    ...moreWrongOptimizers,
  }))
    caught(name, says, () => conformOptimizer(make, options));
  for (const [name, { make, options }] of Object.entries({ ...rightOptimizers, ...moreRightOptimizers }))
    passes(name, () => conformOptimizer(make, options));
});

describe('schedules', () => {
  for (const [name, { make, options, says }] of Object.entries(wrongSchedules))
    caught(name, says, () => conformSchedule(make(), options));
  for (const [name, { make, options }] of Object.entries(rightSchedules))
    passes(name, () => conformSchedule(make(), options));
});

describe('initializers', () => {
  for (const [name, { make, options, says }] of Object.entries(wrongInitializers))
    caught(name, says, () => conformInitializer(make(), options));
  for (const [name, { make, options }] of Object.entries(rightInitializers))
    passes(name, () => conformInitializer(make(), options));
});

describe('plugins', () => {
  for (const [name, { make, options, says }] of Object.entries(wrongPlugins))
    caught(name, says, () => conformPlugin(make, options));
});

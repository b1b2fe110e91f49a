import { conformBackend } from '@pullback/testing';
import { describe, test } from 'vitest';
import { native } from '../src/index.ts';

const { NATIVE_EVERY: every = '12' } = process.env;

describe('the examination of backends', () => {
  conformBackend(() => native({ optimize: 1 }), { ulps: { float32: 2 }, order: 'reference' }).forEach((c, i) => {
    if (i % Number(every) === 0) test(c.name, () => c.run());
  });
});

import { conformBackend } from '@pullback/testing';
import { test } from 'vitest';
import { native } from '../src/index.ts';
import { describeNative } from './available.ts';
import { cache } from './folder.ts';

// The compiler takes a fifth of a second for each Program: of the probes some of everything are tried in every run, all by .ci/native.sh.
const { NATIVE_EVERY: every = '40' } = process.env;

// Exponentials and logarithms by polynomials: within 2 units in the last place; sums of softmax add one rounding or two.
describeNative('the examination of backends', () => {
  const cases = conformBackend(() => native({ optimize: 1, cache }), {
    ulps: { float32: 2 },
    order: 'reference',
  });
  cases.forEach((c, i) => {
    if (i % Number(every) === 0) test(c.name, { timeout: 240_000 }, () => c.run());
  });
});

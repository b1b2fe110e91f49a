import { conformBackend } from '@pullback/testing';
import { describe, test } from 'vitest';
import { native } from '../src/index.ts';

describe('the examination of backends', () => {
  for (const c of conformBackend(native, { ulps: { float32: 2 }, order: 'reference' }))
    test(c.name, () => c.run());
});

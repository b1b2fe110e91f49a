// Wrong layers of sequences: every one must be caught, by what it is.
import { conformLayer } from '@pullback/testing';
import { expect, test } from 'vitest';
import { wrongSequences } from './corpus/sequences.ts';

for (const [name, { make, options, says }] of Object.entries(wrongSequences))
  test(`${says.source === '^$' ? 'passes' : 'caught'}: ${name}`, async () => {
    let told = '';
    for (const { run } of conformLayer(make, options))
      try {
        await run();
      } catch (error) {
        told = String(error);
        break;
      }
    expect(told).toMatch(says);
  });

import { describe } from 'vitest';
import { whyNoNative } from '../src/index.ts';

const missing = whyNoNative();

/** Tests that need a C compiler and koffi; where one is missing the name says that they were not run, and why. */
export function describeNative(name: string, tests: () => void): void {
  if (missing === undefined) describe(name, tests);
  else describe.skip(`${name}: not run, ${missing}`, tests);
}

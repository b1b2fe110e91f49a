import { describe, expect, test } from 'vitest';
import { outputsOfPrinted } from '../src/portrait.ts';
import { printedLines, readingOf } from '../src/printed.ts';
import { negation } from '../src/problems/negation.ts';
import { symmetry } from '../src/problems/symmetry.ts';
import { xor, xorMinimum } from '../src/problems/xor.ts';

describe('weights that were printed do what is said of them', () => {
  test.each([
    ['XOR', xor, 4],
    ['symmetry: 64 of 64 strings', symmetry, 64],
    ['negation: 48 of 48 bits', negation, 48],
  ])('%s', async (_, simulation, all) => {
    const { right, units } = readingOf(simulation, await outputsOfPrinted(simulation, 'wasm'));
    expect([right, units]).toEqual([all, all]);
  });

  test('XOR 2-2-1: the local minimum gives .096, .500, .898 and .500', async () => {
    const outputs = await outputsOfPrinted(xorMinimum, 'wasm');
    expect(outputs.map(([output = 0]) => output.toFixed(3))).toEqual(['0.096', '0.500', '0.898', '0.500']);
    expect(printedLines(xorMinimum, outputs)).toContain('| 1 0 | on | .898 |');
  });
});

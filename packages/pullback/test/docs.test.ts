import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const root = new URL('../../../', import.meta.url);
const page = readFileSync(new URL('docs/backpropagation.md', root), 'utf8');
const tests = readFileSync(new URL('packages/pullback/test/backpropagation.test.ts', root), 'utf8');

test('the code in docs/ is the code of the source', () => {
  expect(() => execFileSync(process.execPath, ['docs/extract.mjs', '--check'], { cwd: root })).not.toThrow();
});

describe('every row of the mathematics has its source and its test', () => {
  for (let row = 1; row <= 24; row++)
    test(`row ${row}`, () => {
      const cells = new RegExp(`^\\| ${row} \\| (.+?) \\| (\\S+) \\| (row ${row} .+?) \\|$`, 'm').exec(page);
      const [, , source = '', name = ''] = cells ?? [];
      expect(existsSync(new URL(source, root)), source).toBe(true);
      expect(tests).toContain(`${name} `);
    });
});

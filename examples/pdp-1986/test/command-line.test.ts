import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { readOptions } from '../src/options.ts';
import { simulations } from '../src/problems/all.ts';
import { filledIn } from '../src/report.ts';

const root = new URL('../../../', import.meta.url);

describe('the command line', () => {
  test('without options it is all of it, on wasm', () => {
    expect(readOptions([])).toEqual({
      chosen: simulations,
      seeds: undefined,
      backend: 'wasm',
      json: false,
      whole: true,
    });
  });
  test('narrowed, it is no report', () => {
    const options = readOptions(['--problem', 't-c', '--seeds', '3', '--backend', 'cpu', '--json']);
    expect(options).toMatchObject({ seeds: 3, backend: 'cpu', json: true, whole: false });
    expect(options.chosen.map(({ name }) => name)).toEqual(['t-c']);
    expect(readOptions(['--seeds', '2']).whole).toBe(false);
  });
  test.each([
    [['--problem', 'xr'], /no problem 'xr'.*xor/],
    [['--backend', 'gpu'], /no backend 'gpu'/],
    [['--seeds', '0'], /--seeds 0/],
    [['--seeds', '1.5'], /--seeds 1.5/],
    [['--seeds', 'many'], /--seeds many/],
    [['--quick'], /--quick/],
  ])('%s is refused', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });
  test('--json prints one object a line', { timeout: 60_000 }, async () => {
    const run = promisify(execFile);
    const args = [
      '-s',
      '--prefix',
      'examples/pdp-1986',
      'start',
      '--',
      '--problem',
      'negation',
      '--seeds',
      '2',
      '--json',
    ];
    const { stdout } = await run('npm', args, { cwd: fileURLToPath(root) });
    const [line = '', ...more] = stdout.trim().split('\n');
    expect(more).toEqual([]);
    const outcome: unknown = JSON.parse(line);
    expect(outcome).toMatchObject({
      problem: 'negation',
      backend: 'wasm',
      seeds: 2,
      solved: 2,
      rate: 1,
      ok: true,
    });
    expect(outcome).toHaveProperty('interval');
    expect(outcome).toHaveProperty('medianSweeps');
    expect(outcome).toHaveProperty('range');
    expect(outcome).toHaveProperty('published');
    expect(outcome).toHaveProperty('reference');
  });
});

describe('the report', () => {
  const page = readFileSync(new URL('docs/pdp-1986.md', root), 'utf8');
  test('has a row and a section for every simulation', () => {
    for (const { name, title } of simulations) {
      expect(page).toContain(`| \`${name}\` |`);
      expect(page).toContain(`### ${title}\n`);
    }
  });
  test('parts are replaced, and what stands around them stays', () => {
    const text = 'a\n<!-- run table -->\nold\n<!-- end -->\nb\n<!-- run x -->\n<!-- end -->';
    const once = filledIn(text, 'table', 'new');
    expect(once).toBe('a\n<!-- run table -->\nnew\n<!-- end -->\nb\n<!-- run x -->\n<!-- end -->');
    expect(filledIn(once, 'table', 'new')).toBe(once);
    expect(() => filledIn(text, 'y', '')).toThrow(/no part 'y'/);
  });
});

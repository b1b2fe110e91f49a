import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { create, filledIn } from '../src/create.ts';
import { isTemplate, type Template, templates } from '../src/templates.ts';

let place = '';
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'create-pullback-'));
});
afterAll(() => rm(place, { recursive: true }));

// Those of plugins and backends are copied when the package is built.
const ours = Object.keys(templates)
  .filter(isTemplate)
  .filter((name) => name !== 'plugin' && name !== 'backend');

describe('a starter', () => {
  test.each(ours)('%s: named after its folder, with the packages of this version', async (name: Template) => {
    const folder = join(place, `My ${name}`);
    await create(folder, name);
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
    expect(manifest.name).toBe(`my-${name}`);
    const own = Object.entries(manifest.dependencies).filter(([each]) => /^@?pullback/.test(each));
    expect(own.length).toBeGreaterThan(0);
    for (const [, range] of own) expect(range).toBe(version);
    expect(await readdir(folder)).toContain('.gitignore');
    expect(await readdir(folder)).toContain('README.md');
  });

  test('has the packages of this version where 0.0.0 stands for it, and others as they are', () => {
    const text = JSON.stringify({
      name: 'pullback-node',
      dependencies: { pullback: '0.0.0', ws: '8.0.0' },
      peerDependencies: { '@pullback/core': '0.0.0' },
    });
    expect(JSON.parse(filledIn(text, { name: 'mine', version: '1.2.3' }))).toEqual({
      name: 'mine',
      dependencies: { pullback: '1.2.3', ws: '8.0.0' },
      peerDependencies: { '@pullback/core': '1.2.3' },
    });
  });

  test('never goes where something lies', async () => {
    const folder = join(place, 'taken');
    await create(folder, 'node');
    await writeFile(join(folder, 'mine.txt'), 'mine');
    await expect(create(folder, 'bun')).rejects.toThrow('a starter wants an empty folder');
    expect(await readFile(join(folder, 'mine.txt'), 'utf8')).toBe('mine');
    expect(await readdir(folder)).not.toContain('train.ts');
  });
});

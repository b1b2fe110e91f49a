import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';
import { describe, expect, test } from 'vitest';

const packages = fileURLToPath(new URL('../..', import.meta.url));

/** The source of what a package of ours exports, as `package.json` says, or undefined for what comes from elsewhere. */
function sourceOf(name: string, from: string): string | undefined {
  if (name.startsWith('.')) return join(dirname(from), name);
  // What Node takes: the file that stands in dist under the same name as in src.
  if (name === '#inversify') return join(dirname(from), 'inversify', 'on-demand.ts');
  const [folder = '', ...path] = name.replace('@pullback/', '').split('/');
  const manifest = join(packages, folder, 'package.json');
  if (!existsSync(manifest)) return undefined;
  const { exports } = JSON.parse(readFileSync(manifest, 'utf8'));
  return join(packages, folder, exports[['.', ...path].join('/')]['@pullback/source']);
}

const known = new Map<string, readonly string[]>();

/** The names that a file imports by statement, without those of types. */
function importsOf(file: string): readonly string[] {
  const before = known.get(file);
  if (before !== undefined) return before;
  const { staticImports, staticExports } = parseSync(file, readFileSync(file, 'utf8')).module;
  const imports = staticImports.filter(
    ({ entries }) => entries.length === 0 || entries.some((each) => !each.isType),
  );
  const names = [
    ...imports.map(({ moduleRequest }) => moduleRequest.value),
    ...staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest, isType }) =>
        moduleRequest === null || isType ? [] : [moduleRequest.value],
      ),
    ),
  ];
  known.set(file, names);
  return names;
}

/** Everything that is imported by statement, directly or by another: what has to be found before the first line of a program runs. */
function importedBy(entry: string): { files: string[]; others: string[] } {
  const [files, others] = [new Set<string>(), new Set<string>()];
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const name of importsOf(file)) {
      const source = sourceOf(name, file);
      if (source === undefined) others.add(name);
      else waiting.push(source);
    }
  }
  return { files: [...files], others: [...others].sort() };
}

describe('what importing pullback loads', () => {
  const { files, others } = importedBy(join(packages, 'pullback/src/index.ts'));

  test('all of it was followed', () => {
    for (const part of ['core/src/graph/value.ts', 'layers/src/plugin.ts', 'plugin/src/container.ts'])
      expect(files).toContain(join(packages, part));
  });

  test('no inversify: a first training step needs none, and its files take long to find', () => {
    expect(others.filter((name) => /inversify|reflect-metadata/.test(name))).toEqual([]);
  });

  test('nothing of Node, so that it runs in pages', () => {
    expect(others.filter((name) => name.startsWith('node:'))).toEqual([]);
  });
});

test('without a container packages need nothing but each other', () => {
  for (const name of [
    'core',
    'compiler',
    'backend-cpu',
    'backend-wasm',
    'backend-webgpu',
    'layers',
    'losses',
    'optimizers',
    'metrics',
    'train',
  ])
    expect(importedBy(join(packages, name, 'src/index.ts')).others, name).toEqual([]);
});

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { boundNames, builtins, createContainer, kinds } from 'pullback';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

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

const pages = [
  'README.md',
  ...readdirSync(new URL('docs/', root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules') && !name.startsWith('site/'))
    .map((name) => `docs/${name}`),
];

describe('every block of TypeScript that a page shows is taken from a file', () => {
  for (const name of pages)
    test(name, () => {
      const lines = readFileSync(new URL(name, root), 'utf8').split('\n');
      const loose = lines.filter(
        (line, i) => line.startsWith('```ts') && !/^<!-- (code|region) /.test(lines[i - 1] ?? ''),
      );
      expect(loose).toEqual([]);
    });
});

describe('what the pages show runs, and its assertions hold', () => {
  beforeEach(() => void vi.spyOn(console, 'log').mockImplementation(() => {}));
  afterEach(() => vi.restoreAllMocks());
  for (const name of ['custom', 'guide'])
    test(`examples/${name}`, { timeout: 60_000 }, async () => {
      await import(new URL(`examples/${name}/src/main.ts`, root).href);
      expect(console.log).toHaveBeenCalled();
    });
});

test('every page stands in the contents, once', async () => {
  const contents = await import(new URL('docs/contents.mjs', root).href);
  const listed = contents.sections.flatMap(({ pages }: { pages: string[] }) => pages);
  expect(listed.toSorted()).toEqual(contents.names);
});

test('links between pages lead somewhere', () => {
  const dead = pages.flatMap((name) => {
    const text = readFileSync(new URL(name, root), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link);
    return links
      .filter((link) => !existsSync(new URL(link, new URL(name, root))))
      .map((link) => `${name}: ${link}`);
  });
  expect(dead).toEqual([]);
});

test('links to places of pages lead to headings, as GitHub names them', () => {
  const placeOf = (heading: string) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-');
  const textOf = (page: URL) => readFileSync(page, 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  const placesOf = (page: URL) => [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, of = '']) => placeOf(of));
  const dead = pages.flatMap((name) => {
    const page = new URL(name, root);
    const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)#\s]*)#([^)]+)\)/g)];
    return links
      .filter(([, path = '', place = '']) => !placesOf(new URL(path || page.href, page)).includes(place))
      .map(([, path, place]) => `${name}: ${path}#${place}`);
  });
  expect(dead).toEqual([]);
});

test('the reference lists every name that is bound', () => {
  const reference = readFileSync(new URL('docs/reference.md', root), 'utf8');
  const rows = reference.split('\n').filter((line) => line.startsWith('| `'));
  const listed = new Set(
    rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name)),
  );
  const container = createContainer(builtins);
  const bound = kinds.filter((kind) => kind !== 'backend').flatMap((kind) => boundNames(container, kind));
  expect(bound.filter((name) => !listed.has(name))).toEqual([]);
  expect(bound.length).toBeGreaterThan(100);
});

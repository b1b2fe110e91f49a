import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { expect, test } from 'vitest';

test('the element is less than 30 KB as a page loads it, and brings nothing of the framework', async () => {
  const entry = fileURLToPath(new URL('../src/element.ts', import.meta.url));
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, minify: true, lib: { entry, formats: ['es'], fileName: 'element' } },
  });
  const chunks = [built].flat().flatMap((result) => ('output' in result ? result.output : []));
  const code = chunks.map((chunk) => ('code' in chunk ? chunk.code : '')).join('');
  const modules = chunks.flatMap((chunk) => ('moduleIds' in chunk ? chunk.moduleIds : []));
  expect(modules.length).toBeGreaterThan(8);
  expect(modules.filter((id) => !id.includes('packages/inspector/src'))).toEqual([]);
  expect(code).toContain('pullback-inspector');
  expect(gzipSync(code).length).toBeLessThan(30_000);
});

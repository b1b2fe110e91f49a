import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** A mutation of what a module makes while it loads is tried on all files: those first that notice most, those last that take longest. */
const first = ['primitives', 'refusals', 'movement', 'options', 'windows', 'elementary', 'meaning'];
const last = ['contract', 'masks', 'gradient', 'vmap', 'ops', 'vmap-rules'];

class SoonestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const name = basename(moduleId, '.test.ts');
      return first.includes(name) ? first.indexOf(name) - first.length : last.indexOf(name) + 1;
    };
    return files.toSorted((a, b) => place(a) - place(b));
  }
}

// Core as it stands beside this file, in Stryker's copy too, where node_modules still lead to the original.
export default defineConfig({
  resolve: {
    alias: { '@pullback/core': fileURLToPath(new URL('../../packages/core/src/index.ts', import.meta.url)) },
  },
  test: {
    include: ['packages/core/test/*.test.ts'],
    environment: 'node',
    sequence: { sequencer: SoonestFirst },
  },
});

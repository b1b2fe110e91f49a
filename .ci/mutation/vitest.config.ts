import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Core as it stands beside this file, in Stryker's copy too, where node_modules still lead to the original.
export default defineConfig({
  resolve: {
    alias: { '@pullback/core': fileURLToPath(new URL('../../packages/core/src/index.ts', import.meta.url)) },
  },
  test: { include: ['packages/core/test/*.test.ts'], environment: 'node' },
});

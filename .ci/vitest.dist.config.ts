import { configDefaults, defineConfig } from 'vitest/config';

// The tests once more against what is published: without the source condition, packages resolve to dist.
export default defineConfig({
  test: {
    testTimeout: 30_000,
    include: ['packages/*/test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'packages/backend-webgpu/test/adapter/**'],
    environment: 'node',
  },
});

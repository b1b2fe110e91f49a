import { defineConfig } from 'vitest/config';

// The tests once more against what is published: without the source condition, packages resolve to dist.
export default defineConfig({
  test: { include: ['packages/*/test/**/*.test.ts'], environment: 'node' },
});

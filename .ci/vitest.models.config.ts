import { defineConfig } from 'vitest/config';

// Models of others: their files are fetched by pip at the first time, and never committed. Without Python the tests say so.
export default defineConfig({
  oxc: { decorator: { legacy: true } },
  ssr: { resolve: { conditions: ['@pullback/source', 'module', 'node', 'development|production'] } },
  test: {
    environment: 'node',
    include: ['examples/sentences/test/**/*.test.ts', 'packages/keras/test/models/**/*.test.ts'],
    testTimeout: 120_000,
  },
});

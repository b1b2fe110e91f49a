import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// examples/playground, built, in a real browser.
export default defineConfig({
  root: fileURLToPath(new URL('playground', import.meta.url)),
  test: {
    name: 'playground in Chromium',
    globalSetup: './build.ts',
    // Side by side they only take each other's time.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});

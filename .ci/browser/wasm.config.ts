import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { executablePath, flags, isolation } from './chromium.ts';

// The backend wasm where most people will use it: its examination and models on it, in pages with and without cross-origin isolation.
const include = [
  'packages/backend-wasm/test/wasm-backend.test.ts',
  'packages/pullback/test/swap.test.ts',
  'packages/pullback/test/own-activation.test.ts',
  'packages/pullback/test/peers-gradients.test.ts',
  'packages/pullback/test/export.test.ts',
  '.ci/browser/wasm/pixels.test.ts',
];

function inPages(
  name: string,
  own: string,
  headers: Readonly<Record<string, string>>,
): TestProjectConfiguration {
  return {
    extends: true,
    server: { headers },
    test: {
      name,
      include: [...include, own],
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { executablePath, args: flags } }),
        instances: [{ browser: 'chromium' }],
      },
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  oxc: { decorator: { legacy: true } },
  resolve: { conditions: ['@pullback/source', 'module', 'browser', 'development|production'] },
  test: {
    testTimeout: 60_000,
    projects: [
      inPages('wasm in Chromium', '.ci/browser/wasm/alone.test.ts', {}),
      inPages('wasm in Chromium, isolated', '.ci/browser/wasm/isolated.test.ts', isolation),
    ],
  },
});

import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

// Everything that needs an adapter, in Node and in Chromium. Debian's chromium brings both the browser and a software adapter:
// apt-get install -y --no-install-recommends chromium libvulkan1
const include = ['packages/backend-webgpu/test/adapter/**/*.test.ts'];
const conditions = ['@pullback/source'];
const flags = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
];

export default defineConfig({
  oxc: { decorator: { legacy: true } },
  resolve: { conditions: [...conditions, 'module', 'browser', 'development|production'] },
  ssr: { resolve: { conditions: [...conditions, 'module', 'node', 'development|production'] } },
  test: {
    // Each file has a device; side by side they only take each other's time.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'webgpu in Node', environment: 'node', include } },
      {
        extends: true,
        test: {
          name: 'webgpu in Chromium',
          include,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath: process.env['PULLBACK_CHROMIUM'] ?? '/usr/bin/chromium',
                args: flags,
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});

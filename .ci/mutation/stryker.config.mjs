// Mutations of what gradients are made of: primitives with their vjps, and the functions derived from them.
import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);

export default {
  plugins: [resolve('@stryker-mutator/vitest-runner')],
  testRunner: 'vitest',
  vitest: { configFile: '.ci/mutation/vitest.config.ts', related: false },
  mutate: ['packages/core/src/ops/*.ts', 'packages/core/src/math/*.ts'],
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 10_000,
  ignorePatterns: ['dist', 'examples', 'docs', '.ci/mutation/reports'],
  tempDirName: '.ci/mutation/sandbox',
  reporters: ['clear-text', 'json', 'progress-append-only'],
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: '.ci/mutation/reports/mutation.json' },
  disableTypeChecks: false,
  tsconfigFile: 'none', // Stryker would rewrite it with an API that TypeScript 7 has not.
};

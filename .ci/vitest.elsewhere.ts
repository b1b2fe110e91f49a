import { existsSync } from 'node:fs';

/** Says which tests are no part of `npm test`, and whether this machine could run them. */
export function setup(): void {
  const chromium = process.env['PULLBACK_CHROMIUM'] ?? '/usr/bin/chromium';
  const there = existsSync(chromium);
  console.log(
    there
      ? 'Skipped here: the tests in a browser and the whole of WebGPU. npm run test:browser and npm run test:webgpu run them.'
      : `Skipped here: the tests in a browser and the whole of WebGPU, since there is no ${chromium}. With it npm run test:browser and npm run test:webgpu run them.`,
  );
}

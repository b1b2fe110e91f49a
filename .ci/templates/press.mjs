// Serves the built page in the folder of the first argument, opens it in Chromium, presses its button and waits until it has trained.
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const folder = process.argv[2];
const { preview } = await import(createRequire(`${folder}/`).resolve('vite'));
const server = await preview({ root: folder, logLevel: 'error', preview: { host: 'localhost', port: 0 } });
const browser = await chromium.launch({
  executablePath: process.env.PULLBACK_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--no-first-run'],
});
const page = await browser.newPage();
const wrong = [];
page.on('pageerror', (error) => wrong.push(String(error)));
page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
await page.goto(server.resolvedUrls.local[0]);
const says = (text) =>
  page
    .waitForFunction((wanted) => document.querySelector('output')?.textContent.includes(wanted), text, {
      timeout: 60_000,
    })
    .catch((error) => wrong.push(String(error)));
await says('not trained yet');
await page.click('button');
await says('100 epochs');
const said = await page.textContent('output');
await browser.close();
await server.close();
if (wrong.length > 0 || !said.endsWith('accuracy 1')) throw new Error([said, ...wrong].join('\n'));

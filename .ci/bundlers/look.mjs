// Builds the page of this folder with every bundler, opens it in Chromium and lets it train: with wasm, and with what `auto` takes. All are tried; fails where one did.
import { createReadStream, existsSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';
import { bundlers, versionOf } from './bundlers.mjs';

const kinds = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.cjs': 'text/javascript',
};
const server = createServer(({ url }, response) => {
  const path = join(
    import.meta.dirname,
    'built',
    normalize(decodeURIComponent(new URL(url, 'http://x').pathname)),
  );
  const file = existsSync(path) && statSync(path).isDirectory() ? `${path}/index.html` : path;
  if (!existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': kinds[extname(file)] ?? 'application/octet-stream' });
  createReadStream(file).pipe(response);
});
await new Promise((resolve) => server.listen(0, 'localhost', resolve));

const browser = await chromium.launch({
  executablePath: process.env.PULLBACK_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--no-first-run'],
});

async function learns(url, backend) {
  const tab = await browser.newPage();
  const wrong = [];
  tab.on('pageerror', (error) => wrong.push(String(error)));
  tab.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
  await tab.goto(`${url}?backend=${backend}`);
  await tab
    .waitForFunction(() => document.title !== 'pages', undefined, { timeout: 60_000 })
    .catch((error) => wrong.push(String(error)));
  const said = await tab.title();
  await tab.close();
  if (said !== 'wasm learned' || wrong.length > 0) throw new Error([said, ...wrong].join('\n'));
}

const wanted = process.argv.slice(2);
let failed = false;
for (const [name, make] of Object.entries(bundlers)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const folder = `${import.meta.dirname}/built/${name}`;
  rmSync(folder, { recursive: true, force: true });
  try {
    await make(folder);
    for (const backend of ['wasm', 'auto'])
      await learns(`http://localhost:${server.address().port}/${name}/`, backend);
    console.log(`${name}${versionOf(name)}: learned`);
  } catch (why) {
    failed = true;
    console.error(`${name}${versionOf(name)}: ${why.stack ?? JSON.stringify(why.diagnostics ?? why)}`);
  }
}
await browser.close();
server.close();
process.exit(failed ? 1 : 0);

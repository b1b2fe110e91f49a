// Builds and serves the page in this folder with Vite, and opens it in Chromium with every backend: on the main thread, in a worker, as a model that a worker
// serves, from a build and from the dev server. Fails at the first page that does not learn, throws or logs an error.
import { readdirSync, readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { build, createServer, parseSync, preview } from 'vite';

const server = { host: 'localhost', port: 0 };
const shared = { root: import.meta.dirname, logLevel: 'warn', worker: { format: 'es' } };

/** Each built file as a parser sees it, and its map: sources that are there, in files that are there. */
function examine(folder) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (name.endsWith('.js')) {
      const { errors } = parseSync(name, readFileSync(`${folder}/${name}`, 'utf8'));
      if (errors.length > 0) throw new Error(`${name} is no JavaScript: ${errors[0].message}`);
    }
    if (name.endsWith('.map')) {
      const { sources, sourcesContent } = JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'));
      const empty = sources.filter((_, i) => !sourcesContent?.[i]);
      if (empty.length > 0) throw new Error(`${name} has no text of ${empty.join(', ')}`);
    }
  }
}

const browser = await chromium.launch({
  executablePath: process.env.PULLBACK_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--no-first-run', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
});

async function look(name, url) {
  for (const where of ['main thread', 'worker', 'served'])
    for (const [backend, ran] of [
      ['cpu', 'cpu'],
      ['wasm', 'wasm'],
      ['webgpu', 'webgpu'],
      // Chromium's adapter computes on the CPU, so auto prefers wasm to it.
      ['auto', 'wasm'],
    ]) {
      const page = await browser.newPage();
      const wrong = [];
      page.on('pageerror', (error) => wrong.push(String(error)));
      page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
      await page.goto(`${url}?backend=${backend}&where=${where}`);
      await page
        .waitForFunction(() => document.title !== 'pages', undefined, { timeout: 60_000 })
        .catch((error) => wrong.push(String(error)));
      const said = await page.title();
      await page.close();
      const at = `${name}, ${where}, ${backend}`;
      if (said !== `${ran} learned` || wrong.length > 0)
        throw new Error(`${at}: ${[said, ...wrong].join('\n')}`);
      console.log(`${at}: ${said}`);
    }
}

try {
  for (const minify of [true, false]) {
    const outDir = `built-${minify}`;
    await build({ ...shared, build: { outDir, minify, sourcemap: true, target: 'es2022' } });
    examine(`${import.meta.dirname}/${outDir}`);
    const served = await preview({ ...shared, build: { outDir }, preview: server });
    await look(`built${minify ? '' : ', not minified'}`, served.resolvedUrls.local[0]);
    await served.close();
  }
  const dev = await createServer({ ...shared, server });
  await dev.listen();
  await look('dev server', dev.resolvedUrls.local[0]);
  await dev.close();
} finally {
  await browser.close();
}

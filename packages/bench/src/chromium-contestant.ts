import { createReadStream, existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Contestant, Opener } from './contestant.ts';
import type { Entry } from './entries.ts';
import type { Calls, Kind, Reply } from './protocol.ts';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** The last two give a machine without a graphics processor an adapter. */
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

/** A page of a browser of its own. */
class ChromiumContestant implements Contestant {
  constructor(
    readonly entry: Entry,
    readonly browser: Browser,
    readonly page: Page,
  ) {}

  async ask<K extends Kind>(kind: K, ...args: Parameters<Calls[K]>): Promise<Awaited<ReturnType<Calls[K]>>> {
    const reply = await this.page.evaluate<Reply<K>, unknown>(
      (request) => {
        const bench: unknown = Reflect.get(globalThis, 'bench');
        if (typeof bench !== 'function') throw new Error('page.ts was not loaded');
        return bench(request);
      },
      { kind, args },
    );
    if ('failure' in reply) throw new Error(reply.failure);
    return reply.result;
  }

  async end(): Promise<void> {
    await this.browser.close();
  }
}

/** Runs `use` with pages that come from a server of their own, cross-origin isolated where several threads are asked for. */
export async function withChromium<T>(use: (open: Opener) => Promise<T>): Promise<T> {
  if (!existsSync(executablePath))
    throw new Error(`no ${executablePath}: Debian's package chromium has it, or CHROMIUM names another`);
  const server = await serve();
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    return await use(async (entry) => {
      const browser = await chromium.launch({ executablePath, args: flags });
      const page = await browser.newPage();
      // In an isolated page some libraries take threads, asked or not.
      const isolated = entry.setting.threads > 1;
      await page.goto(`http://localhost:${port}/${isolated ? 'isolated' : ''}`);
      await page.waitForFunction(() => 'bench' in globalThis);
      return new ChromiumContestant(entry, browser, page);
    });
  } finally {
    server.close();
  }
}

const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.wasm': 'application/wasm' };
const html = '<!doctype html><title>bench</title><script type="module" src="/page.js"></script>';

async function serve(): Promise<Server> {
  const built = fileURLToPath(new URL('page', import.meta.url));
  const tfjs = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  const server = createServer(({ url = '/' }, response) => {
    const path = normalize(url);
    if (path === '/isolated') response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    if (path !== '/') response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    response.setHeader('Content-Type', types[extname(path)] ?? 'text/html');
    if (path === '/' || path === '/isolated') return response.end(html);
    const file = path.startsWith('/tfjs-wasm/')
      ? join(dirname(tfjs), '../wasm-out', path.slice('/tfjs-wasm/'.length))
      : join(built, path);
    if (existsSync(file)) return createReadStream(file).pipe(response);
    response.statusCode = 404;
    return response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return server;
}

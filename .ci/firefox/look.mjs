// Builds the page of .ci/bundlers by esbuild, opens it in Firefox without a window, and lets it train with wasm, with cpu and with what `auto` takes. Firefox is driven by nothing: the page tells this
// server its title when that changes.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { bundlers } from './bundlers.mjs';

const profile = mkdtempSync(`${tmpdir()}/pullback-firefox-`);
const built = `${import.meta.dirname}/built`;
await bundlers.esbuild(built);
const telling = `<script type="module">
  const told = setInterval(() => {
    if (document.title === 'pages') return;
    clearInterval(told);
    fetch('/said', { method: 'POST', body: document.title });
  }, 50);
  addEventListener('error', ({ message }) => { document.title = 'failed: ' + message; });
</script></head>`;

let heard = () => {};
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://x');
  if (request.method === 'POST') {
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      response.end();
      heard(text);
    });
    return;
  }
  const isPage = pathname === '/';
  try {
    const text = readFileSync(`${built}${isPage ? '/index.html' : pathname}`, 'utf8');
    response.writeHead(200, { 'content-type': isPage ? 'text/html' : 'text/javascript' });
    response.end(isPage ? text.replace('</head>', telling) : text);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, 'localhost', resolve));

async function said(backend) {
  const url = `http://localhost:${server.address().port}/?backend=${backend}`;
  const firefox = spawn(
    process.env.PULLBACK_FIREFOX ?? 'firefox-esr',
    ['--headless', '--no-remote', '--profile', profile, url],
    { stdio: 'ignore', env: { ...process.env, HOME: profile } },
  );
  let timer;
  try {
    return await new Promise((resolve, reject) => {
      heard = resolve;
      firefox.on('error', reject);
      timer = setTimeout(() => reject(new Error('Firefox said nothing for 2 minutes')), 120_000);
    });
  } finally {
    clearTimeout(timer);
    firefox.kill();
    await new Promise((resolve) => (firefox.exitCode === null ? firefox.once('exit', resolve) : resolve()));
  }
}

let failed = false;
for (const [backend, ran] of [
  ['wasm', 'wasm'],
  ['cpu', 'cpu'],
  ['auto', 'wasm'],
]) {
  const text = await said(backend).catch(String);
  console.log(`Firefox, ${backend}: ${text}`);
  failed ||= text !== `${ran} learned`;
}
server.close();
rmSync(profile, { recursive: true, force: true });
process.exit(failed ? 1 : 0);

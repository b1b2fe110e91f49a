import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { Playground } from './playground.ts';

const examples = fileURLToPath(new URL('../../../examples', import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('npm run example playground serves the page from source, isolated', async () => {
  const port = await freePort();
  const options = ['--port', String(port), '--strictPort', '--host', 'localhost'];
  const child = spawn('node', ['run.mjs', 'playground', ...options], { cwd: examples, detached: true });
  onTestFinished(() => {
    // With all that it started: npm, and Vite.
    if (child.pid !== undefined) process.kill(-child.pid);
  });
  await new Promise<void>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      if (output.includes('Local:')) resolve();
    });
    child.on('exit', () => reject(new Error(`the server ended: ${output}`)));
  });
  const playground = await Playground.open({ url: `http://localhost:${port}/` });
  expect(await playground.text('machine')).toMatch(/Threads of wasm: the page is cross-origin isolated/);
  await playground.train();
  expect(await playground.says(/^Done/)).toMatch(/solved/);
});

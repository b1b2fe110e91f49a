import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};
const built = fileURLToPath(new URL('../../../examples/playground/dist/page', import.meta.url));

/** A static host in a folder of its own, with these headers on all that it sends. */
export async function serve(headers: Readonly<Record<string, string>>) {
  const server = createServer(async ({ url = '/' }, response) => {
    const path = normalize(new URL(url, 'http://localhost').pathname);
    const file = path.replace(/^\/folder\//, '/').replace(/\/$/, '/index.html');
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    try {
      if (!path.startsWith('/folder/')) throw new Error('outside');
      const bytes = await readFile(join(built, file));
      response.setHeader('Content-Type', types[extname(file)] ?? 'application/octet-stream').end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://localhost:${port}/folder/`, close: () => server.close() };
}

import { defineConfig } from 'vite';
import { digits } from './digits-plugin.ts';
import { book } from './text-plugin.ts';

// SharedArrayBuffer, and with it threads, needs both. Pages of hosts that send neither work with one thread.
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  base: './', // works from any folder of a static host
  resolve: { conditions: ['@pullback/source', 'module', 'browser', 'development|production'] },
  oxc: { decorator: { legacy: true } },
  worker: { format: 'es', plugins: () => [] },
  build: { outDir: 'dist/page', target: 'es2022' },
  plugins: [digits(), book()],
  server: { headers: isolation },
  preview: { headers: isolation },
});

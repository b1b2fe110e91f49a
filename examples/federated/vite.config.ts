import { defineConfig } from 'vite';

export default defineConfig({
  resolve: { conditions: ['@pullback/source', 'module', 'browser', 'development|production'] },
  oxc: { decorator: { legacy: true } },
  build: { outDir: 'dist/page', target: 'es2022' },
});

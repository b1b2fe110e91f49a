import { defineConfig } from 'vitepress';
import { sections, titleOf } from '../../contents.mjs';

// The pages are those of docs/, as they are: code in them is code of the repository, and the tests run it.
export default defineConfig({
  title: 'Pullback',
  description: 'Neural networks as graphs of differentiable nodes',
  srcDir: 'pages', // made by pages.mjs
  outDir: 'dist',
  markdown: { lineNumbers: false },
  // Exercises are graded by the source of the repository.
  vite: { resolve: { conditions: ['@pullback/source'] }, ssr: { noExternal: [/^@pullback\//] } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: sections.map(({ text, pages }) => ({
      text,
      collapsed: pages.length > 12,
      items: pages.map((name) => ({ text: titleOf(name), link: `/${name}` })),
    })),
  },
});

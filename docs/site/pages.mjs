// Puts the pages of docs/, and README.md as the first, where vitepress looks for them. Links to what is no page lead to the repository.
// What a language model reads stands beside them: llms.txt, the pages as they are, and all of them in llms-full.txt.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { llms, names, placed, sections } from '../contents.mjs';

const site = dirname(fileURLToPath(import.meta.url));
const docs = join(site, '..');
const pages = join(site, 'pages');

/** Where a link leads in the site. */
function ledTo(target, link) {
  if (target === 'README.md') return '/';
  if (target.startsWith('docs/') && target.endsWith('.md')) return `/${target.slice('docs/'.length)}`;
  // Pictures of a page lie beside it.
  return target.startsWith('docs/') && /\.(svg|png)$/.test(target) ? link : undefined;
}

/** Pages as they are link to each other as in the repository. */
const asTheyAre = (target, link) => (target.startsWith('docs/') && target.endsWith('.md') ? link : undefined);

function put(to, text) {
  mkdirSync(dirname(join(pages, to)), { recursive: true });
  writeFileSync(join(pages, to), text);
}

rmSync(pages, { recursive: true, force: true });
put('index.md', placed('README.md', ledTo));
for (const name of names) {
  put(`${name}.md`, placed(`docs/${name}.md`, ledTo));
  put(`public/${name}.md`, placed(`docs/${name}.md`, asTheyAre));
}
for (const name of readdirSync(docs, { recursive: true, encoding: 'utf8' }))
  if (/\.(svg|png)$/.test(name) && !/^(site|api)\//.test(name) && existsSync(join(docs, name)))
    cpSync(join(docs, name), join(pages, name), { recursive: true });
put('public/llms.txt', llms());
const inOrder = sections.flatMap((section) => section.pages);
put('public/llms-full.txt', inOrder.map((name) => placed(`docs/${name}.md`, asTheyAre)).join('\n\n'));

// Puts the pages of docs/, and README.md as the first, where vitepress looks for them. Links to what is no page lead to the repository.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const site = dirname(fileURLToPath(import.meta.url));
const root = join(site, '../..');
const pages = join(site, 'pages');
const repository = 'https://github.com/pullback-js/pullback/tree/main/';
const isPage = (name) => name.endsWith('.md') && !/^(site|api)\/|node_modules/.test(name);

/** A link of the page at `from`, both as paths in the repository. */
function ledTo(link, from) {
  const [path, place = ''] = link.split('#');
  const target = posix.normalize(posix.join(posix.dirname(from), path));
  const behind = place === '' ? '' : `#${place}`;
  if (target === 'README.md') return `/${behind}`;
  if (target.startsWith('docs/') && target.endsWith('.md'))
    return `/${target.slice('docs/'.length)}${behind}`;
  // Pictures of a page lie beside it.
  if (target.startsWith('docs/') && /\.(svg|png)$/.test(target)) return link;
  return `${repository}${target}${behind}`;
}

function copy(from, to) {
  const text = readFileSync(join(root, from), 'utf8').replace(
    /\]\((?!https?:|#)([^)\s]+)\)/g,
    (_, link) => `](${ledTo(link, from)})`,
  );
  mkdirSync(dirname(join(pages, to)), { recursive: true });
  writeFileSync(join(pages, to), text);
}

rmSync(pages, { recursive: true, force: true });
copy('README.md', 'index.md');
for (const name of readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }))
  if (isPage(name)) copy(`docs/${name}`, name);
  else if (/\.(svg|png)$/.test(name) && !/^(site|api)\//.test(name) && existsSync(join(root, 'docs', name)))
    cpSync(join(root, 'docs', name), join(pages, name), { recursive: true });

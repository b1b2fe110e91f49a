// The pages of docs/ in the order in which they are read: by the site, llms.txt and the published package.
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

const root = new URL('../', import.meta.url);
const repository = 'https://github.com/pullback-js/pullback/tree/main/';

const isPage = (name) => name.endsWith('.md') && !name.includes('node_modules') && !name.startsWith('site/');

/** Every page of docs/, without its ending. */
export const names = readdirSync(new URL('docs/', root), { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter(isPage)
  .map((name) => name.slice(0, -'.md'.length))
  .sort();

const inFolder = (folder) => names.filter((name) => name.startsWith(`${folder}/`));

export const sections = [
  {
    text: 'Use it',
    pages: [
      'getting-started',
      'training',
      'graphs',
      'sequences',
      'mathematics',
      'fine-tuning',
      'onnx',
      'distributed',
      'federated',
      'webgpu',
    ],
  },
  { text: 'Programs', pages: ['recipes', 'autodiff-cookbook', 'coming-from'] },
  { text: 'See it', pages: ['inspector', 'plots'] },
  { text: 'Write your own', pages: inFolder('extending') },
  {
    text: 'Understand it',
    pages: [
      'backpropagation',
      'backpropagation.ko',
      'exercises',
      'exercises.ko',
      'pdp-1986',
      'glossary',
      'architecture',
      'reference',
      'benchmarks',
    ],
  },
  { text: 'Why it is so', pages: inFolder('decisions') },
];

export const textOf = (name) => readFileSync(new URL(`docs/${name}.md`, root), 'utf8');

/** The heading of a page. */
export const titleOf = (name) => /^# (.+)$/m.exec(textOf(name))?.[1] ?? name;

/** The first sentence of a page. */
export function summaryOf(name) {
  const [, paragraph = ''] = /^# .+\n+([\s\S]+?)\n\n/m.exec(`${textOf(name)}\n\n`) ?? [];
  const plain = paragraph.replace(/\s+/g, ' ').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
  return /^[^\w`가-힣]/.test(plain)
    ? ''
    : (/^(?:`[^`]*`|[^`])+?\.(?= |$)/.exec(plain)?.[0] ?? plain.replace(/:$/, '.'));
}

/**
 * The text of a file in the repository, with links that hold where it is put.
 * @param ledTo where a link to that path in the repository leads; undefined for one that stays as it is.
 */
export function placed(file, ledTo) {
  return readFileSync(new URL(file, root), 'utf8').replace(/\]\((?!https?:|#)([^)\s]+)\)/g, (_, link) => {
    const [path, place = ''] = link.split('#');
    const target = posix.normalize(posix.join(posix.dirname(file), path));
    const behind = place === '' ? '' : `#${place}`;
    return `](${ledTo(target, link) ?? `${repository}${target}`}${behind})`;
  });
}

/** llms.txt (llmstxt.org): what Pullback is, and each page with its first sentence. */
export function llms() {
  const [, about = ''] =
    /^# .+\n+([\s\S]+?)\n\n/.exec(readFileSync(new URL('README.md', root), 'utf8')) ?? [];
  const entry = (name) => {
    const summary = summaryOf(name);
    return `- [${titleOf(name)}](${name}.md)${summary === '' ? '' : `: ${summary}`}`;
  };
  const parts = sections.map(({ text, pages }) => `## ${text}\n\n${pages.map(entry).join('\n')}`);
  return `# Pullback\n\n> ${about.replace(/\s+/g, ' ')}\n\n${parts.join('\n\n')}\n`;
}

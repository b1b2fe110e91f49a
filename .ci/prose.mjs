// node .ci/prose.mjs: sentences that readers stumble over, as `file:line: sentence`; ends with 1 where there are any. Part of `npm run lint`.
//   in pages       a sentence of more than 25 words, counted between . : ; ! and ?, and one whose subject is "What ..."
//   in docstrings  the second
// Headings, tables, captions, equations and code are left out; inline code is one word.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const most = 25;
const spared = /^\.changeset\/|(^|\/)CHANGELOG\.md$|^CODE_OF_CONDUCT\.md$/;

const listed = (...patterns) =>
  execFileSync('git', ['ls-files', '--', ...patterns], { encoding: 'utf8' })
    .trim()
    .split('\n');
const lineBreaks = (text) => text.replace(/[^\n]/g, '');

/** The text without what is no prose. Every line keeps its number. */
function plain(text) {
  return text
    .replace(/^ *```[\s\S]*?^ *```|\$\$[\s\S]*?\$\$/gm, lineBreaks)
    .replace(/`[^`]*`/g, (code) => `CODE${lineBreaks(code)}`)
    .replace(/!\[[^\]]*\]\([^)]*\)|<[a-z!/][^>]*>/gi, lineBreaks)
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll('**', '');
}

/** Paragraphs and items of lists, each with the number of its first line. */
function blocksOf(text) {
  const blocks = [];
  let open;
  for (const [i, line] of text.split('\n').entries()) {
    const ends = line.trim() === '' || /^\s*[#|]/.test(line) || (!open && /^ {4}/.test(line));
    if (ends) open = undefined;
    else if (open && !/^\s*(-|\*|\d+\.) /.test(line)) open.text += `\n${line}`;
    else {
      open = { first: i + 1, text: line.replace(/^\s*(-|\*|\d+\.) /, '') };
      blocks.push(open);
    }
  }
  return blocks;
}

function sentencesOf({ first, text }) {
  return [...text.matchAll(/\S[\s\S]*?(?:[.!?:;](?=\s)|$(?![\s\S]))/g)].map(({ 0: sentence, index }) => ({
    line: first + lineBreaks(text.slice(0, index)).length,
    sentence: sentence.replace(/\s+/g, ' ').trim(),
  }));
}

const isLong = (sentence) => sentence.split(' ').filter((word) => /\w/.test(word)).length > most;
const hasNoSubject = (sentence) => /^(And |But )?What /.test(sentence) && !sentence.endsWith('?');

/** Docstrings as pages: all else of the source is empty lines. */
function docstringsOf(source) {
  const parts = source.split(/(^ *\/\*\*[\s\S]*?\*\/)/m);
  const words = (comment) => comment.replace(/^ *(\/\*\*| \*\/?) ?|\*\/$/gm, '').replace(/^(?=@)/gm, '- ');
  return parts.map((part, i) => (i % 2 === 0 ? lineBreaks(part) : words(part))).join('');
}

let found = 0;
function examine(file, text, isWrong) {
  for (const { line, sentence } of blocksOf(plain(text)).flatMap(sentencesOf)) {
    if (!isWrong(sentence)) continue;
    console.log(`${file}:${line}: ${sentence}`);
    found++;
  }
}

for (const file of listed('*.md').filter((name) => !spared.test(name)))
  examine(file, readFileSync(file, 'utf8'), (sentence) => isLong(sentence) || hasNoSubject(sentence));
for (const file of listed('packages/*/src/*.ts'))
  examine(file, docstringsOf(readFileSync(file, 'utf8')), hasNoSubject);
if (found > 0)
  console.error(
    `${found} sentences: at most ${most} words, and a subject that is a thing in the code or on the page`,
  );
process.exitCode = found > 0 ? 1 : 0;

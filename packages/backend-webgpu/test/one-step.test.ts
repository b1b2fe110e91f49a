import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { stages } from './one-step.ts';

// `npx vitest run one-step -u` writes them into the page.
test('docs/architecture.md shows what the stages of a step are', async () => {
  const page = new URL('../../../docs/architecture.md', import.meta.url);
  const texts = stages();
  let shown = 0;
  const filled = readFileSync(page, 'utf8').replaceAll(
    /(<!-- printed (\w+) -->\n```text\n)[\s\S]*?(```\n)/g,
    (_, start: string, name: string, end: string) => {
      shown++;
      return `${start}${texts[name] ?? `there is no ${name}`}\n${end}`;
    },
  );
  expect(shown).toBe(Object.keys(texts).length);
  await expect(filled).toMatchFileSnapshot('../../../docs/architecture.md');
});

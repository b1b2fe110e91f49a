#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { asked } from './asked.ts';
import { create } from './create.ts';
import { isTemplate, templates } from './templates.ts';

const list = Object.entries(templates)
  .map(([name, { text }]) => `  ${name.padEnd(8)} ${text}`)
  .join('\n');

const usage = `npm create pullback [folder] -- [--template NAME]

${list}`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { template: { type: 'string', short: 't' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) {
    console.log(usage);
    return;
  }
  const template = values.template ?? (await asked(`Which of these?\n${list}\n`, 'vite'));
  if (!isTemplate(template)) throw new Error(`no template is called '${template}'. There are:\n${list}`);
  const folder = positionals[0] ?? (await asked('Into which folder? ', `pullback-${template}`));
  await create(folder, template);
  console.log(`\n${folder} is there. Now:\n\n  cd ${folder}\n  ${templates[template].next.join('\n  ')}\n`);
}

main().catch((failure: unknown) => {
  console.error(failure instanceof Error ? failure.message : failure);
  process.exitCode = 1;
});

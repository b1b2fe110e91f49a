// npx tsx --tsconfig tsconfig.base.json --conditions=@pullback/source packages/onnx/test/node-cases/run.ts FOLDER [--only TEXT] [--gradients] [--table FILE]
// Runs the node cases that cases.py wrote on cpu and wasm, at the tolerances of onnx's own runner: a line for each that fails, counts, and a table.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CpuBackend } from '@pullback/backend-cpu';
import { WasmBackend } from '@pullback/backend-wasm';
import type { Backend } from '@pullback/core';
import { gradientsOf, type NodeCase, type Outcome, reason, runCase } from './case.ts';
import { type Row, tableOf } from './table.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    backend: { type: 'string' },
    gradients: { type: 'boolean', default: false },
    table: { type: 'string' },
    passed: { type: 'string' },
  },
});
const [folder = '.'] = positionals;
const read = (file: string) => readFileSync(`${folder}/${file}`);
const listed: { readonly cases: readonly string[]; readonly onnx: string } = JSON.parse(
  String(read('cases.json')),
);
const all = listed.cases.map((name): NodeCase => JSON.parse(String(read(`${name}.json`))));
const operators = new Map(all.map(({ name, operator }) => [name, operator]));
const chosen = all.filter(({ name }) => name.includes(options.only));

/** What a case of several nodes is about: the operator that it is an expansion of, or the first word of its name. */
function about({ name, operator }: NodeCase): string {
  return operator || operators.get(name.replace(/_expanded.*$/, '')) || (name.split('_')[1] ?? name);
}

async function outcomeOf(each: NodeCase, backend: Backend): Promise<Outcome> {
  try {
    return await runCase(read(`${each.name}.onnx`), each, backend);
  } catch (error) {
    return { why: reason(error), folded: false };
  }
}

const backends = [new CpuBackend(), new WasmBackend()].filter(
  ({ name }) => (options.backend ?? name) === name,
);
const rows: Row[] = [];
for (const each of chosen) {
  const outcomes: Record<string, Outcome> = {};
  for (const backend of backends) outcomes[backend.name] = await outcomeOf(each, backend);
  const passes = Object.values(outcomes).some(({ why }) => why === '');
  const gradients = passes && options.gradients ? await gradientsOf(read(`${each.name}.onnx`), each) : 'none';
  rows.push({ ...each, operator: about(each), outcomes, gradients });
  const lines = new Set(Object.values(outcomes).map(({ why }) => why));
  for (const [name, { why }] of Object.entries(outcomes))
    if (why !== '' && lines.delete(why))
      console.log(`${each.name}${lines.has('') ? ` on ${name}` : ''}: ${why}`);
  if (!['none', 'rounded', 'right'].includes(gradients)) console.log(`${each.name}, gradients: ${gradients}`);
}
for (const { name } of backends) {
  const count = (some: readonly Row[]) => {
    const passed = some.filter(({ outcomes }) => outcomes[name]?.why === '').length;
    return `${passed} of ${some.length} (${((100 * passed) / Math.max(1, some.length)).toFixed(1)}%)`;
  };
  const folded = rows.filter(({ outcomes }) => outcomes[name]?.why === '' && outcomes[name].folded).length;
  const crashed = rows.filter(({ outcomes }) => outcomes[name]?.why.startsWith('crash')).length;
  console.log(
    `onnx ${listed.onnx}, ${name}: numeric cases ${count(rows.filter(({ numeric }) => numeric))}, all cases ${count(rows)}; ${crashed} crashed, ${folded} passed with nothing left to run`,
  );
}
if (options.table !== undefined)
  writeFileSync(options.table, tableOf(rows, listed.onnx, readFileSync(options.table, 'utf8')));
if (options.passed !== undefined)
  writeFileSync(
    options.passed,
    rows.flatMap(({ name, outcomes }) => (outcomes['cpu']?.why === '' ? [name] : [])).join('\n'),
  );

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const packages = new URL('../../', import.meta.url);

/** Words that are also what something else is called there: kinds of ops and statements, forms, operations of formulas, WGSL's own functions. */
const otherwise: Readonly<Record<string, readonly string[]>> = {
  gather: ['compiler', 'backend-wasm', 'backend-webgpu'],
  literal: ['compiler'],
  contract: ['compiler', 'backend-wasm'],
  round: ['backend-webgpu'],
  scatterAdd: ['backend-webgpu'],
};
const operations = [
  'add',
  'sub',
  'mul',
  'div',
  'neg',
  'abs',
  'sqrt',
  'floor',
  'ceil',
  'equal',
  'less',
  'lessEqual',
];
const further = ['and', 'or', 'not', 'select', 'cast', 'sum', 'max', 'argmax'];

/** The names of the primitives of core, as their files write them. */
function namesOfPrimitives(): string[] {
  const ops = new URL('core/src/ops/', packages);
  return readdirSync(ops).flatMap((file) =>
    [
      ...readFileSync(new URL(file, ops), 'utf8').matchAll(
        /(?:\n {2}name: |(?:unary|binary|identity|(?:view|parts|elements)Primitive(?:<[^(]*>)?)\(\s*)'(\w+)'/g,
      ),
    ].map(([, name = '']) => name),
  );
}

function sourcesOf(name: string): string[] {
  const folder = new URL(`${name}/src/`, packages);
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(new URL(file, folder), 'utf8'));
}

test('no compiler and no backend knows a primitive by its name', () => {
  const names = namesOfPrimitives().filter((name) => ![...operations, ...further].includes(name));
  expect(names).toEqual(
    expect.arrayContaining(['exp', 'tanh', 'transpose', 'concatenate', 'contract', 'threefry']),
  );
  for (const name of ['compiler', 'backend-cpu', 'backend-wasm', 'backend-webgpu']) {
    const text = sourcesOf(name).join('\n');
    const known = names.filter((primitive) => !otherwise[primitive]?.includes(name));
    expect([name, known.filter((primitive) => new RegExp(`['"\`]${primitive}['"\`]`).test(text))]).toEqual([
      name,
      [],
    ]);
    // What is called the same as an operation of formulas is never looked up by a primitive's name.
    expect(text).not.toMatch(/primitive\.name (===|!==)|case primitive\.name/);
  }
});

import { readFile } from 'node:fs/promises';
import type { Options } from 'tsup';
import { parseSync } from 'vite';

/**
 * Every package says that importing it does nothing: what its modules define at their top is thrown away where nobody asks for it. In one file
 * for the whole package a bundler has to be told so at each call: `var relu = /* @__PURE__ *\/ defineActivation(...)`. What comes from
 * elsewhere, such as the metadata that inversify loads, stays as it is.
 */
export const pureCalls: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'pure-calls',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/src\/[^/].*\.ts$/ }, async ({ path }) =>
      path.includes('/node_modules/')
        ? undefined
        : { contents: annotated(path, await readFile(path, 'utf8')), loader: 'ts' },
    ),
};

const mark = '/* @__PURE__ */ ';

function annotated(path: string, code: string): string {
  const places = new Set<number>();
  for (const statement of parseSync(path, code).program.body) {
    const { declaration = statement } = Object(statement);
    for (const { init } of declaration?.declarations ?? []) callsIn(init, places);
  }
  return [...places]
    .sort((a, b) => b - a)
    .reduce((text, place) => text.slice(0, place) + mark + text.slice(place), code);
}

/** Where the calls start that are made when the expression is evaluated: not those inside of functions. */
function callsIn(node: unknown, places: Set<number>): void {
  if (typeof node !== 'object' || node === null) return;
  const { type, start } = Object(node);
  if (type === 'FunctionExpression' || type === 'ArrowFunctionExpression') return;
  if (type === 'CallExpression' || type === 'NewExpression') places.add(start);
  for (const child of Object.values(node)) callsIn(child, places);
}

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

/** Code with marks before all calls that run when it is imported. */
function annotated(path: string, code: string): string {
  const marks = new Map<number, string>();
  for (const statement of parseSync(path, code).program.body) {
    const { declaration = statement } = Object(statement);
    for (const { init } of declaration?.declarations ?? []) {
      const { calls, divisors } = evaluatedIn(init);
      // Minifiers print `1 / /* @__PURE__ */ f()` as `1//*#__PURE__*/f()`, a comment to the end of the line: such an expression is one call.
      if ([...divisors].every((place) => !calls.has(place)))
        for (const place of calls) marks.set(place, mark);
      else marks.set(init.start, `${mark}(() => (`).set(init.end, '))()');
    }
  }
  return [...marks]
    .sort(([a], [b]) => b - a)
    .reduce((text, [place, added]) => text.slice(0, place) + added + text.slice(place), code);
}

/** Where calls and divisors start that are evaluated with the expression: not those inside of functions. */
function evaluatedIn(expression: unknown): { calls: Set<number>; divisors: Set<number> } {
  const [calls, divisors] = [new Set<number>(), new Set<number>()];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, start, operator, right } = Object(node);
    if (type === 'FunctionExpression' || type === 'ArrowFunctionExpression') return;
    if (type === 'CallExpression' || type === 'NewExpression') calls.add(start);
    if (operator === '/') divisors.add(right.start);
    Object.values(node).forEach(visit);
  };
  visit(expression);
  return { calls, divisors };
}

/**
 * `export * as field` is an object that a call fills: a bundler keeps it, and all that it names, in every page. As the result of a pure call it goes where nobody
 * asks for it.
 */
export const pureNamespaces: NonNullable<Options['plugins']>[number] = {
  name: 'pure-namespaces',
  renderChunk: (code) => ({
    code: code
      .replace(/^(var __export = [^;]*;)\n\};/m, '$1 return target;\n};')
      .replace(/^var (\w+_exports) = \{\};\n__export\(\1, /gm, `var $1 = ${mark}__export({},\n`),
  }),
};

import type * as Inversify from 'inversify';

const { process } = globalThis as unknown as { process: ProcessOfNode };

let found: typeof Inversify | undefined;

/**
 * The application's own `inversify`, read when it is first asked for: in Node its 350 files take longer to find than a first training step
 * without a container takes. `require` gives the module that `import` gives (Node 20.19, 22.12).
 */
export function inversify(): typeof Inversify {
  found ??= read();
  return found;
}

/** Where the copies lie that `inversify` gives and that an application would import, as far as that is known. */
export function copies(): { readonly own: string; readonly application?: string } {
  const { createRequire } = process.getBuiltinModule('node:module');
  const own = createRequire(import.meta.url).resolve('inversify');
  try {
    return { own, application: createRequire(`${process.cwd()}/`).resolve('inversify') };
  } catch {
    return { own };
  }
}

function read(): typeof Inversify {
  const Module = process.getBuiltinModule('node:module');
  const require = Module.createRequire(import.meta.url);
  if (!('.ts' in require.extensions)) return require('inversify');
  // Loaders of TypeScript, such as tsx, make another copy of what is required: here the file is read past them.
  const path = require.resolve('inversify');
  const module = new Module(path);
  module._compile(process.getBuiltinModule('node:fs').readFileSync(path, 'utf8'), path, 'module');
  return module.exports;
}

interface ProcessOfNode {
  cwd(): string;
  getBuiltinModule(name: 'node:module'): ModuleOfNode;
  getBuiltinModule(name: 'node:fs'): { readFileSync(path: string, encoding: 'utf8'): string };
}

interface ModuleOfNode {
  new (
    path: string,
  ): {
    readonly exports: typeof Inversify;
    _compile(content: string, path: string, format: 'module'): void;
  };
  createRequire(from: string): {
    (name: 'inversify'): typeof Inversify;
    resolve(name: string): string;
    readonly extensions: object;
  };
}

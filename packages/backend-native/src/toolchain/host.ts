import { UnsupportedError } from '@pullback/core';

/** The modules of Node that compiling and loading need: got where they are used, so that a page may bundle this package. */
export interface Host {
  readonly process: NodeJS.Process;
  readonly fs: typeof import('node:fs');
  readonly os: typeof import('node:os');
  readonly path: typeof import('node:path');
  readonly crypto: typeof import('node:crypto');
  readonly children: typeof import('node:child_process');
  readonly modules: typeof import('node:module');
}

/** Why there can be no native code here; undefined where Node, Bun or Deno runs this. */
export function whyNoHost(): string | undefined {
  const { process } = globalThis as { readonly process?: Partial<NodeJS.Process> };
  if (typeof process?.getBuiltinModule !== 'function') return 'this is neither Node, Bun nor Deno';
  return undefined;
}

/** @throws UnsupportedError in a page. */
export function hostOf(): Host {
  const why = whyNoHost();
  if (why !== undefined)
    throw new UnsupportedError({
      got: `the backend 'native' where ${why}`,
      expected: 'a process that can run a C compiler',
      hint: "The backend 'wasm' runs in pages.",
    });
  const { process } = globalThis;
  return {
    process,
    fs: process.getBuiltinModule('node:fs'),
    os: process.getBuiltinModule('node:os'),
    path: process.getBuiltinModule('node:path'),
    crypto: process.getBuiltinModule('node:crypto'),
    children: process.getBuiltinModule('node:child_process'),
    modules: process.getBuiltinModule('node:module'),
  };
}

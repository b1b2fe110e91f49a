/** The part of Node's process, or of that of Bun or Deno, that is used here. */
export interface NodeProcess {
  cwd(): string;
  getBuiltinModule(name: 'fs'): { existsSync(path: string): boolean };
  getBuiltinModule(name: 'path'): { dirname(path: string): string; join(...parts: string[]): string };
}

/** The process that this runs in; undefined in a page. */
export function nodeProcess(): NodeProcess | undefined {
  const host: unknown = Reflect.get(globalThis, 'process');
  return isNode(host) ? host : undefined;
}

function isNode(host: unknown): host is NodeProcess {
  return (
    typeof host === 'object' && host !== null && 'getBuiltinModule' in host && typeof document !== 'object'
  );
}

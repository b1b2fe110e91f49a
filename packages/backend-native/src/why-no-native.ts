import { ownFolder } from './toolchain/cache.ts';
import { foundCompiler } from './toolchain/compiler.ts';
import { type Host, hostOf, whyNoHost } from './toolchain/host.ts';
import { foundKoffi } from './toolchain/library.ts';

/** Why there can be no native backend here; undefined where a compiler and koffi are found. */
export function whyNoNative(): string | undefined {
  const why = whyNoHost();
  if (why !== undefined) return why;
  try {
    return missing(hostOf());
  } catch (error) {
    // Deno refuses what it was not allowed, and says which flag allows it.
    return error instanceof Error ? error.message : String(error);
  }
}

function missing(host: Host): string | undefined {
  const koffi = foundKoffi(host);
  if (typeof koffi === 'string') return `there is no koffi: ${koffi}`;
  const compiler = foundCompiler(host, undefined, ownFolder(host).path);
  return typeof compiler === 'string' ? `there is no C compiler: ${compiler}` : undefined;
}

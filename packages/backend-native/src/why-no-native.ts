import { foundCompiler } from './toolchain/compiler.ts';
import { hostOf, whyNoHost } from './toolchain/host.ts';
import { foundKoffi } from './toolchain/library.ts';

/** Why there can be no native backend here; undefined where a compiler and koffi are found. */
export function whyNoNative(): string | undefined {
  const why = whyNoHost();
  if (why !== undefined) return why;
  const host = hostOf();
  const koffi = foundKoffi(host);
  if (typeof koffi === 'string') return `there is no koffi: ${koffi}`;
  const compiler = foundCompiler(host, undefined);
  return typeof compiler === 'string' ? `there is no C compiler: ${compiler}` : undefined;
}

import { types } from './encoding.ts';
import { f32x4, get } from './instructions.ts';
import { ModuleBuilder } from './module.ts';

/**
 * Whether this engine has the relaxed multiply-add. Node 20 has it behind a flag that works until the first module with it is compiled, and
 * later versions refuse the flag's name.
 */
export function hasRelaxed(): boolean {
  known ??= probe() || (enable() && probe());
  return known;
}

let known: boolean | undefined;

function probe(): boolean {
  if (typeof WebAssembly !== 'object') return false;
  const module = new ModuleBuilder();
  module.define({ parameters: [types.v128], results: [types.v128] }, () => [
    f32x4.relaxedMadd(get(0), get(0), get(0)),
  ]);
  return WebAssembly.validate(module.bytes());
}

function enable(): boolean {
  const { process } = globalThis as {
    process?: { versions?: { node?: string }; getBuiltinModule?(name: string): unknown };
  };
  if (!process?.versions?.node?.startsWith('20.')) return false;
  const v8 = process.getBuiltinModule?.('node:v8') as { setFlagsFromString(flag: string): void } | undefined;
  v8?.setFlagsFromString('--experimental-wasm-relaxed-simd');
  return v8 !== undefined;
}

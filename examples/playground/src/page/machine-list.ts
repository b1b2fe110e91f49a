import type { Machine } from '../protocol.ts';
import { element, made } from './elements.ts';

const isolate =
  'Its server isolates it, and gives it SharedArrayBuffer, by Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.';

/** What this browser has, and what is missing and why. */
export function listMachine({ missing, adapter, noThreads, cores }: Machine): void {
  const entry = (name: string, why: string | undefined, there: string) => {
    const [item, text] = [made('li'), made('span')];
    item.classList.toggle('missing', why !== undefined);
    text.append(made('b', name), why === undefined ? `: ${there}` : ` is missing: ${why}`);
    item.append(text);
    return item;
  };
  element('machine', HTMLElement).replaceChildren(
    entry('WebAssembly with SIMD', missing.wasm, 'the backend wasm can compile'),
    entry(
      'Threads of wasm',
      noThreads === undefined || missing.wasm !== undefined ? noThreads : `${noThreads}. ${isolate}`,
      `the page is cross-origin isolated, and there are ${cores} cores`,
    ),
    entry('WebGPU', missing.webgpu, adapter ?? 'an adapter was found'),
  );
}

import { anyTarget, type Target } from '@pullback/compiler';

/** WebAssembly with vectors of four lanes: a narrow row is four registers. */
export const target: Target = anyTarget;

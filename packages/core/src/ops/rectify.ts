import type { Value } from '../value.ts';
import { binary } from './elementwise.ts';

/**
 * g where c > 0, else 0: chosen, not multiplied, so that a NaN or an infinity that is masked does not come through.
 * The gradient of g is masked alike; c has none.
 */
export const where = binary('where', {
  scalar: (c = 0, g = 0) => (c > 0 ? g : 0),
  vjp: (gradient, { inputs: [c] }) => [undefined, where(c, gradient)],
});

/** 1 where a > b, else 0; no gradient. */
export const greater = binary('greater', {
  scalar: (a = 0, b = 0) => (a > b ? 1 : 0),
  vjp: () => [undefined, undefined],
});

/** max(x, 0); the derivative at 0 is 0. */
export function relu(x: Value): Value {
  return where(x, x);
}

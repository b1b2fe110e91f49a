/** What units are asked to reach: 0.1 for off and 0.9 for on, since 0 and 1 take infinite weights. */
export const goal = (bit: number): number => (bit === 1 ? 0.9 : 0.1);

/** All strings of `length` bits in the order of counting, the most significant bit first. */
export function strings(length: number): number[][] {
  return Array.from({ length: 2 ** length }, (_, n) => bitsOf(n, length));
}

/** The bits of `n`, the most significant first. */
export function bitsOf(n: number, length: number): number[] {
  return Array.from({ length }, (_, i) => (n >> (length - 1 - i)) & 1);
}

/** `n` strings that are on in one place each. */
export function oneHots(n: number): number[][] {
  return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, k) => (i === k ? 1 : 0)));
}

/** Patterns for which the wanted bits are computed from the input bits. */
export function patternsOf(
  inputs: readonly (readonly number[])[],
  f: (bits: readonly number[]) => readonly number[],
) {
  return { inputs, targets: inputs.map((bits) => f(bits).map(goal)) };
}

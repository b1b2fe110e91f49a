import { type Shape, sizeOf } from '@pullback/core';

/** Six digits are enough to see what is wrong; the entry that disagrees is printed in full. */
export function brief(x: number): string {
  return Object.is(x, -0) ? '-0' : String(Number(x.toPrecision(6)));
}

/** The place of element `k` in a shape: `[1, 2]`. */
export function placeOf(k: number, shape: Shape): string {
  const index: number[] = [];
  let rest = k;
  for (const extent of [...shape].reverse()) {
    index.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return `[${index.join(', ')}]`;
}

/** Nested brackets, as the numbers lie: `[[1, 2], [3, 4]]`. */
export function nested(
  data: ArrayLike<number>,
  shape: Shape,
  digits: (x: number) => string = String,
): string {
  const inner = sizeOf(shape.slice(1));
  const [extent] = shape;
  if (extent === undefined) return digits(data[0] ?? Number.NaN);
  const rows = Array.from({ length: extent }, (_, i) =>
    nested(Array.from(data).slice(i * inner, (i + 1) * inner), shape.slice(1), digits),
  );
  return `[${rows.join(', ')}]`;
}

/** A number as it is, the sign of a zero too. */
export function shown(x: number): string {
  return Object.is(x, -0) ? '-0' : String(x);
}

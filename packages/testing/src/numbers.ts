/** |a - b| within `relative` of the larger of them and 1; NaN equals NaN, an infinity itself. */
export function near(a: number, b: number, relative: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  return Math.abs(a - b) <= relative * Math.max(1, Math.abs(a), Math.abs(b));
}

/** Whether all are near each other, place by place. */
export function allClose(a: ArrayLike<number>, b: ArrayLike<number>, relative = 1e-12): boolean {
  return a.length === b.length && Array.from(a).every((x, i) => near(x, b[i] ?? Number.NaN, relative));
}

const raw = new DataView(new ArrayBuffer(8));

/** The place of a float among all floats of its dtype, in order. */
function place(x: number, dtype: 'float32' | 'float64'): bigint {
  if (dtype === 'float32') raw.setFloat32(0, x);
  else raw.setFloat64(0, x);
  const bits = dtype === 'float32' ? BigInt(raw.getInt32(0)) : raw.getBigInt64(0);
  const lowest = dtype === 'float32' ? -(2n ** 31n) : -(2n ** 63n);
  return bits < 0n ? lowest - bits : bits;
}

/** How many floats of the dtype lie between: 0 for the same number, infinity beside a NaN. */
export function ulps(a: number, b: number, dtype: 'float32' | 'float64' = 'float32'): number {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  if (Number.isNaN(a) || Number.isNaN(b)) return Infinity;
  const between = place(a, dtype) - place(b, dtype);
  return Number(between < 0n ? -between : between);
}

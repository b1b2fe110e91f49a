import { type DType, isFloat, sizeOf, type Tensor } from '@pullback/core';
import { ulps } from './numbers.ts';
import type { Probe } from './probe.ts';

/** How many floats results may be off in a dtype; 0 where left out. */
export interface Allowed {
  readonly float32?: number;
  readonly float64?: number;
}

/** How far a backend may be from the primitives' own meaning. */
export interface Tolerance {
  /** How many floats results may be off in a dtype; 0 where left out. */
  readonly ulps?: Allowed;
  /**
   * The dtype that sums of float32 are added in; float64 when it is left out: then they are rounded once. In float32 they
   * may be off by `ulps` of the sum of magnitudes.
   */
  readonly sums?: 'float32' | 'float64';
  /**
   * Whether sums of floats may be added in any order, as they may when it is left out, or are added in the reference's, to the same bits. The
   * sign of a zero that is a sum is nobody's.
   */
  readonly order?: 'any' | 'reference';
  /** Whether numbers below the smallest normal one may be taken as 0, given and computed; they must not be when it is left out. */
  readonly subnormals?: 'kept' | 'flushed';
}

const smallestNormal = { float32: 2 ** -126, float64: 2 ** -1022 } as const;

/** Whether no number of it is subnormal. */
export function isNormal({ dtype, data }: Tensor): boolean {
  if (dtype !== 'float32' && dtype !== 'float64') return true;
  return data.every((x) => x === 0 || !(Math.abs(x) < smallestNormal[dtype]));
}

export function withoutSubnormals(tensor: Tensor): Tensor {
  const { dtype } = tensor;
  if (dtype !== 'float32' && dtype !== 'float64') return tensor;
  return { ...tensor, data: tensor.data.map((x) => (Math.abs(x) < smallestNormal[dtype] ? 0 : x)) };
}

export function floatsAllowed(dtype: DType, { ulps: allowed = {} }: Tolerance): number {
  return dtype === 'float32' || dtype === 'float64' ? (allowed[dtype] ?? 0) : 0;
}

export function floatsApart(a: number, b: number, dtype: DType): number {
  return dtype === 'float32' || dtype === 'float64' ? ulps(a, b, dtype) : Math.abs(a - b);
}

/** One number of a result, by the primitives' own meaning and as it was found. */
interface Found {
  readonly wanted: number;
  readonly found: number;
  /** The results that are wanted where subnormal numbers are 0. */
  readonly flushed: number;
  /** For a sum, that of the magnitudes. */
  readonly size: number | undefined;
  readonly dtype: DType;
}

/** Whether a number is as near to what is wanted as it must be. */
export function isWithin(at: Found, probe: Probe, tolerance: Tolerance): boolean {
  const { wanted, found, flushed, size, dtype } = at;
  const { subnormals = 'kept', order = 'any' } = tolerance;
  if (size !== undefined && isWithinSum({ ...at, size }, probe, tolerance)) return true;
  const extra = probe.addsInside === true && order === 'any' ? 4 : 0;
  const most = floatsAllowed(dtype, tolerance) + extra;
  if (isFloat(dtype) && wanted === 0 && found === 0)
    return Object.is(wanted, found) || most > 0 || size !== undefined || subnormals === 'flushed';
  const least =
    subnormals === 'flushed' && (dtype === 'float32' || dtype === 'float64') ? smallestNormal[dtype] : 0;
  const normal = (x: number) => (Math.abs(x) < least ? 0 : x);
  return (subnormals === 'flushed' ? [wanted, flushed] : [wanted]).some(
    (right) => floatsApart(normal(right), normal(found), dtype) <= most,
  );
}

/** |sum in any order - sum| <= n u sum |a b|, with u that of what it is added in (Higham 2002, (3.13)), unless that sum overflows. */
function isWithinSum(
  { wanted, found, size, dtype }: Found & { readonly size: number },
  { terms, inputs }: Probe,
  tolerance: Tolerance,
): boolean {
  const { sums = 'float64', order = 'any' } = tolerance;
  const most = floatsAllowed(dtype, tolerance);
  const away = Math.abs(wanted - found);
  if (dtype === 'float32' && most > 0) {
    if (terms !== undefined) return !Number.isFinite(size) || away <= (terms + 1) * 2 ** -24 * size;
    if (sums === 'float32' && away <= 2 * most * 2 ** -24 * size) return true;
  }
  if (order !== 'any' || !isFloat(dtype)) return false;
  const count = terms ?? inputs.reduce((n, { shape }) => Math.max(n, sizeOf(shape)), 1);
  const rounded = dtype === 'float32' ? 2 ** -23 * Math.abs(wanted) : 0;
  return away <= count * 2 ** -52 * size + rounded;
}

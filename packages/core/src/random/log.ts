const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;
const bits = new DataView(new ArrayBuffer(8));
/** 2^k for k from -1024 to 1022: a factor is found sooner than a number of which one half was written is read. */
const powers = Float64Array.from({ length: 2047 }, (_, i) => 2 ** (i - 1024));

/**
 * The natural logarithm in float64: x = 2^k m with m in [sqrt(1/2), sqrt(2)), log x = k ln 2 + log m, with
 * log m = 2 artanh(s), s = (m-1)/(m+1), from a polynomial in s^2. The same bits on every engine; error about 1 ulp;
 * log 0 = -Infinity, NaN below 0. Source: the reduction and coefficients of fdlibm's e_log.c (Sun Microsystems, 1993).
 */
export function log(x: number): number {
  if (Number.isNaN(x) || x < 0) return Number.NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return x;
  const denormal = x < 2.2250738585072014e-308;
  const normal = denormal ? x * 18014398509481984 : x;
  bits.setFloat64(0, normal);
  const high = bits.getUint32(0);
  const exponent = (high >>> 20) - 1023 + ((high & 0xfffff) > 0x6a09e ? 1 : 0);
  const k = exponent - (denormal ? 54 : 0);
  const f = normal * (powers[1024 - exponent] ?? 0) - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const odd =
    z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const half = 0.5 * f * f;
  return k * ln2High - (half - (s * (half + even + odd) + k * ln2Low) - f);
}

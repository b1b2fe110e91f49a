import type { DType, NumberArray } from '@pullback/core';

/** How the elements of a tensor lie in a safetensors file. */
export interface Format {
  readonly bits: number;
  /** The dtype that they are read as, and how; without, they cannot be read. */
  readonly read?: { readonly dtype: DType; readonly numbers: (buffer: ArrayBuffer) => NumberArray };
}

/** Every dtype of the format. Source: https://github.com/huggingface/safetensors, `Dtype` of safetensors/src/tensor.rs. */
const formats: Readonly<Record<string, Format>> = {
  F64: format(64, 'float64', (buffer) => new Float64Array(buffer)),
  F32: format(32, 'float32', (buffer) => new Float32Array(buffer)),
  I64: format(64, 'int32', (buffer) => new BigInt64Array(buffer)),
  U64: format(64, 'int32', (buffer) => new BigUint64Array(buffer)),
  I32: format(32, 'int32', (buffer) => new Int32Array(buffer)),
  U32: format(32, 'int32', (buffer) => new Uint32Array(buffer)),
  I16: format(16, 'int32', (buffer) => new Int16Array(buffer)),
  U16: format(16, 'int32', (buffer) => new Uint16Array(buffer)),
  I8: format(8, 'int32', (buffer) => new Int8Array(buffer)),
  U8: format(8, 'uint8', (buffer) => new Uint8Array(buffer)),
  BOOL: format(8, 'bool', (buffer) => new Uint8Array(buffer)),
  F16: format(16, 'float32', listed(16, small({ exponent: 5, mantissa: 10 }))),
  BF16: format(16, 'float32', listed(16, small({ exponent: 8, mantissa: 7 }))),
  F8_E5M2: format(8, 'float32', listed(8, small({ exponent: 5, mantissa: 2 }))),
  F8_E4M3: format(8, 'float32', listed(8, small({ exponent: 4, mantissa: 3, finite: true }))),
  F8_E8M0: format(
    8,
    'float32',
    listed(8, (bits) => (bits === 255 ? Number.NaN : 2 ** (bits - 127))),
  ),
  C64: { bits: 64 },
  F6_E2M3: { bits: 6 },
  F6_E3M2: { bits: 6 },
  F4: { bits: 4 },
};

/** The dtypes that can be read. */
export const readable = Object.keys(formats).filter((name) => formats[name]?.read !== undefined);

/** The format of a dtype; undefined for one that is not known. */
export function formatOf(dtype: string): Format | undefined {
  return Object.hasOwn(formats, dtype) ? formats[dtype] : undefined;
}

function format(bits: number, dtype: DType, numbers: (buffer: ArrayBuffer) => NumberArray): Format {
  return { bits, read: { dtype, numbers } };
}

interface SmallFloat {
  readonly exponent: number;
  readonly mantissa: number;
  /** Without infinities: only all bits set are NaN. Source: Micikevicius et al. 2022, FP8 formats for deep learning. */
  readonly finite?: boolean;
}

/** (-1)^s 2^(e - bias) (1 + m / 2^mantissa), of the bits s e m; e = 0 is subnormal, its largest is infinity and NaN. (IEEE 754) */
function small({ exponent, mantissa, finite = false }: SmallFloat): (bits: number) => number {
  const [exponents, mantissas] = [2 ** exponent, 2 ** mantissa];
  const bias = exponents / 2 - 1;
  return (bits) => {
    const m = bits % mantissas;
    const e = Math.floor(bits / mantissas) % exponents;
    const sign = bits < exponents * mantissas ? 1 : -1;
    if (e === exponents - 1 && (finite ? m === mantissas - 1 : m > 0)) return Number.NaN;
    if (e === exponents - 1 && !finite) return sign * Infinity;
    return sign * (e === 0 ? (m / mantissas) * 2 ** (1 - bias) : (1 + m / mantissas) * 2 ** (e - bias));
  };
}

/** Reads numbers of one byte or two from a list of all that there are, which is made when it is first wanted. */
function listed(width: 8 | 16, numberOf: (bits: number) => number): (buffer: ArrayBuffer) => Float32Array {
  let known: Float32Array | undefined;
  return (buffer) => {
    known ??= Float32Array.from({ length: 2 ** width }, (_, bits) => numberOf(bits));
    const list = known;
    const all = width === 8 ? new Uint8Array(buffer) : new Uint16Array(buffer);
    return Float32Array.from(all, (bits) => list[bits] ?? 0);
  };
}

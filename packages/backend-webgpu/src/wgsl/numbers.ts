import { type DType, UnsupportedError } from '@pullback/core';

/** The WGSL type that a dtype is computed with. */
export function typeOf(dtype: DType): 'f32' | 'i32' | 'bool' | 'u32' {
  switch (dtype) {
    case 'float32':
      return 'f32';
    case 'int32':
      return 'i32';
    case 'bool':
      return 'bool';
    case 'uint8':
      return 'u32';
    case 'float64':
      throw new UnsupportedError({
        got: 'float64 on the webgpu backend',
        expected: 'float32, int32, bool or uint8',
        hint: 'Shaders have no float64; the backends cpu and wasm compute with it.',
      });
    default:
      return dtype satisfies never;
  }
}

/** A number as an expression; numbers that a literal must not be come from their bits. */
export function literal(dtype: DType, number: number): string {
  switch (typeOf(dtype)) {
    case 'i32':
      return `i32(${number | 0})`;
    case 'u32':
      return `${number & 255}u`;
    case 'bool':
      return number === 0 ? 'false' : 'true';
    default:
      return float(Math.fround(number));
  }
}

const smallestNormal = 2 ** -126;
const view = new DataView(new ArrayBuffer(4));

function float(x: number): string {
  const plain = Number.isFinite(x) && (Math.abs(x) >= smallestNormal || Object.is(x, 0));
  if (plain) return `${Number.isInteger(x) && Math.abs(x) < 1e21 ? `${x}.0` : x}f`;
  view.setFloat32(0, x);
  return `from_bits(0x${view.getUint32(0).toString(16)}u)`;
}

/** A number of places or elements, modulo 2^32: steps backwards are as good as others. */
export function count(n: number): string {
  return `${n >>> 0}u`;
}

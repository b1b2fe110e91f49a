import type { DType } from '@pullback/core';

/** The content of a C value: float32, float64, int32 or a mask of 32-bit lanes, a mask of 64-bit lanes. */
export type Kind = 'f' | 'd' | 'i' | 'l';

const vectorNames = { f: 'f32', d: 'f64', i: 'i32', l: 'i64' } as const;
const scalarTypes = { f: 'float', d: 'double', i: 'int32_t', l: 'int32_t' } as const;
const memoryNames = { float32: 'f32', float64: 'f64', int32: 'i32', bool: 'bool', uint8: 'u8' } as const;

/** The C of so many neighbouring elements: vectors of the compiler's extensions, plain scalars where it is one. Masks are 0 or -1 in both. */
export class Lanes {
  constructor(
    readonly count: number,
    /** Whether they are half as many as a register has of 32 bits, so that as many of 64 bits fit. */
    readonly isHalf = false,
  ) {}

  get isPlain(): boolean {
    return this.count === 1;
  }

  type(kind: Kind): string {
    return this.isPlain ? scalarTypes[kind] : `${vectorNames[kind]}x${this.count}`;
  }

  /** The suffix of functions on values of that kind. */
  suffix(kind: Kind): string {
    return this.isPlain ? (kind === 'l' ? 'i32' : vectorNames[kind]) : this.type(kind);
  }

  /** The suffix of functions between memory and values. */
  memory(dtype: DType): string {
    return this.isPlain ? memoryNames[dtype] : `${memoryNames[dtype]}x${this.count}`;
  }

  call(name: string, kind: Kind, ...operands: readonly (string | number)[]): string {
    return `${name}_${this.suffix(kind)}(${operands.join(', ')})`;
  }

  splat(kind: Kind, text: string): string {
    return this.isPlain ? text : this.call('splat', kind, text);
  }
}

/** How an element is held between statements; bools are masks. */
export function kindOf(dtype: DType): Kind {
  return dtype === 'float32' ? 'f' : dtype === 'float64' ? 'd' : 'i';
}

/** The type of an element in memory. */
export function elementType(dtype: DType): string {
  switch (dtype) {
    case 'float32':
      return 'float';
    case 'float64':
      return 'double';
    case 'int32':
      return 'int32_t';
    case 'bool':
    case 'uint8':
      return 'uint8_t';
    default:
      return dtype satisfies never;
  }
}

/** A number as a scalar expression; a bool is a mask. */
export function literal(dtype: DType, number: number): string {
  switch (dtype) {
    case 'float32':
      return float(Math.fround(number), 'f');
    case 'float64':
      return float(number, '');
    case 'bool':
      return number === 0 ? '0' : '-1';
    case 'uint8':
      return String(number & 255);
    case 'int32':
      return number === -(2 ** 31) ? '(-2147483647 - 1)' : String(number | 0);
    default:
      return dtype satisfies never;
  }
}

function float(x: number, suffix: '' | 'f'): string {
  if (Number.isNaN(x)) return suffix === 'f' ? 'NAN' : '(double)NAN';
  if (!Number.isFinite(x)) return x > 0 ? 'INFINITY' : '-INFINITY';
  const text = Object.is(x, -0) ? '-0' : String(x);
  return `${/[.e]/.test(text) ? text : `${text}.0`}${suffix}`;
}

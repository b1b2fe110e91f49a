/** Bytes of a function's body, nested as the expressions are; flattened once, at the end. */
export type Code = readonly (number | Code)[];

export type ValueType = typeof i32Type | typeof v128Type | typeof f64Type;
const i32Type = 0x7f;
const f64Type = 0x7c;
const v128Type = 0x7b;
export const types = { i32: i32Type, f64: f64Type, v128: v128Type } as const;

/** LEB128 of a number from 0 to 2^32 - 1. */
export function unsigned(n: number): number[] {
  const bytes: number[] = [];
  let rest = n >>> 0;
  do {
    const more = rest > 127;
    bytes.push((rest & 127) | (more ? 128 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
}

function signed(n: number): number[] {
  const bytes: number[] = [];
  for (let rest = n | 0; ; rest >>= 7) {
    const byte = rest & 127;
    const last = (rest >> 7 === 0 && (byte & 64) === 0) || (rest >> 7 === -1 && (byte & 64) !== 0);
    bytes.push(last ? byte : byte | 128);
    if (last) return bytes;
  }
}

const simd = (opcode: number): Code => [0xfd, unsigned(opcode)];
const binary =
  (...opcode: Code) =>
  (a: Code, b: Code): Code => [a, b, opcode];
const unary =
  (...opcode: Code) =>
  (a: Code): Code => [a, opcode];
const loads =
  (alignment: number, ...opcode: Code) =>
  (address: Code, offset = 0): Code => [address, opcode, alignment, unsigned(offset)];
const stores =
  (alignment: number, ...opcode: Code) =>
  (address: Code, value: Code, offset = 0): Code => [address, value, opcode, alignment, unsigned(offset)];

export const i32 = {
  const: (n: number): Code => [0x41, signed(n)],
  add: binary(0x6a),
  lessUnsigned: binary(0x49),
  shiftRight: binary(0x76),
  load: loads(2, 0x28),
  store: stores(2, 0x36),
} as const;

export const f64 = {
  const: (x: number): Code => [0x44, [...new Uint8Array(Float64Array.of(x).buffer)]],
  add: binary(0xa0),
  /** A float32 of memory, widened. */
  loadFloat: (address: Code, offset = 0): Code => [address, 0x2a, 2, unsigned(offset), 0xbb],
  /** Rounded to float32. */
  storeFloat: (address: Code, value: Code, offset = 0): Code => [
    address,
    value,
    0xb6,
    0x38,
    2,
    unsigned(offset),
  ],
} as const;

const lanes = (bytes: readonly number[]): Code => [simd(12), [...bytes, ...bytes, ...bytes, ...bytes]];

/** Four float32 (or masks, or int32) at once. */
export const v128 = {
  load: loads(2, simd(0)),
  store: stores(2, simd(11)),
  splatLoad: loads(2, simd(9)),
  storeLane: (address: Code, value: Code, offset: number, lane: number): Code => [
    address,
    value,
    simd(90),
    2,
    unsigned(offset),
    lane,
  ],
  const: (x: number): Code => lanes([...new Uint8Array(Float32Array.of(x).buffer)]),
  bits: (n: number): Code => lanes([...new Uint8Array(Int32Array.of(n).buffer)]),
  /** Lanes 0 to 3 are those of `a`, 4 to 7 those of `b`. */
  shuffle: (a: Code, b: Code, order: readonly number[]): Code => [
    a,
    b,
    simd(13),
    order.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)),
  ],
  add: binary(simd(228)),
  sub: binary(simd(229)),
  mul: binary(simd(230)),
  div: binary(simd(231)),
  min: binary(simd(232)),
  max: binary(simd(233)),
  pmin: binary(simd(234)),
  pmax: binary(simd(235)),
  sqrt: unary(simd(227)),
  abs: unary(simd(224)),
  neg: unary(simd(225)),
  floor: unary(simd(104)),
  ceil: unary(simd(103)),
  nearest: unary(simd(106)),
  equal: binary(simd(65)),
  notEqual: binary(simd(66)),
  less: binary(simd(67)),
  lessEqual: binary(simd(69)),
  not: unary(simd(77)),
  and: binary(simd(78)),
  or: binary(simd(80)),
  /** Bits of `a` where `mask` is 1, else of `b`. */
  select: (a: Code, b: Code, mask: Code): Code => [a, b, mask, simd(82)],
  addInts: binary(simd(174)),
  subInts: binary(simd(177)),
  shiftLeft: (a: Code, bits: number): Code => [a, i32.const(bits), simd(171)],
  shiftRight: (a: Code, bits: number): Code => [a, i32.const(bits), simd(172)],
  equalInts: binary(simd(55)),
  lessInts: binary(simd(57)),
  lessEqualInts: binary(simd(61)),
  toFloats: unary(simd(250)),
  /** Four bytes as four int32. */
  loadBytes: (address: Code, offset = 0): Code => [
    address,
    simd(92),
    0,
    unsigned(offset),
    simd(137),
    simd(169),
  ],
  /** The first two floats as float64. */
  widen: unary(simd(95)),
  /** Two float64 as the first two floats. */
  narrow: unary(simd(94)),
  addDoubles: binary(simd(240)),
  double: (a: Code, lane: number): Code => [a, simd(33), lane],
} as const;

/** Stores the first `count` lanes, all from 4 on. */
export function storeUpTo(address: Code, value: Code, offset: number, count: number): Code {
  if (count >= 4) return v128.store(address, value, offset);
  return Array.from({ length: count }, (_, lane) => v128.storeLane(address, value, offset + lane * 4, lane));
}

export const get = (local: number): Code => [0x20, unsigned(local)];
export const set = (local: number, value: Code): Code => [value, 0x21, unsigned(local)];
export const call = (index: number): Code => [0x10, unsigned(index)];
/** dst and src in bytes. */
export const copyMemory = (to: number, from: number, bytes: number): Code => [
  i32.const(to),
  i32.const(from),
  i32.const(bytes),
  [0xfc, 0x0a, 0, 0],
];

/** Runs `body` and adds `step` to `local` while it is below `end`; at least once. */
export function repeat(local: number, end: Code, step: number, ...body: Code): Code {
  return [
    [0x03, 0x40],
    body,
    set(local, i32.add(get(local), i32.const(step))),
    i32.lessUnsigned(get(local), end),
    [0x0d, 0],
    0x0b,
  ];
}

/** The locals of a function that is being written. */
export class Locals {
  readonly types: ValueType[] = [];

  constructor(readonly parameters = 0) {}

  make(type: ValueType): number {
    return this.parameters + this.types.push(type) - 1;
  }
}

interface Written {
  readonly parameters: number;
  readonly locals: Locals;
  readonly body: Code;
}

/** A module that imports its memory as `e.memory`; functions take i32 and return nothing. */
export class Assembler {
  readonly #functions: Written[] = [];
  readonly #exports: { name: string; index: number }[] = [];

  /** @returns the index to call it by. */
  define(parameters: number, write: (locals: Locals) => Code, name?: string): number {
    const locals = new Locals(parameters);
    const body = write(locals);
    const index = this.#functions.push({ parameters, locals, body }) - 1;
    if (name !== undefined) this.#exports.push({ name, index });
    return index;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const arities = [...new Set(this.#functions.map(({ parameters }) => parameters))];
    const signatures = arities.map((n) => [0x60, unsigned(n), new Array<number>(n).fill(types.i32), 0]);
    const bodies = this.#functions.map(({ locals, body }) => {
      const groups = locals.types.map((type) => [1, type]);
      return sized([unsigned(groups.length), groups, body, 0x0b]);
    });
    return Uint8Array.from(
      flat([
        [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
        section(1, signatures),
        section(2, [[text('e'), text('memory'), 2, 0, 1]]),
        section(
          3,
          this.#functions.map(({ parameters }) => unsigned(arities.indexOf(parameters))),
        ),
        section(
          7,
          this.#exports.map(({ name, index }) => [text(name), 0, unsigned(index)]),
        ),
        section(10, bodies),
      ]),
    );
  }
}

function section(id: number, entries: readonly Code[]): Code {
  return [id, sized([unsigned(entries.length), entries])];
}

function sized(code: Code): Code {
  const bytes = flat(code);
  return [unsigned(bytes.length), bytes];
}

function text(name: string): Code {
  const bytes = [...new TextEncoder().encode(name)];
  return [unsigned(bytes.length), bytes];
}

function flat(code: Code): number[] {
  const bytes: number[] = [];
  const walk = (part: Code): void => {
    for (const item of part)
      if (typeof item === 'number') bytes.push(item);
      else walk(item);
  };
  walk(code);
  return bytes;
}

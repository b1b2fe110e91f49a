import { type Code, remembered, signed, unsigned } from './encoding.ts';

// Instructions by the names of the WebAssembly specification, in camel case; operands come first, as on its stack.

const simd = (opcode: number): Code => [0xfd, unsigned(opcode)];
const atomic = (opcode: number): Code => [0xfe, opcode];
const unary =
  (...opcode: Code) =>
  (a: Code): Code => [a, opcode];
const binary =
  (...opcode: Code) =>
  (a: Code, b: Code): Code => [a, b, opcode];
const ternary =
  (...opcode: Code) =>
  (a: Code, b: Code, c: Code): Code => [a, b, c, opcode];
const shift =
  (...opcode: Code) =>
  (a: Code, bits: number): Code => [a, i32.const(bits), opcode];
/** Alignments are powers of 2; `offset` is in bytes. */
const load =
  (alignment: number, ...opcode: Code) =>
  (address: Code, offset = 0): Code => [address, opcode, alignment, unsigned(offset)];
const store =
  (alignment: number, ...opcode: Code) =>
  (address: Code, value: Code, offset = 0): Code => [address, value, opcode, alignment, unsigned(offset)];
const loadLane =
  (alignment: number, ...opcode: Code) =>
  (address: Code, into: Code, lane: number, offset = 0): Code => [
    address,
    into,
    opcode,
    alignment,
    unsigned(offset),
    lane,
  ];
const extract =
  (...opcode: Code) =>
  (a: Code, lane: number): Code => [a, opcode, lane];
const replace =
  (...opcode: Code) =>
  (a: Code, lane: number, value: Code): Code => [a, value, opcode, lane];

export const i32 = {
  const: (n: number): Code => [0x41, signed(n)],
  load: load(2, 0x28),
  load8U: load(0, 0x2d),
  store: store(2, 0x36),
  store8: store(0, 0x3a),
  eqz: unary(0x45),
  eq: binary(0x46),
  ne: binary(0x47),
  ltS: binary(0x48),
  ltU: binary(0x49),
  gtS: binary(0x4a),
  gtU: binary(0x4b),
  leS: binary(0x4c),
  geS: binary(0x4e),
  geU: binary(0x4f),
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  divS: binary(0x6d),
  divU: binary(0x6e),
  remS: binary(0x6f),
  remU: binary(0x70),
  and: binary(0x71),
  or: binary(0x72),
  xor: binary(0x73),
  shl: binary(0x74),
  shrS: binary(0x75),
  shrU: binary(0x76),
  truncSatF64S: unary(0xfc, 2),
  wrapI64: unary(0xa7),
  atomicLoad: load(2, atomic(0x10)),
  atomicStore: store(2, atomic(0x17)),
  atomicAdd: store(2, atomic(0x1e)),
  /** How many were woken. */
  atomicNotify: (address: Code, count: Code, offset = 0): Code => [
    address,
    count,
    atomic(0),
    2,
    unsigned(offset),
  ],
  /** Sleeps while the int32 there is `expected`. */
  atomicWait: (address: Code, expected: Code, offset = 0): Code => [
    address,
    expected,
    [0x42, 0x7f],
    atomic(1),
    2,
    unsigned(offset),
  ],
} as const;

export const i64 = {
  const: (n: number): Code => [0x42, signed(n)],
  extendI32S: unary(0xac),
  reinterpretF64: unary(0xbd),
  add: binary(0x7c),
  sub: binary(0x7d),
  and: binary(0x83),
  or: binary(0x84),
  shl: binary(0x86),
  shrU: binary(0x88),
} as const;

export const f32 = {
  const: (x: number): Code => [0x43, [...new Uint8Array(Float32Array.of(x).buffer)]],
  load: load(2, 0x2a),
  store: store(2, 0x38),
  demoteF64: unary(0xb6),
  convertI32S: unary(0xb2),
} as const;

export const f64 = {
  const: (x: number): Code => [0x44, [...new Uint8Array(Float64Array.of(x).buffer)]],
  load: load(3, 0x2b),
  store: store(3, 0x39),
  eq: binary(0x61),
  ne: binary(0x62),
  lt: binary(0x63),
  gt: binary(0x64),
  le: binary(0x65),
  ge: binary(0x66),
  abs: unary(0x99),
  neg: unary(0x9a),
  ceil: unary(0x9b),
  floor: unary(0x9c),
  trunc: unary(0x9d),
  nearest: unary(0x9e),
  sqrt: unary(0x9f),
  add: binary(0xa0),
  sub: binary(0xa1),
  mul: binary(0xa2),
  div: binary(0xa3),
  min: binary(0xa4),
  max: binary(0xa5),
  copysign: binary(0xa6),
  promoteF32: unary(0xbb),
  convertI32S: unary(0xb7),
  reinterpretI64: unary(0xbf),
} as const;

const splatBytes = (bytes: readonly number[]): Code => [
  simd(12),
  Array.from({ length: 16 / bytes.length }, () => bytes),
];

/** Instructions that do not depend on the shape of the lanes. */
export const v128 = {
  load: load(2, simd(0)),
  store: store(2, simd(11)),
  /** One 32-bit element in every lane. */
  load32Splat: load(2, simd(9)),
  load64Splat: load(3, simd(10)),
  /** One element in lane 0, zeros behind it. */
  load32Zero: load(2, simd(92)),
  load64Zero: load(3, simd(93)),
  load8Lane: loadLane(0, simd(84)),
  load32Lane: loadLane(2, simd(86)),
  load64Lane: loadLane(3, simd(87)),
  store8Lane: loadLane(0, simd(88)),
  store32Lane: loadLane(2, simd(90)),
  store64Lane: loadLane(3, simd(91)),
  const: (bytes: readonly number[]): Code => [simd(12), bytes],
  not: unary(simd(77)),
  and: binary(simd(78)),
  /** Bits of `a` that are not in `b`. */
  andNot: binary(simd(79)),
  or: binary(simd(80)),
  xor: binary(simd(81)),
  /** Bits of `a` where `mask` is 1, else of `b`. */
  bitselect: ternary(simd(82)),
  anyTrue: unary(simd(83)),
} as const;

/** Bytes of `a` (0 to 15) and `b` (16 to 31) in any order; `lanes` of 4 name 32-bit lanes 0 to 7, of 2 name 64-bit lanes 0 to 3. */
export function shuffle(a: Code, b: Code, lanes: readonly number[]): Code {
  const width = 16 / lanes.length;
  const bytes = lanes.flatMap((lane) => Array.from({ length: width }, (_, byte) => lane * width + byte));
  return [a, b, simd(13), bytes];
}

export const f32x4 = {
  const: (x: number): Code => splatBytes([...new Uint8Array(Float32Array.of(x).buffer)]),
  splat: unary(simd(19)),
  extractLane: extract(simd(31)),
  replaceLane: replace(simd(32)),
  eq: binary(simd(65)),
  ne: binary(simd(66)),
  lt: binary(simd(67)),
  gt: binary(simd(68)),
  le: binary(simd(69)),
  ge: binary(simd(70)),
  ceil: unary(simd(103)),
  floor: unary(simd(104)),
  trunc: unary(simd(105)),
  nearest: unary(simd(106)),
  abs: unary(simd(224)),
  neg: unary(simd(225)),
  sqrt: unary(simd(227)),
  add: binary(simd(228)),
  sub: binary(simd(229)),
  mul: binary(simd(230)),
  div: binary(simd(231)),
  min: binary(simd(232)),
  max: binary(simd(233)),
  pmin: binary(simd(234)),
  pmax: binary(simd(235)),
  convertI32x4S: unary(simd(250)),
  /** Two float64 as the first two floats, zeros behind them. */
  demoteF64x2Zero: unary(simd(94)),
  /** a b + c, rounded once or twice, as the machine does it. */
  relaxedMadd: ternary(simd(0x105)),
  /** c - a b, rounded once or twice. */
  relaxedNmadd: ternary(simd(0x106)),
} as const;

export const f64x2 = {
  const: (x: number): Code => splatBytes([...new Uint8Array(Float64Array.of(x).buffer)]),
  splat: unary(simd(20)),
  extractLane: extract(simd(33)),
  replaceLane: replace(simd(34)),
  eq: binary(simd(71)),
  ne: binary(simd(72)),
  lt: binary(simd(73)),
  gt: binary(simd(74)),
  le: binary(simd(75)),
  ge: binary(simd(76)),
  ceil: unary(simd(116)),
  floor: unary(simd(117)),
  trunc: unary(simd(122)),
  nearest: unary(simd(148)),
  abs: unary(simd(236)),
  neg: unary(simd(237)),
  sqrt: unary(simd(239)),
  add: binary(simd(240)),
  sub: binary(simd(241)),
  mul: binary(simd(242)),
  div: binary(simd(243)),
  min: binary(simd(244)),
  max: binary(simd(245)),
  pmin: binary(simd(246)),
  pmax: binary(simd(247)),
  /** a b + c, rounded once or twice, as the machine does it. */
  relaxedMadd: ternary(simd(0x107)),
  /** The first two floats. */
  promoteLowF32x4: unary(simd(95)),
  /** The first two int32. */
  convertLowI32x4S: unary(simd(254)),
} as const;

export const i32x4 = {
  const: (n: number): Code => splatBytes([...new Uint8Array(Int32Array.of(n).buffer)]),
  splat: unary(simd(17)),
  extractLane: extract(simd(27)),
  replaceLane: replace(simd(28)),
  eq: binary(simd(55)),
  ne: binary(simd(56)),
  ltS: binary(simd(57)),
  gtS: binary(simd(59)),
  leS: binary(simd(61)),
  geS: binary(simd(63)),
  abs: unary(simd(160)),
  neg: unary(simd(161)),
  shl: shift(simd(171)),
  shrS: shift(simd(172)),
  shrU: shift(simd(173)),
  add: binary(simd(174)),
  sub: binary(simd(177)),
  mul: binary(simd(181)),
  minS: binary(simd(182)),
  maxS: binary(simd(184)),
  /** Toward 0; NaN is 0, what is too large the nearest int32. */
  truncSatF32x4S: unary(simd(248)),
  truncSatF64x2SZero: unary(simd(252)),
  extendLowI16x8U: unary(simd(169)),
  extendHighI16x8U: unary(simd(170)),
  bitmask: unary(simd(164)),
} as const;

export const i64x2 = {
  const: (n: number): Code => splatBytes([...new Uint8Array(BigInt64Array.of(BigInt(n)).buffer)]),
  extendLowI32x4S: unary(simd(199)),
  extendHighI32x4S: unary(simd(200)),
  shl: shift(simd(203)),
  shrS: shift(simd(204)),
  shrU: shift(simd(205)),
  add: binary(simd(206)),
  sub: binary(simd(209)),
} as const;

export const i16x8 = {
  extendLowI8x16U: unary(simd(137)),
  /** Eight int32, those of `a` first, as int16. */
  narrowI32x4S: binary(simd(133)),
} as const;

export const i8x16 = {
  /** Sixteen int16, those of `a` first, as int8. */
  narrowI16x8S: binary(simd(101)),
  narrowI16x8U: binary(simd(102)),
} as const;

export const get = remembered((local: number): Code => [0x20, unsigned(local)]);
export const set = (local: number, value: Code): Code => [value, 0x21, unsigned(local)];
export const tee = (local: number, value: Code): Code => [value, 0x22, unsigned(local)];
export const getGlobal = (global: number): Code => [0x23, unsigned(global)];
export const call = (index: number, ...operands: readonly Code[]): Code => [operands, 0x10, unsigned(index)];
export const drop = (value: Code): Code => [value, 0x1a];
/** `a` where `condition` is not 0, else `b`; both are computed. */
export const choose = (a: Code, b: Code, condition: Code): Code => [a, b, condition, 0x1b];
export const leave: Code = [0x0f];
export const branch = (depth: number): Code => [0x0c, unsigned(depth)];
export const branchIf = (depth: number, condition: Code): Code => [condition, 0x0d, unsigned(depth)];
/** `branch(0)` inside leaves it. */
export const block = (...body: Code): Code => [0x02, 0x40, body, 0x0b];
/** `branch(0)` inside starts it again. */
export const loop = (...body: Code): Code => [0x03, 0x40, body, 0x0b];
export const when = (condition: Code, then: Code, otherwise?: Code): Code => [
  condition,
  0x04,
  0x40,
  then,
  otherwise === undefined ? [] : [0x05, otherwise],
  0x0b,
];

/** Bytes from one address to another; they may overlap. */
export const copyMemory = (to: Code, from: Code, bytes: Code): Code => [to, from, bytes, [0xfc, 0x0a, 0, 0]];
export const fillMemory = (to: Code, byte: Code, bytes: Code): Code => [to, byte, bytes, [0xfc, 0x0b, 0]];

/** for (local = from; local < end; local += step) body, as signed numbers; `end` is computed again in every round. */
export function repeat(local: number, from: Code, end: Code, step: number, ...body: Code): Code {
  return [
    set(local, from),
    block(
      branchIf(0, i32.geS(get(local), end)),
      loop(body, branchIf(0, i32.ltS(tee(local, i32.add(get(local), i32.const(step))), end))),
    ),
  ];
}

import { Lanes } from './lanes.ts';
import { packingFunctions } from './packing.ts';
import { runs } from './runs.ts';

function vectorTypes(n: number): string {
  const types = [
    ['float', 'f32', 4],
    ['double', 'f64', 8],
    ['int32_t', 'i32', 4],
    ['uint32_t', 'u32', 4],
    ['int64_t', 'i64', 8],
    ['uint64_t', 'u64', 8],
    ['uint8_t', 'u8', 1],
  ] as const;
  return types
    .map(([type, name, bytes]) =>
      [
        `typedef ${type} ${name}x${n} __attribute__((vector_size(${bytes * n})));`,
        `typedef ${type} ${name}x${n}_at __attribute__((vector_size(${bytes * n}), aligned(${bytes}), may_alias));`,
      ].join('\n'),
    )
    .join('\n');
}

/** Types of vectors, and functions on them. */
export function vectors(lanes: number, fused: boolean): string[] {
  const half = lanes / 2;
  return [
    vectorTypes(lanes),
    vectorTypes(half),
    ...conversions(lanes),
    ...conversions(half),
    ...ofFloats('f32', lanes, fused),
    ...ofIntegers(lanes),
    ...ofFloats('f32', half, fused),
    ...ofIntegers(half),
    ...ofFloats('f64', half, false),
    ...between(half),
    ...halves(lanes),
    packingFunctions('float32', new Lanes(lanes)),
    packingFunctions('float64', new Lanes(half, true)),
    runs(`f64x${half}`, `f64x${half}`, `(f64x${half}){0}`),
  ];
}

/** Bytes as words, float32 as float64, and back. GCC makes many instructions of what the processor has one for. */
function conversions(n: number): string[] {
  const by: Readonly<Record<string, string>> = {
    words_16:
      '(i32x16)__builtin_ia32_pmovzxbd512_mask((__attribute__((vector_size(16))) char)x, (i32x16){0}, -1)',
    bytes_16: '(u8x16)__builtin_ia32_pmovdb512_mask(x, (__attribute__((vector_size(16))) char){0}, -1)',
    doubles_8: '__builtin_ia32_cvtps2pd512_mask(x, (f64x8){0}, -1, 4)',
    floats_8: '__builtin_ia32_cvtpd2ps512_mask(x, (f32x8){0}, -1, 4)',
    doubles_4: '__builtin_ia32_cvtps2pd256(x)',
    floats_4: '__builtin_ia32_cvtpd2ps256(x)',
  };
  const all = [
    ['words', `u8x${n}`, `i32x${n}`],
    ['bytes', `i32x${n}`, `u8x${n}`],
    ['doubles', `f32x${n}`, `f64x${n}`],
    ['floats', `f64x${n}`, `f32x${n}`],
  ] as const;
  // There are no 16 lanes of float64.
  const here = all.filter(([name]) => n < 16 || name === 'words' || name === 'bytes');
  const plain = here.map(
    ([name, from, to]) =>
      `INLINE ${to} ${name}_${from}(${from} x) { return __builtin_convertvector(x, ${to}); }`,
  );
  if (n < 4) return plain;
  const own = here.map(([name, from, to], i) => {
    const builtin = by[`${name}_${n}`];
    return builtin === undefined
      ? (plain[i] ?? '')
      : `INLINE ${to} ${name}_${from}(${from} x) { return ${builtin}; }`;
  });
  const macro = n === 4 ? '__AVX__' : '__AVX512F__';
  return [
    `#if defined(${macro}) && defined(__GNUC__) && !defined(__clang__)`,
    ...own,
    '#else',
    ...plain,
    '#endif',
  ];
}

/** The same of each lane. */
function each(result: string, head: string, n: number, expression: string): string {
  return `INLINE ${result} ${head} { ${result} r; for (int k = 0; k < ${n}; k++) r[k] = ${expression}; return r; }`;
}

function ofFloats(f: 'f32' | 'f64', n: number, fused: boolean): string[] {
  const v = `${f}x${n}`;
  const [type, i, u, top, shift, shifter] =
    f === 'f32'
      ? (['float', `i32x${n}`, `u32x${n}`, '0x7fffffff', 23, '12583039.0f'] as const)
      : (['double', `i64x${n}`, `u64x${n}`, '0x7fffffffffffffff', 52, '6755399441056767.0'] as const);
  const select = (m: string, a: string, b: string) =>
    `(${v})(((${i})${a} & (${m})) | ((${i})${b} & ~(${m})))`;
  return [
    `INLINE ${v} splat_${v}(${type} x) { return x - (${v}){0}; }`,
    ...memory(f, type, v, n),
    ...['sqrt', 'floor', 'ceil', 'trunc', 'nearest'].map((name) =>
      each(v, `${name}_${v}(${v} x)`, n, `${name}_${f}(x[k])`),
    ),
    each(v, `rest_${v}(${v} a, ${v} b)`, n, `rest_${f}(a[k], b[k])`),
    `INLINE ${v} neg_${v}(${v} x) { return -x; }`,
    `INLINE ${v} abs_${v}(${v} x) { return (${v})((${i})x & ${top}); }`,
    `INLINE ${i} less_${v}(${v} a, ${v} b) { return (${i})(a < b); }`,
    `INLINE ${i} lessEqual_${v}(${v} a, ${v} b) { return (${i})(a <= b); }`,
    `INLINE ${i} equal_${v}(${v} a, ${v} b) { return (${i})(a == b); }`,
    `INLINE ${i} nonzero_${v}(${v} a) { return (${i})(a != splat_${v}(0)); }`,
    `INLINE ${v} select_${v}(${i} m, ${v} a, ${v} b) { return ${select('m', 'a', 'b')}; }`,
    `INLINE ${v} lower_${v}(${v} a, ${v} b) { return ${select('b < a', 'b', 'a')}; }`,
    `INLINE ${v} higher_${v}(${v} a, ${v} b) { return ${select('a < b', 'b', 'a')}; }`,
    `INLINE ${v} minNumber_${v}(${v} a, ${v} b) { return ${select('a >= b', 'b', 'a')}; }`,
    `INLINE ${v} maxNumber_${v}(${v} a, ${v} b) { return ${select('a <= b', 'b', 'a')}; }`,
    `INLINE ${v} min_${v}(${v} a, ${v} b) { ${v} r = ${select('a < b', 'a', 'b')}; r = (${v})((${i})r | ((${i})a & (a == b))); return ${select('a == a', 'r', 'a')}; }`,
    `INLINE ${v} max_${v}(${v} a, ${v} b) { ${v} r = ${select('a > b', 'a', 'b')}; r = (${v})((${i})r & ((${i})a | ~(a == b))); return ${select('a == a', 'r', 'a')}; }`,
    ...turned(v, i, n),
    `INLINE ${type} fold_${v}(${v} x) { ${folded(v, n, (x, y) => `${x} + ${y}`)} return x[0]; }`,
    `INLINE ${v} fold_max_${v}(${v} x) { ${folded(v, n, (x, y) => `max_${v}(${x}, ${y})`)} return x; }`,
    `INLINE ${v} scale_${v}(${v} x, ${v} n) { return x * (${v})((${u})(n + ${shifter}) << ${shift}); }`,
    ...(fused
      ? fusedMultiplyAdd(v, n)
      : [
          `INLINE ${v} madd_${v}(${v} a, ${v} b, ${v} c) { return a * b + c; }`,
          `INLINE ${v} nmadd_${v}(${v} a, ${v} b, ${v} c) { return c - a * b; }`,
        ]),
  ];
}

/** The lanes so many places further on, in the first ones. */
function turned(v: string, mask: string, n: number): string[] {
  const steps = Array.from({ length: Math.log2(n) }, (_, i) => n >> (i + 1));
  return steps.map((by) => {
    const order = Array.from({ length: n }, (_, k) => (k + by) % n).join(', ');
    return `INLINE ${v} turned_${by}_${v}(${v} x) { return SHUFFLED(${mask}, x, x, ${order}); }`;
  });
}

/** Statements that join all lanes of `x`, halves first. */
function folded(v: string, n: number, join: (x: string, y: string) => string, x = 'x'): string {
  const steps = Array.from({ length: Math.log2(n) }, (_, i) => n >> (i + 1));
  return steps.map((by) => `${x} = ${join(x, `turned_${by}_${v}(${x})`)};`).join(' ');
}

/** By the instruction of the processor where the compiler names it, else by the function of one lane. */
function fusedMultiplyAdd(v: string, n: number): string[] {
  const body = (builtin: string, sign: string) => `return ${builtin.replace('A', `${sign}a`)};`;
  const by: Readonly<Record<number, string>> = {
    16: '__builtin_ia32_vfmaddps512_mask(A, b, c, -1, 4)',
    8: '__builtin_ia32_vfmaddps256(A, b, c)',
    4: '__builtin_ia32_vfmaddps(A, b, c)',
  };
  const builtin = by[n];
  const macro = n === 16 ? '__AVX512F__' : '__FMA__';
  const define = (name: string, sign: string) => [
    ...(builtin === undefined
      ? []
      : [
          `#if defined(${macro}) && defined(__GNUC__) && !defined(__clang__)`,
          `INLINE ${v} ${name}_${v}(${v} a, ${v} b, ${v} c) { ${body(builtin, sign)} }`,
          '#else',
        ]),
    each(v, `${name}_${v}(${v} a, ${v} b, ${v} c)`, n, `__builtin_fmaf(${sign}a[k], b[k], c[k])`),
    ...(builtin === undefined ? [] : ['#endif']),
  ];
  return [...define('madd', ''), ...define('nmadd', '-')];
}

function ofIntegers(n: number): string[] {
  const [v, u, f] = [`i32x${n}`, `u32x${n}`, `f32x${n}`];
  const select = (m: string, a: string, b: string) => `(${a} & (${m})) | (${b} & ~(${m}))`;
  return [
    `INLINE ${v} splat_${v}(int32_t x) { return x - (${v}){0}; }`,
    ...memory('i32', 'int32_t', v, n),
    ...memory('u8', 'uint8_t', v, n),
    ...memory('bool', 'uint8_t', v, n),
    ...(['add', 'sub', 'mul'] as const).map((name) => {
      const sign = { add: '+', sub: '-', mul: '*' }[name];
      return `INLINE ${v} ${name}_${v}(${v} a, ${v} b) { return (${v})((${u})a ${sign} (${u})b); }`;
    }),
    ...['div', 'rest'].map((name) => each(v, `${name}_${v}(${v} a, ${v} b)`, n, `${name}_i32(a[k], b[k])`)),
    `INLINE ${v} neg_${v}(${v} a) { return (${v})(-(${u})a); }`,
    `INLINE ${v} abs_${v}(${v} a) { ${v} s = a >> 31; return (${v})((${u})(a ^ s) - (${u})s); }`,
    `INLINE ${v} shl_${v}(${v} a, int n) { return (${v})((${u})a << n); }`,
    `INLINE ${v} shrU_${v}(${v} a, int n) { return (${v})((${u})a >> n); }`,
    `INLINE ${v} shrS_${v}(${v} a, int n) { return a >> n; }`,
    `INLINE ${v} less_${v}(${v} a, ${v} b) { return (${v})(a < b); }`,
    `INLINE ${v} lessEqual_${v}(${v} a, ${v} b) { return (${v})(a <= b); }`,
    `INLINE ${v} equal_${v}(${v} a, ${v} b) { return (${v})(a == b); }`,
    `INLINE ${v} nonzero_${v}(${v} a) { return (${v})(a != splat_${v}(0)); }`,
    `INLINE ${v} select_${v}(${v} m, ${v} a, ${v} b) { return ${select('m', 'a', 'b')}; }`,
    `INLINE ${v} min_${v}(${v} a, ${v} b) { return ${select('a < b', 'a', 'b')}; }`,
    `INLINE ${v} max_${v}(${v} a, ${v} b) { return ${select('a > b', 'a', 'b')}; }`,
    ...turned(v, v, n),
    `INLINE int any_${v}(${v} m) { ${folded(v, n, (x, y) => `${x} | ${y}`, 'm')} return m[0]; }`,
    `INLINE ${v} fold_sum_${v}(${v} x) { ${folded(v, n, (x, y) => `add_${v}(${x}, ${y})`)} return x; }`,
    `INLINE ${v} fold_max_${v}(${v} x) { ${folded(v, n, (x, y) => `max_${v}(${x}, ${y})`)} return x; }`,
    `INLINE ${v} bits_${f}(${f} x) { return (${v})x; }`,
    `INLINE ${f} fromBits_${v}(${v} x) { return (${f})x; }`,
    `INLINE ${f} from_${v}_${f}(${v} x) { return __builtin_convertvector(x, ${f}); }`,
    `INLINE ${f} from_${f}_${f}(${f} x) { return x; }`,
    `INLINE ${f} from_bool_${f}(${v} m) { return (${f})(m & (${v})splat_${f}(1)); }`,
    `INLINE ${v} from_bool_${v}(${v} m) { return -m; }`,
    `INLINE ${v} from_${f}_${v}(${f} x) {`,
    `  if (!any_${v}(~lessEqual_${f}(abs_${f}(x), splat_${f}(2147483520.0f)))) return __builtin_convertvector(x, ${v});`,
    `  ${v} r; for (int k = 0; k < ${n}; k++) r[k] = from_f32_i32(x[k]); return r;`,
    '}',
  ];
}

/** Between values of 32 and of 64 bits, as many of them. */
function between(n: number): string[] {
  const [f, d, i, l, u] = [`f32x${n}`, `f64x${n}`, `i32x${n}`, `i64x${n}`, `u64x${n}`];
  const convert = (x: string, to: string) => `__builtin_convertvector(${x}, ${to})`;
  return [
    `INLINE ${d} from_${f}_${d}(${f} x) { return doubles_${f}(x); }`,
    `INLINE ${d} from_${i}_${d}(${i} x) { return ${convert('x', d)}; }`,
    `INLINE ${d} from_${d}_${d}(${d} x) { return x; }`,
    `INLINE ${f} from_${d}_${f}(${d} x) { return floats_${d}(x); }`,
    `INLINE ${d} from_bool_${d}(${i} m) { return ${convert('-m', d)}; }`,
    ...turned(l, l, n),
    `INLINE int any_${l}(${l} m) { ${folded(l, n, (x, y) => `${x} | ${y}`, 'm')} return m[0] != 0; }`,
    `INLINE ${l} mask_${l}(${i} m) { return ${convert('m', l)}; }`,
    `INLINE ${i} mask_${i}(${l} m) { return ${convert('m', i)}; }`,
    `INLINE ${i} high_${d}(${d} x) { return ${convert(`(${l})x >> 32`, i)}; }`,
    `INLINE ${i} low_${d}(${d} x) { return ${convert(`(${l})x`, i)}; }`,
    `INLINE ${d} fromWords_${d}(${i} upper, ${i} lower) { return (${d})(((${u})${convert('upper', l)} << 32) | ((${u})${convert('lower', l)} & 0xffffffff)); }`,
    `INLINE ${i} from_${d}_${i}(${d} x) {`,
    `  if (!any_${l}(~lessEqual_${d}(abs_${d}(x), splat_${d}(2147483647.0)))) return ${convert('x', i)};`,
    `  ${i} r; for (int k = 0; k < ${n}; k++) r[k] = from_f64_i32(x[k]); return r;`,
    '}',
    ...['far_quadrant', 'far_high', 'far_low'].map((name) =>
      each(d, `${name}_${d}(${d} x)`, n, `${name}_f64(x[k])`),
    ),
  ];
}

/** Loads and stores of neighbours, of the first so many, and of elements apart from each other. */
function memory(m: string, type: string, v: string, n: number): string[] {
  const name = `${m}x${n}`;
  const isByte = type === 'uint8_t';
  const raw = isByte ? `u8x${n}_at` : `${v}_at`;
  const inward = (x: string) =>
    m === 'u8' ? `words_u8x${n}(${x})` : m === 'bool' ? `(${v})(words_u8x${n}(${x}) != 0)` : x;
  const outward = m === 'bool' ? `bytes_i32x${n}(-x)` : m === 'u8' ? `bytes_i32x${n}(x)` : 'x';
  const one = (x: string) => (m === 'bool' ? `-(${x} != 0)` : x);
  const element = m === 'bool' ? '-x[k]' : 'x[k]';
  return [
    `INLINE ${v} load_${name}(const ${type} *p) { return ${inward(`*(const ${raw} *)p`)}; }`,
    `INLINE void store_${name}(${type} *p, ${v} x) { *(${raw} *)p = ${outward}; }`,
    `INLINE void store_part_${name}(${type} *p, ${v} x, int count) { ${isByte ? `u8x${n}` : v} r = ${outward}; memcpy(p, &r, count * sizeof *p); }`,
    each(
      v,
      `strided_${name}(const ${type} *p, int64_t stride, int count)`,
      n,
      one('p[(k < count ? k : count - 1) * stride]'),
    ),
    `INLINE void store_strided_${name}(${type} *p, ${v} x, int64_t stride, int count) { for (int k = 0; k < count; k++) p[k * stride] = (${type})${element}; }`,
  ];
}

/** The two halves of a vector of float32 as float64, and back. */
function halves(lanes: number): string[] {
  const half = lanes / 2;
  const [v, h, d] = [`f32x${lanes}`, `f32x${half}`, `f64x${half}`];
  const list = (from: number) => Array.from({ length: half }, (_, k) => `x[${from + k}]`).join(', ');
  const both = Array.from({ length: lanes }, (_, k) => (k < half ? `p[${k}]` : `q[${k - half}]`)).join(', ');
  return [
    `INLINE ${d} lower_half_${v}(${v} x) { ${h} r = {${list(0)}}; return doubles_${h}(r); }`,
    `INLINE ${d} upper_half_${v}(${v} x) { ${h} r = {${list(half)}}; return doubles_${h}(r); }`,
    `INLINE ${v} joined_${v}(${d} a, ${d} b) { ${h} p = floats_${d}(a), q = floats_${d}(b); ${v} r = {${both}}; return r; }`,
  ];
}

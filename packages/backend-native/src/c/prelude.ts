import { farAngle } from './far-angle.ts';
import { runs } from './runs.ts';
import { vectors } from './vectors.ts';

export interface PreludeOptions {
  /** Lanes of 32 bits in a register; 1 for plain scalars. Half as many are used where something is of 64 bits. */
  readonly lanes: number;
  /** Whether multiply-add of float32 is rounded once, where the machine can do so. */
  readonly fused: boolean;
}

/** The C that stands before all kernels: types, and functions on scalars or on vectors. */
export function prelude({ lanes, fused }: PreludeOptions): string {
  const head = [
    '#include <stdint.h>',
    '#include <string.h>',
    '#include <math.h>',
    ...(lanes === 1
      ? []
      : [
          '#ifdef __clang__',
          '#define SHUFFLED(mask, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)',
          '#else',
          '#define SHUFFLED(mask, a, b, ...) __builtin_shuffle(a, b, (mask){__VA_ARGS__})',
          '#endif',
        ]),
    '#ifdef __GNUC__',
    '#define INLINE static inline __attribute__((always_inline, unused))',
    '#else',
    '#define INLINE static inline',
    '#endif',
    ...scalars(fused && lanes === 1),
    farAngle,
    runs('f64', 'double', '0'),
    ...(lanes === 1 ? plain() : vectors(lanes, fused)),
  ];
  return head.join('\n');
}

/** Functions of scalars that both forms are made of. */
function scalars(fused: boolean): string[] {
  return [
    'INLINE int32_t bits_f32(float x) { int32_t r; memcpy(&r, &x, 4); return r; }',
    'INLINE float fromBits_i32(int32_t x) { float r; memcpy(&r, &x, 4); return r; }',
    'INLINE int64_t bits_f64(double x) { int64_t r; memcpy(&r, &x, 8); return r; }',
    'INLINE double fromBits_i64(int64_t x) { double r; memcpy(&r, &x, 8); return r; }',
    'INLINE int32_t add_i32(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }',
    'INLINE int32_t sub_i32(int32_t a, int32_t b) { return (int32_t)((uint32_t)a - (uint32_t)b); }',
    'INLINE int32_t mul_i32(int32_t a, int32_t b) { return (int32_t)((uint32_t)a * (uint32_t)b); }',
    'INLINE int32_t neg_i32(int32_t a) { return (int32_t)(0u - (uint32_t)a); }',
    'INLINE int32_t div_i32(int32_t a, int32_t b) { return b == 0 ? 0 : b == -1 ? neg_i32(a) : a / b; }',
    'INLINE int32_t rest_i32(int32_t a, int32_t b) { return b == 0 || b == -1 ? 0 : a % b; }',
    'INLINE int32_t abs_i32(int32_t a) { return a < 0 ? neg_i32(a) : a; }',
    'INLINE int32_t min_i32(int32_t a, int32_t b) { return a < b ? a : b; }',
    'INLINE int32_t max_i32(int32_t a, int32_t b) { return a > b ? a : b; }',
    'INLINE int32_t shl_i32(int32_t a, int n) { return (int32_t)((uint32_t)a << n); }',
    'INLINE int32_t shrU_i32(int32_t a, int n) { return (int32_t)((uint32_t)a >> n); }',
    'INLINE int32_t shrS_i32(int32_t a, int n) { return a < 0 ? ~(~a >> n) : a >> n; }',
    '/* Towards 0 modulo 2^32; 0 for what is not finite. */',
    'INLINE int32_t from_f64_i32(double x) {',
    '  if (!(x - x == 0)) return 0;',
    '  if (x > -2147483649.0 && x < 2147483648.0) return (int32_t)x;',
    '  x = fmod(trunc(x), 4294967296.0);',
    '  return (int32_t)(uint32_t)(int64_t)x;',
    '}',
    'INLINE int32_t from_f32_i32(float x) { return from_f64_i32(x); }',
    `INLINE float madd_f32(float a, float b, float c) { return ${fused ? '__builtin_fmaf(a, b, c)' : 'a * b + c'}; }`,
    `INLINE float nmadd_f32(float a, float b, float c) { return ${fused ? '__builtin_fmaf(-a, b, c)' : 'c - a * b'}; }`,
    ...(['f32', 'f64'] as const).flatMap((f) => {
      const [type, bits, end] = f === 'f32' ? ['float', 'int32_t', 'f'] : ['double', 'int64_t', ''];
      const back = f === 'f32' ? 'fromBits_i32' : 'fromBits_i64';
      return [
        `INLINE ${type} sqrt_${f}(${type} x) { return sqrt${end}(x); }`,
        `INLINE ${type} floor_${f}(${type} x) { return floor${end}(x); }`,
        `INLINE ${type} ceil_${f}(${type} x) { return ceil${end}(x); }`,
        `INLINE ${type} trunc_${f}(${type} x) { return trunc${end}(x); }`,
        `INLINE ${type} nearest_${f}(${type} x) { return rint${end}(x); }`,
        `INLINE ${type} rest_${f}(${type} a, ${type} b) { return fmod${end}(a, b); }`,
        `INLINE ${type} neg_${f}(${type} x) { return -x; }`,
        `INLINE ${type} abs_${f}(${type} x) { return fabs${end}(x); }`,
        `INLINE ${type} lower_${f}(${type} a, ${type} b) { return b < a ? b : a; }`,
        `INLINE ${type} higher_${f}(${type} a, ${type} b) { return a < b ? b : a; }`,
        '/* NaN where one is NaN; -0 is below 0. */',
        `INLINE ${type} min_${f}(${type} a, ${type} b) { return a != a ? a : a < b ? a : a == b ? ${back}(bits_${f}(a) | bits_${f}(b)) : b; }`,
        `INLINE ${type} max_${f}(${type} a, ${type} b) { return a != a ? a : a > b ? a : a == b ? ${back}(bits_${f}(a) & bits_${f}(b)) : b; }`,
        `INLINE ${type} minNumber_${f}(${type} a, ${type} b) { return a >= b ? b : a; }`,
        `INLINE ${type} maxNumber_${f}(${type} a, ${type} b) { return a <= b ? b : a; }`,
        f === 'f32'
          ? 'INLINE float scale_f32(float x, float n) { return x * fromBits_i32(shl_i32(bits_f32(n + 12583039.0f), 23)); }'
          : `INLINE double scale_f64(double x, double n) { return x * fromBits_i64((${bits})((uint64_t)bits_f64(n + 6755399441056767.0) << 52)); }`,
      ];
    }),
    'INLINE double madd_f64(double a, double b, double c) { return a * b + c; }',
    'INLINE double nmadd_f64(double a, double b, double c) { return c - a * b; }',
    'INLINE int32_t high_f64(double x) { return (int32_t)(bits_f64(x) >> 32); }',
    'INLINE int32_t low_f64(double x) { return (int32_t)(uint32_t)bits_f64(x); }',
    'INLINE double fromWords_f64(int32_t upper, int32_t lower) { return fromBits_i64((int64_t)((uint64_t)(uint32_t)upper << 32 | (uint32_t)lower)); }',
  ];
}

/** Functions that vectors need and scalars have by themselves. */
function plain(): string[] {
  const comparisons = (type: string, f: string) => [
    `INLINE int32_t less_${f}(${type} a, ${type} b) { return -(a < b); }`,
    `INLINE int32_t lessEqual_${f}(${type} a, ${type} b) { return -(a <= b); }`,
    `INLINE int32_t equal_${f}(${type} a, ${type} b) { return -(a == b); }`,
    `INLINE int32_t nonzero_${f}(${type} a) { return -(a != 0); }`,
    `INLINE ${type} select_${f}(int32_t m, ${type} a, ${type} b) { return m ? a : b; }`,
    `INLINE ${type} load_${f}(const ${type} *p) { return *p; }`,
    `INLINE void store_${f}(${type} *p, ${type} x) { *p = x; }`,
  ];
  return [
    ...comparisons('float', 'f32'),
    ...comparisons('double', 'f64'),
    ...comparisons('int32_t', 'i32'),
    'INLINE int32_t any_i32(int32_t m) { return m; }',
    'INLINE int32_t load_u8(const uint8_t *p) { return *p; }',
    'INLINE int32_t load_bool(const uint8_t *p) { return -(*p != 0); }',
    'INLINE void store_u8(uint8_t *p, int32_t x) { *p = (uint8_t)x; }',
    'INLINE void store_bool(uint8_t *p, int32_t x) { *p = (uint8_t)-x; }',
    'INLINE float from_i32_f32(int32_t x) { return (float)x; }',
    'INLINE double from_i32_f64(int32_t x) { return x; }',
    'INLINE float from_f64_f32(double x) { return (float)x; }',
    'INLINE double from_f32_f64(float x) { return x; }',
    'INLINE float from_f32_f32(float x) { return x; }',
    'INLINE double from_f64_f64(double x) { return x; }',
    'INLINE float from_bool_f32(int32_t m) { return (float)-m; }',
    'INLINE double from_bool_f64(int32_t m) { return -m; }',
    'INLINE int32_t from_bool_i32(int32_t m) { return -m; }',
  ];
}

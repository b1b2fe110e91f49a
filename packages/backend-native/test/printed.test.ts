import { kernelsFor } from '@pullback/compiler';
import { add, matmul, maximum, mul, placeholder, softmax, sum, trace, type Value } from '@pullback/core';
import { expect, test } from 'vitest';
import { sourceOf } from '../src/source.ts';
import { plainTarget, targetOf } from '../src/target.ts';

const wide = targetOf(
  new Map([
    ['__AVX2__', '1'],
    ['__AVX__', '1'],
    ['__FMA__', '1'],
  ]),
);

/** The C of a function of matrices, without what stands before all kernels. */
function printed(f: (...x: Value[]) => Value, shapes: readonly (readonly number[])[], target = wide): string {
  const inputs = shapes.map((shape, i) => placeholder({ shape, dtype: 'float32' }, `x${i}`));
  return sourceOf(kernelsFor(trace(inputs, [f(...inputs)])), target).functions.join('\n');
}

const affine = (x: Value, w: Value) => maximum(add(mul(x, w), 0.5), 0);

test('the macros of a compiler say how wide its vectors are', () => {
  expect(targetOf(new Map([['__AVX512F__', '1']]))).toEqual({ lanes: 16, registers: 32, fused: true });
  expect(targetOf(new Map([['__aarch64__', '1']]))).toEqual({ lanes: 4, registers: 32, fused: true });
  expect(targetOf(new Map([['__AVX__', '1']]))).toEqual({ lanes: 8, registers: 16, fused: false });
  expect(targetOf(new Map([['__FMA__', '1']]), { deterministic: true }).fused).toBe(false);
});

test('a map in vectors, what is left behind them, and a factor that is the same for a row', () => {
  expect(
    printed(affine, [
      [3, 21],
      [3, 1],
    ]),
  ).toMatchInlineSnapshot(`
    "// map [][3, 21]
    //   0: float32{0,1} mul %0(21,1) %1(1,0)
    //   1: float32{0,1} add 0 #0.5
    //   2: float32{0,1} maximum 1 #0 -> %7
    // from mul, add, maximum
    void kernel_0(char *const *b_, int64_t from, int64_t to, char *scratch) {
      float *const p0 = (float *)b_[0];
      float *const p1 = (float *)b_[1];
      float *const p2 = (float *)b_[2];
      for (int64_t i0 = from; i0 < to; i0++) {
        const f32x8 x3 = splat_f32x8(*(p1 + i0));
        for (int64_t i1 = 0, end = 16; i1 < end; i1 += 8) {
          const f32x8 x2 = load_f32x8(p0 + i0 * 21 + i1);
          const f32x8 s0_4 = (x2 * x3);
          const f32x8 s1_5 = (s0_4 + splat_f32x8(0.5f));
          const f32x8 s2_6 = max_f32x8(s1_5, splat_f32x8(0.0f));
          store_f32x8(p2 + i0 * 21 + i1, s2_6);
        }
         {
          const f32x8 x7 = load_f32x8(p0 + i0 * 21 + 16);
          const f32x8 s0_8 = (x7 * x3);
          const f32x8 s1_9 = (s0_8 + splat_f32x8(0.5f));
          const f32x8 s2_10 = max_f32x8(s1_9, splat_f32x8(0.0f));
          store_part_f32x8(p2 + i0 * 21 + 16, s2_10, 5);
        }
      }
    }"
  `);
});

test('the same in plain loops', () => {
  expect(
    printed(
      affine,
      [
        [3, 21],
        [3, 1],
      ],
      plainTarget,
    ),
  ).toMatchInlineSnapshot(`
    "// map [][3, 21]
    //   0: float32{0,1} mul %0(21,1) %1(1,0)
    //   1: float32{0,1} add 0 #0.5
    //   2: float32{0,1} maximum 1 #0 -> %7
    // from mul, add, maximum
    void kernel_0(char *const *b_, int64_t from, int64_t to, char *scratch) {
      float *const p0 = (float *)b_[0];
      float *const p1 = (float *)b_[1];
      float *const p2 = (float *)b_[2];
      for (int64_t i0 = from; i0 < to; i0++) {
        const float x3 = load_f32(p1 + i0);
        for (int64_t i1 = 0, end = 21; i1 < end; i1 += 1) {
          const float x2 = load_f32(p0 + i0 * 21 + i1);
          const float s0_4 = (x2 * x3);
          const float s1_5 = (s0_4 + 0.5f);
          const float s2_6 = max_f32(s1_5, 0.0f);
          store_f32(p2 + i0 * 21 + i1, s2_6);
        }
      }
    }"
  `);
});

test('rows in as many passes as sums wait for each other', () => {
  expect(printed((x) => softmax(x), [[2, 100]], plainTarget)).toMatchInlineSnapshot(`
    "// rows [2][100]
    //   0: float32{0} max along the inner axes %0(100,1)
    //   1: float32{0} sub 0 0
    //   2: bool{0} equal 1 #0
    //   3: float32{0} select 2 0 #0
    //   4: float32{0,1} sub %0(100,1) 3
    //   5: float32{0,1} exp 4
    //   6: float32{0} sum along the inner axes 5
    //   7: float32{0,1} div 5 6 -> %11
    // from softmax/max, softmax/sub, softmax/equal, softmax/select and 3 more
    void kernel_0(char *const *b_, int64_t from, int64_t to, char *scratch) {
      float *const p0 = (float *)b_[0];
      float *const p1 = (float *)b_[1];
      for (int64_t i0 = from; i0 < to; i0++) {
        float max1 = -INFINITY;
        for (int64_t i2 = 0, end = 100; i2 < end; i2 += 1) {
          const float x3 = load_f32(p0 + i0 * 100 + i2);
          max1 = max_f32(max1, x3);
        }
        double sum4[16] = {0};
        const float s1_7 = (max1 - max1);
        const int32_t s2_8 = equal_f32(s1_7, 0.0f);
        const float s3_9 = select_f32(s2_8, max1, 0.0f);
        for (int64_t i5 = 0, end = 100; i5 < end; i5 += 1) {
          const float x6 = load_f32(p0 + i0 * 100 + i5);
          const float s4_10 = (x6 - s3_9);
          const float t11 = higher_f32(lower_f32(s4_10, 89.0f), -104.0f);
          const float t12 = madd_f32(t11, 1.4426950216293335f, 12583166.0f);
          const float t13 = (t12 - 12583166.0f);
          const float t14 = nmadd_f32(t13, -0.00021219444170128554f, nmadd_f32(t13, 0.693359375f, t11));
          const float t15 = (t14 * t14);
          const int32_t t16 = bits_f32(t12);
          const int32_t t17 = shrU_i32(t16, 1);
          const float t18 = fromBits_i32(shl_i32(t17, 23));
          const float s5_19 = (madd_f32(madd_f32(madd_f32(madd_f32(madd_f32(0.00019875691214110702f, t14, 0.001398199936375022f), t15, madd_f32(0.008333452045917511f, t14, 0.04166579619050026f)), t15, madd_f32(0.1666666567325592f, t14, 0.5f)), t15, t14), t18, t18) * fromBits_i32(shl_i32(sub_i32(t16, t17), 23)));
          sum4[(i5) % 16] += s5_19;
          store_f32((float *)(scratch + 0) + i5, s5_19);
        }
        for (int s = 8; s > 0; s /= 2) for (int k = 0; k < s; k++) sum4[k] += sum4[k + s];
        const float sum20 = (float)sum4[0];
        for (int64_t i21 = 0, end = 100; i21 < end; i21 += 1) {
          const float x22 = load_f32((float *)(scratch + 0) + i21);
          const float s7_23 = (x22 / sum20);
          store_f32(p1 + i0 * 100 + i21, s7_23);
        }
      }
    }"
  `);
});

test('a product in plain loops, with what follows it', () => {
  expect(
    printed((a, b, c) => add(matmul(a, b), c), [[4, 5], [5, 6], [6]], plainTarget),
  ).toMatchInlineSnapshot(`
    "// product [4, 6] over 5: %0(5,1) by %1(6,1)
    //   0: float32{0,1} contract
    //   1: float32{0,1} add 0 %2(0,1) -> %6
    // from contract, add
    void kernel_0(char *const *b_, int64_t from, int64_t to, char *scratch) {
      float *const p0 = (float *)b_[0];
      float *const p1 = (float *)b_[1];
      float *const p2 = (float *)b_[2];
      float *const p3 = (float *)b_[3];
      for (int64_t row = from; row < to; row++) {
        for (int64_t column = 0; column < 6; column++) {
          float sum = 0;
          for (int64_t k = 0; k < 5; k++) sum = madd_f32((p0)[(row) * 5 + (k)], (p1)[(column) + (k) * 6], sum);
          const float x0 = load_f32(p2 + column);
          const float s1_1 = (sum + x0);
          store_f32(p3 + row * 6 + column, s1_1);
        }
      }
    }"
  `);
});

test('sums along columns, each in float64', () => {
  expect(printed((x) => sum(x, { axis: 0 }), [[9, 8]])).toMatchInlineSnapshot(`
    "// columns [9][8]
    //   0: float32{1} sum along the outer axes %0(8,1) -> %1
    // from sum
    void kernel_0(char *const *b_, int64_t from, int64_t to, char *scratch) {
      float *const p0 = (float *)b_[0];
      float *const p1 = (float *)b_[1];
       {
        f64x4 sum0 = {0}, sum1 = {0};
        for (int64_t i2 = 0; i2 < 9; i2++) {
          const f32x8 x3 = load_f32x8(p0 + i2 * 8);
          sum0 += lower_half_f32x8(x3);
          sum1 += upper_half_f32x8(x3);
        }
        const f32x8 sum4 = joined_f32x8(sum0, sum1);
        store_f32x8(p1, sum4);
      }
    }"
  `);
});

import { elementary } from './elementary.ts';

/**
 * Functions of shaders, each used only where it is named. A WGSL implementation may do as it likes with NaN in comparisons,
 * subnormal numbers and exponentials. Here they are done on bits or by polynomials, so that every adapter gives the same to within a
 * few units in the last place.
 */
const library = {
  // A literal NaN or infinity is refused by the compiler, a bit pattern that passes through a variable is not.
  from_bits: `
fn from_bits(bits: u32) -> f32 {
  var given = bits;
  return bitcast<f32>(given);
}`,
  is_nan: `
fn is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}`,
  // The bits of a float16 for what no float16 is near: 65504 as far as it is the nearest, infinity, NaN.
  far_half: `
fn far_half(bits: u32) -> u32 {
  let magnitude = bits & 0x7fffffffu;
  let finite = select(0x7c00u, 0x7bffu, magnitude < 0x477ff000u);
  return select(finite, 0x7e00u, magnitude > 0x7f800000u) | ((bits >> 16u) & 0x8000u);
}`,
  // Conversions of what overflows are left to the implementation.
  f16_of_f32: `
fn f16_of_f32(x: f32) -> f16 {
  let bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) <= 0x477fe000u) {
    return f16(x);
  }
  return bitcast<vec2<f16>>(far_half(bits)).x;
}`,
  half_bits: `
fn half_bits(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) <= 0x477fe000u) {
    return pack2x16float(vec2f(x, 0.0f)) & 0xffffu;
  }
  return far_half(bits);
}`,
  // Floats in order as integers, both zeros as one.
  order: `
fn order(x: f32) -> i32 {
  let bits = bitcast<i32>(x);
  return select(bits, -(bits & 0x7fffffff), bits < 0);
}`,
  less_f32: `
fn less_f32(a: f32, b: f32) -> bool {
  return order(a) < order(b) && !is_nan(a) && !is_nan(b);
}`,
  less_equal_f32: `
fn less_equal_f32(a: f32, b: f32) -> bool {
  return order(a) <= order(b) && !is_nan(a) && !is_nan(b);
}`,
  equal_f32: `
fn equal_f32(a: f32, b: f32) -> bool {
  return order(a) == order(b) && !is_nan(a) && !is_nan(b);
}`,
  maximum_f32: `
fn maximum_f32(a: f32, b: f32) -> f32 {
  return select(select(b, a, is_nan(a) || order(a) >= order(b)), b, is_nan(b));
}`,
  minimum_f32: `
fn minimum_f32(a: f32, b: f32) -> f32 {
  return select(select(b, a, is_nan(a) || order(a) <= order(b)), b, is_nan(b));
}`,
  // Floats in order as integers, both ways, with every NaN as one above all.
  key_of_f32: `
fn key_of_f32(x: f32) -> i32 {
  let bits = bitcast<i32>(x);
  return select(select(bits, bits ^ 0x7fffffff, bits < 0), 0x7fffffff, is_nan(x));
}`,
  f32_of_key: `
fn f32_of_key(key: i32) -> f32 {
  return bitcast<f32>(select(key, key ^ 0x7fffffff, key < 0));
}`,
  // Subnormal numbers may count as 0 in arithmetic, and are none.
  floor_f32: `
fn floor_f32(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return select(floor(x), -1.0f, bits > 0x80000000u && bits < 0x80800000u);
}`,
  ceil_f32: `
fn ceil_f32(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return select(ceil(x), 1.0f, bits > 0u && bits < 0x800000u);
}`,
  negate_f32: `
fn negate_f32(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ 0x80000000u);
}`,
  absolute_f32: `
fn absolute_f32(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) & 0x7fffffffu);
}`,
  // Exact remainder by long division of the significands; after musl's fmodf.
  remainder_f32: `
fn remainder_f32(x: f32, y: f32) -> f32 {
  var a = bitcast<u32>(x);
  var b = bitcast<u32>(y);
  let sign = a & 0x80000000u;
  a = a & 0x7fffffffu;
  b = b & 0x7fffffffu;
  if (b == 0u || b > 0x7f800000u || a >= 0x7f800000u) {
    return from_bits(0x7fc00000u);
  }
  if (a < b) {
    return x;
  }
  var exponent_a = i32(a >> 23u);
  var exponent_b = i32(b >> 23u);
  if (exponent_a == 0) {
    let shift = countLeadingZeros(a) - 8u;
    a = a << shift;
    exponent_a = 1 - i32(shift);
  } else {
    a = (a & 0x7fffffu) | 0x800000u;
  }
  if (exponent_b == 0) {
    let shift = countLeadingZeros(b) - 8u;
    b = b << shift;
    exponent_b = 1 - i32(shift);
  } else {
    b = (b & 0x7fffffu) | 0x800000u;
  }
  while (exponent_a > exponent_b) {
    if (a >= b) {
      a = a - b;
    }
    a = a << 1u;
    exponent_a--;
  }
  if (a >= b) {
    a = a - b;
  }
  if (a == 0u) {
    return bitcast<f32>(sign);
  }
  let shift = countLeadingZeros(a) - 8u;
  a = a << shift;
  exponent_a = exponent_a - i32(shift);
  if (exponent_a > 0) {
    a = (a & 0x7fffffu) | (u32(exponent_a) << 23u);
  } else {
    a = a >> u32(1 - exponent_a);
  }
  return bitcast<f32>(a | sign);
}`,
  rest_i32: `
fn rest_i32(a: i32, b: i32) -> i32 {
  return a % select(b, 1, b == 0);
}`,
  div_i32: `
fn div_i32(a: i32, b: i32) -> i32 {
  return select(a / select(b, 1, b == 0), 0, b == 0);
}`,
  // Towards 0 and modulo 2^32, 0 for what is not finite.
  i32_of_f32: `
fn i32_of_f32(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let exponent = i32((bits >> 23u) & 0xffu) - 150;
  let significand = (bits & 0x7fffffu) | 0x800000u;
  if (exponent > 31 || exponent < -23) {
    return 0;
  }
  let magnitude = bitcast<i32>(select(significand << u32(max(exponent, 0)), significand >> u32(max(-exponent, 0)), exponent < 0));
  return select(magnitude, -magnitude, (bits & 0x80000000u) != 0u);
}`,
  bool_of_f32: `
fn bool_of_f32(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) != 0u;
}`,
  ...elementary,
} as const satisfies Record<string, string>;

/** The functions that `code` calls, and those that they call, each once and before its first use. */
export function functionsFor(code: string): string {
  const found = new Set<string>();
  const visit = (text: string): void => {
    for (const name of Object.keys(library) as (keyof typeof library)[]) {
      if (found.has(name) || text.includes(`fn ${name}(`) || !new RegExp(`\\b${name}\\(`).test(text))
        continue;
      visit(library[name]);
      found.add(name);
    }
    if (/\bAngle\b/.test(text) && !found.has('reduce_angle') && !text.includes('struct Angle')) {
      visit(library.reduce_angle);
      found.add('reduce_angle');
    }
  };
  visit(code);
  return [...found].map((name) => library[name as keyof typeof library].trim()).join('\n');
}

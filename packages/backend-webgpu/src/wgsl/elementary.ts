/** Powers of 2 and reduced angles in WGSL, by bits: whatever the built-in functions of an adapter are like. */
export const elementary = {
  // 2^k for k from -126 to 127.
  power_of_two: `
fn power_of_two(k: i32) -> f32 {
  return bitcast<f32>(u32(k + 127) << 23u);
}`,
  multiply_high: `
fn multiply_high(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let first = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let second = (a & 0xffffu) * (b >> 16u) + (first & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (first >> 16u) + (second >> 16u);
}`,
  // x = k pi/2 + r: (k mod 4, r). By parts of pi/2 with few bits up to 4096, by the digits of 2/pi beyond (Payne and Hanek).
  reduce_angle: `
struct Angle {
  quadrant: u32,
  rest: f32,
}
fn reduce_angle(x: f32) -> Angle {
  let magnitude = absolute_f32(x);
  if ((bitcast<u32>(x) & 0x7f800000u) == 0x7f800000u) {
    return Angle(0u, from_bits(0x7fc00000u));
  }
  if (magnitude < 4096.0f) {
    let k = round(x * 0.636619772f);
    let rest = ((x - k * 1.5703125f) - k * 4.837512969970703125e-4f) - k * 7.549789954891882e-8f;
    return Angle(bitcast<u32>(i32(k)) & 3u, rest);
  }
  var digits = array<u32, 8>(0u, 0x28be60dbu, 0x9391054au, 0x7f09d5f4u, 0x7d4d3770u, 0x36d8a566u, 0x4f10e410u, 0x7f9458eau);
  let bits = bitcast<u32>(x);
  let exponent = ((bits >> 23u) & 0xffu) - 126u;
  let significand = ((bits & 0x7fffffu) | 0x800000u) << 8u;
  let place = exponent >> 5u;
  let shift = exponent & 31u;
  var high = digits[place];
  var middle = digits[place + 1u];
  var low = digits[place + 2u];
  if (shift != 0u) {
    high = (high << shift) | (middle >> (32u - shift));
    middle = (middle << shift) | (low >> (32u - shift));
    low = (low << shift) | (digits[place + 3u] >> (32u - shift));
  }
  let carried = multiply_high(significand, low);
  let product = significand * middle;
  var bottom = product + carried;
  var top = significand * high + multiply_high(significand, middle) + select(0u, 1u, bottom < product);
  var quadrant = top >> 30u;
  top = top & 0x3fffffffu;
  var negative = (bits & 0x80000000u) != 0u;
  if ((top & 0x20000000u) != 0u) {
    quadrant = quadrant + 1u;
    let borrow = select(0u, 1u, bottom != 0u);
    bottom = 0u - bottom;
    top = 0x40000000u - top - borrow;
    negative = !negative;
  }
  if ((bits & 0x80000000u) != 0u) {
    quadrant = 0u - quadrant;
  }
  // The leading 32 bits, as a float between 2^31 and 2^32.
  var scale = -30;
  if (top == 0u) {
    top = bottom;
    bottom = 0u;
    scale = -62;
  }
  let zeros = countLeadingZeros(top);
  if (zeros > 0u && zeros < 32u) {
    top = (top << zeros) | (bottom >> (32u - zeros));
  }
  let rest = f32(top) * power_of_two(scale - i32(min(zeros, 31u))) * 1.57079633f;
  return Angle(quadrant & 3u, select(rest, -rest, negative));
}`,
} as const satisfies Record<string, string>;

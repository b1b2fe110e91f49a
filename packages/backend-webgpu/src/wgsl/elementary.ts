/**
 * Exponentials, logarithms, trigonometric functions and random bits in WGSL: within 2 units in the last place of a float32 wherever additions and
 * products are rounded to nearest, whatever the built-in functions of an adapter are like.
 */
export const elementary = {
  // 2^k for k from -126 to 127.
  power_of_two: `
fn power_of_two(k: i32) -> f32 {
  return bitcast<f32>(u32(k + 127) << 23u);
}`,
  // x = k ln 2 + r with |r| <= ln 2 / 2; polynomial of Cephes' expf.
  exp_f32: `
fn exp_f32(x: f32) -> f32 {
  if (is_nan(x)) {
    return x;
  }
  if (x > 88.72284f) {
    return from_bits(0x7f800000u);
  }
  if (x < -103.97208f) {
    return 0.0f;
  }
  let k = round(x * 1.44269504f);
  let r = (x - k * 0.693359375f) - k * -2.12194440e-4f;
  var p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  let y = (p * (r * r) + r) + 1.0f;
  // Two factors, since 2^128 is no float.
  let half = i32(k) >> 1u;
  return y * power_of_two(half) * power_of_two(i32(k) - half);
}`,
  // After musl's expm1f.
  expm1_f32: `
fn expm1_f32(given: f32) -> f32 {
  if (is_nan(given)) {
    return given;
  }
  if (given > 88.72284f) {
    return from_bits(0x7f800000u);
  }
  if (given < -18.714973f) {
    return -1.0f;
  }
  let magnitude = absolute_f32(given);
  if (magnitude < 2.9802322e-8f) {
    return given;
  }
  var x = given;
  var k = 0;
  var c = 0.0f;
  if (magnitude > 0.34657359f) {
    let rounded = round(given * 1.44269504f);
    k = i32(rounded);
    let high = given - rounded * 6.9313812256e-1f;
    let low = rounded * 9.0580006145e-6f;
    x = high - low;
    c = (high - x) - low;
  }
  let half = 0.5f * x;
  let square = x * half;
  let r = 1.0f + square * (-3.3333212137e-2f + square * 1.5807170421e-3f);
  let t = 3.0f - r * half;
  var e = square * ((r - t) / (6.0f - x * t));
  if (k == 0) {
    return x - (x * e - square);
  }
  e = x * (e - c) - c;
  e = e - square;
  if (k == -1) {
    return 0.5f * (x - e) - 0.5f;
  }
  if (k == 1) {
    if (x < -0.25f) {
      return -2.0f * (e - (x + 0.5f));
    }
    return 1.0f + 2.0f * (x - e);
  }
  if (k < 0 || k > 56) {
    let y = (x - e) + 1.0f;
    let first = k >> 1u;
    return y * power_of_two(first) * power_of_two(k - first) - 1.0f;
  }
  let inverse = power_of_two(-k);
  if (k < 23) {
    return ((x - e) + (1.0f - inverse)) * power_of_two(k);
  }
  return ((x - (e + inverse)) + 1.0f) * power_of_two(k);
}`,
  // log m for m = 1 + f in [sqrt(1/2), sqrt 2), with the rest of log(2^k m); after musl's logf.
  log_parts: `
fn log_parts(f: f32, k: f32, c: f32) -> f32 {
  let s = f / (2.0f + f);
  let z = s * s;
  let w = z * z;
  let even = w * (0.40000972152f + w * 0.24279078841f);
  let odd = z * (0.66666662693f + w * 0.28498786688f);
  let half = 0.5f * f * f;
  return s * (half + (odd + even)) + (k * 9.0580006145e-6f + c) - half + f + k * 6.9313812256e-1f;
}`,
  log_f32: `
fn log_f32(x: f32) -> f32 {
  var bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) == 0u) {
    return from_bits(0xff800000u);
  }
  if (bits > 0x7f800000u) {
    return from_bits(0x7fc00000u);
  }
  if (bits == 0x7f800000u) {
    return x;
  }
  var k = -127;
  if (bits < 0x800000u) {
    let shift = countLeadingZeros(bits) - 8u;
    bits = bits << shift;
    k = -126 - i32(shift);
    bits = (bits & 0x7fffffu) + 0x800000u;
    k = k - 1;
  }
  bits = bits + (0x3f800000u - 0x3f3504f3u);
  k = k + i32(bits >> 23u);
  let f = bitcast<f32>((bits & 0x7fffffu) + 0x3f3504f3u) - 1.0f;
  return log_parts(f, f32(k), 0.0f);
}`,
  // What a b lacks when it is rounded to p; halves of 12 bits have exact products. After Dekker.
  product_low: `
fn product_low(a: f32, b: f32, p: f32) -> f32 {
  let a_high = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  let b_high = bitcast<f32>(bitcast<u32>(b) & 0xfffff000u);
  let a_low = a - a_high;
  let b_low = b - b_high;
  return ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low;
}`,
  // e^(x + tail), where the result is a float32.
  exp_of_sum: `
fn exp_of_sum(x: f32, tail: f32) -> f32 {
  let k = round(x * 1.44269504f);
  let r = ((x - k * 0.693359375f) - k * -2.12194440e-4f) + tail;
  var p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  let y = (p * (r * r) + r) + 1.0f;
  let half = i32(k) >> 1u;
  return y * power_of_two(half) * power_of_two(i32(k) - half);
}`,
  // z^y for finite z above 0 and finite y, operation for operation as core's float64 one, with fewer terms.
  power_of: `
fn power_of(z: f32, y: f32) -> f32 {
  var bits = bitcast<u32>(z);
  var k = -127;
  if (bits < 0x800000u) {
    let shift = countLeadingZeros(bits) - 8u;
    bits = ((bits << shift) & 0x7fffffu) + 0x800000u;
    k = -127 - i32(shift);
  }
  bits = bits + (0x3f800000u - 0x3f3504f3u);
  k = k + i32(bits >> 23u);
  let f = bitcast<f32>((bits & 0x7fffffu) + 0x3f3504f3u) - 1.0f;
  let d = 2.0f + f;
  let d_low = f - (d - 2.0f);
  let s = f / d;
  let p = s * d;
  let s_low = (((f - p) - product_low(s, d, p)) - s * d_low) / d;
  let square = s * s;
  let square_low = product_low(s, s, square) + 2.0f * s * s_low;
  let first = square * 0.33333334f;
  let first_low = product_low(square, 0.33333334f, first) + square * -9.934107e-9f + square_low * 0.33333334f;
  let rest = square * square * (0.2f + square * (0.14285715f + square * (0.11111111f + square * 0.09090909f)));
  let w = first + rest;
  let w_low = (first - w) + rest + first_low;
  let a = 2.0f * s;
  let a_low = 2.0f * s_low;
  let v = a * w;
  let v_low = product_low(a, w, v) + a * w_low + a_low * w;
  let m = a + v;
  let m_low = (a - m) + v + (a_low + v_low);
  let turns = f32(k) * 6.9313812256e-1f;
  let high = turns + m;
  let low = (turns - high) + m + (m_low + f32(k) * 9.0580006145e-6f);
  let exponent = y * high;
  if (exponent > 88.8f) {
    return from_bits(0x7f800000u);
  }
  if (exponent < -104.0f) {
    return 0.0f;
  }
  return exp_of_sum(exponent, product_low(y, high, exponent) + y * low);
}`,
  // The table of IEEE 754, as core's pow.
  pow_f32: `
fn pow_f32(x: f32, y: f32) -> f32 {
  let z_bits = bitcast<u32>(x) & 0x7fffffffu;
  let y_bits = bitcast<u32>(y) & 0x7fffffffu;
  let negative = bitcast<u32>(x) > 0x7fffffffu;
  if (y_bits == 0u || bitcast<u32>(x) == 0x3f800000u) {
    return 1.0f;
  }
  let whole = y_bits >= 0x4b000000u || floor(y) == y;
  if (is_nan(x) || is_nan(y) || (negative && z_bits != 0u && z_bits != 0x7f800000u && !whole)) {
    return from_bits(0x7fc00000u);
  }
  let odd = whole && y_bits < 0x4b800000u && floor(y * 0.5f) * 2.0f != y;
  var size = 1.0f;
  if (z_bits != 0x3f800000u) {
    if (z_bits == 0u || z_bits == 0x7f800000u || y_bits == 0x7f800000u) {
      let grows = (z_bits > 0x3f800000u) == (bitcast<u32>(y) <= 0x7fffffffu);
      size = from_bits(select(0u, 0x7f800000u, grows));
    } else {
      size = power_of(bitcast<f32>(z_bits), y);
    }
  }
  return select(size, negate_f32(size), odd && negative);
}`,
  log1p_f32: `
fn log1p_f32(x: f32) -> f32 {
  let magnitude = bitcast<u32>(x) & 0x7fffffffu;
  if (magnitude > 0x7f800000u || magnitude < 0x33800000u) {
    return x;
  }
  if (x <= -1.0f) {
    return from_bits(select(0x7fc00000u, 0xff800000u, x == -1.0f));
  }
  if (magnitude == 0x7f800000u) {
    return x;
  }
  if (x > -0.29289323f && x < 0.41421356f) {
    return log_parts(x, 0.0f, 0.0f);
  }
  let u = 1.0f + x;
  var bits = bitcast<u32>(u) + (0x3f800000u - 0x3f3504f3u);
  let k = i32(bits >> 23u) - 127;
  var c = 0.0f;
  if (k < 25) {
    c = select(x - (u - 1.0f), 1.0f - (u - x), k >= 2) / u;
  }
  return log_parts(bitcast<f32>((bits & 0x7fffffu) + 0x3f3504f3u) - 1.0f, f32(k), c);
}`,
  tanh_f32: `
fn tanh_f32(x: f32) -> f32 {
  let z = absolute_f32(x);
  if (is_nan(x) || z < 1.0e-7f) {
    return x;
  }
  var y = 1.0f;
  if (z < 0.25541282f) {
    let t = expm1_f32(-2.0f * z);
    y = -t / (t + 2.0f);
  } else if (z < 0.54930615f) {
    let t = expm1_f32(2.0f * z);
    y = t / (t + 2.0f);
  } else if (z < 10.0f) {
    y = 1.0f - 2.0f / (expm1_f32(2.0f * z) + 2.0f);
  }
  return select(y, -y, x < 0.0f);
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
  sine_of: `
fn sine_of(angle: Angle) -> f32 {
  let r = angle.rest;
  let z = r * r;
  var y = 0.0f;
  if ((angle.quadrant & 1u) == 0u) {
    y = r + r * z * (-1.6666654611e-1f + z * (8.3321608736e-3f + z * -1.9515295891e-4f));
  } else {
    y = (1.0f - 0.5f * z) + z * z * (4.166664568298827e-2f + z * (-1.388731625493765e-3f + z * 2.443315711809948e-5f));
  }
  return select(y, -y, angle.quadrant > 1u);
}`,
  sin_f32: `
fn sin_f32(x: f32) -> f32 {
  if ((bitcast<u32>(x) & 0x7fffffffu) < 0x39000000u) {
    return x;
  }
  return sine_of(reduce_angle(x));
}`,
  cos_f32: `
fn cos_f32(x: f32) -> f32 {
  let angle = reduce_angle(x);
  return sine_of(Angle((angle.quadrant + 1u) & 3u, angle.rest));
}`,
  // Two minimax polynomials, the outer one in the exponent: erf = 1 - e^p(|x|). Source: N. Juffa.
  erf_f32: `
fn erf_f32(x: f32) -> f32 {
  if (is_nan(x)) {
    return x;
  }
  let t = absolute_f32(x);
  if (t < 1.0e-10f) {
    return 1.12837917f * x;
  }
  let s = x * x;
  if (t > 0.927734375f) {
    if (t > 4.0f) {
      return select(1.0f, -1.0f, x < 0.0f);
    }
    var r = -1.72853470e-5f * t + 3.83197126e-4f;
    let u = -3.88396438e-3f * t + 2.42546219e-2f;
    r = r * s + u;
    r = r * t - 1.06777877e-1f;
    r = r * t - 6.34846687e-1f;
    r = r * t - 1.28717512e-1f;
    r = r * t - t;
    let y = 1.0f - exp_f32(r);
    return select(y, -y, x < 0.0f);
  }
  var r = -5.96761703e-4f;
  r = r * s + 4.99119423e-3f;
  r = r * s - 2.67681349e-2f;
  r = r * s + 1.12819925e-1f;
  r = r * s - 3.76125336e-1f;
  r = r * s + 1.28379166e-1f;
  return r * x + x;
}`,
  // Threefry-2x32-20.
  threefry_word: `
fn threefry_word(key0: i32, key1: i32, counter0: i32, counter1: i32, word: u32) -> i32 {
  var keys = array<u32, 3>(bitcast<u32>(key0), bitcast<u32>(key1), 0u);
  keys[2] = 0x1bd11bdau ^ keys[0] ^ keys[1];
  var rotations = array<u32, 8>(13u, 15u, 26u, 6u, 17u, 29u, 16u, 24u);
  var x = bitcast<u32>(counter0) + keys[0];
  var y = bitcast<u32>(counter1) + keys[1];
  for (var round = 1u; round <= 5u; round++) {
    for (var i = 0u; i < 4u; i++) {
      let by = rotations[((round + 1u) % 2u) * 4u + i];
      x = x + y;
      y = ((y << by) | (y >> (32u - by))) ^ x;
    }
    x = x + keys[round % 3u];
    y = y + keys[(round + 1u) % 3u] + round;
  }
  return bitcast<i32>(select(y, x, word == 0u));
}`,
} as const satisfies Record<string, string>;

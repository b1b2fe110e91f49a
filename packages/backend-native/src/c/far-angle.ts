import { type HostFunction, farAngle as onHost, UnsupportedError } from '@pullback/core';

const names = new Map<HostFunction, string>([
  [onHost.quadrant, 'far_quadrant'],
  [onHost.high, 'far_high'],
  [onHost.low, 'far_low'],
]);

/** The C function that computes what a function of the host does. @throws UnsupportedError where there is none. */
export function hostName(host: HostFunction | undefined): string {
  const name = host && names.get(host);
  if (name !== undefined) return name;
  throw new UnsupportedError({
    got: 'a formula that calls a function of the host on the native backend',
    expected: 'a formula of operations',
    hint: "The backends 'cpu' and 'wasm' call such functions.",
  });
}

/** Whether every function of the host that is called has C of its own. */
export function isKnown(host: HostFunction): boolean {
  return names.has(host);
}

/** x = k pi/2 + high + low of large x, by 1,216 bits of 2 / pi: the same bits as core's `reducedFar`. Words lie with the lowest first. */
export const farAngle = `
typedef struct { double quadrant, high, low; } far_angle;
static double far_number(const uint32_t *w) {
  int top = 127;
  while (top > 0 && !(w[top / 32] >> top % 32 & 1)) top--;
  if (top < 64) return (double)((uint64_t)w[1] << 32 | w[0]);
  uint64_t leading = 0;
  uint32_t below = 0;
  for (int i = 0; i < 64; i++) leading |= (uint64_t)(w[(top - i) / 32] >> (top - i) % 32 & 1) << (63 - i);
  for (int i = 0; i < top - 63; i++) below |= w[i / 32] >> i % 32 & 1;
  return ldexp((double)(leading | below), top - 63);
}
static far_angle far_reduced(double given) {
  static const uint32_t two_over_pi[38] = {
    0xfc7b6bac, 0x56033046, 0x1f8d5d08, 0x6bfb5fb1, 0x8a5292ea, 0x3d0739f7, 0xebe5f17b, 0x7527bac7, 0x9e5fea2d, 0x4f463f66,
    0x27cb09b7, 0x6d367ecf, 0x5a0a6d1f, 0xef2f118b, 0xde05980f, 0x1ff897ff, 0xbdf9283b, 0x9c845f8b, 0x835339f4, 0x3991d639,
    0xb45f7e41, 0xe99c7026, 0x2ebb4484, 0xe88235f5, 0xb129a73e, 0xfe1deb1c, 0x09d1921c, 0x06492eea, 0x424dd2e0, 0xb7246e3a,
    0xdebbc561, 0xfe5163ab, 0x3c439041, 0xdb629599, 0xf534ddc0, 0xfc2757d1, 0x4e441529, 0xa2f9836e};
  static const uint32_t pi[4] = {0x2e037073, 0xd313198a, 0x8885a308, 0x03243f6a};
  double x = fabs(given);
  far_angle result = {0, NAN, 0};
  if (!(x - x == 0) || x <= 1048576) return result;
  uint64_t bits = (uint64_t)bits_f64(x);
  int from = 1096 - ((int)(bits >> 52) - 1075);
  uint64_t significand = (bits & 0xfffffffffffff) | 0x10000000000000;
  uint32_t product[42] = {0};
  for (int j = 0; j < 2; j++) {
    uint64_t factor = (uint32_t)(significand >> 32 * j), carry = 0;
    for (int i = 0; i < 38; i++) {
      carry += factor * two_over_pi[i] + product[i + j];
      product[i + j] = (uint32_t)carry;
      carry >>= 32;
    }
    product[38 + j] = (uint32_t)carry;
  }
  /* 120 bits of the fraction, and two before them. */
  uint32_t turns[4] = {0};
  for (int i = 0; i < 122; i++) turns[i / 32] |= (product[(from + i) / 32] >> (from + i) % 32 & 1) << i % 32;
  int quadrant = (int)(turns[3] >> 24 & 3);
  turns[3] &= 0xffffff;
  int negative = (int)(turns[3] >> 23);
  quadrant = (quadrant + negative) & 3;
  if (negative) {
    uint64_t carry = 1;
    for (int i = 0; i < 4; i++) {
      carry += (uint32_t)~turns[i];
      turns[i] = (uint32_t)carry;
      carry >>= 32;
    }
    turns[3] &= 0xffffff;
  }
  uint32_t part[8] = {0};
  for (int j = 0; j < 4; j++) {
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
      carry += (uint64_t)turns[j] * pi[i] + part[i + j];
      part[i + j] = (uint32_t)carry;
      carry >>= 32;
    }
    part[4 + j] = (uint32_t)carry;
  }
  /* Divided by 2^121 towards minus infinity. */
  uint32_t angle[4], lost = part[0] | part[1] | part[2] | (part[3] & 0x1ffffff);
  for (int i = 0; i < 4; i++) angle[i] = part[3 + i] >> 25 | (uint32_t)((uint64_t)part[4 + i] << 7);
  if (negative && lost)
    for (int i = 0; i < 4 && ++angle[i] == 0; i++) {}
  double high = far_number(angle) * 0x1p-120;
  if (negative) high = -high;
  double scaled = high * 0x1p53, k = floor(scaled);
  if (scaled - k >= 0.5) k += 1;
  /* angle - k 2^67, in 128 bits with a sign. */
  uint64_t whole = (uint64_t)(int64_t)k;
  uint32_t other[4] = {0, 0, (uint32_t)(whole << 3), (uint32_t)(whole >> 29)}, rest[4];
  uint64_t carry = 1;
  uint64_t plus = negative ? 1 : 0;
  for (int i = 0; i < 4; i++) {
    plus += (uint32_t)(negative ? ~angle[i] : angle[i]);
    rest[i] = (uint32_t)plus;
    plus >>= 32;
  }
  for (int i = 0; i < 4; i++) {
    carry += (uint64_t)rest[i] + (uint32_t)~other[i];
    rest[i] = (uint32_t)carry;
    carry >>= 32;
  }
  int below = (int)(rest[3] >> 31);
  if (below) {
    carry = 1;
    for (int i = 0; i < 4; i++) {
      carry += (uint32_t)~rest[i];
      rest[i] = (uint32_t)carry;
      carry >>= 32;
    }
  }
  double low = far_number(rest) * 0x1p-120;
  if (below) low = -low;
  double first = k * 0x1p-53;
  int turned = given < 0;
  result.quadrant = turned ? (4 - quadrant) % 4 : quadrant;
  result.high = turned ? -first : first;
  result.low = turned ? -low : low;
  return result;
}
static double far_quadrant_f64(double x) { return far_reduced(x).quadrant; }
static double far_high_f64(double x) { return far_reduced(x).high; }
static double far_low_f64(double x) { return far_reduced(x).low; }
`.trim();

/** Constants of a training, in milliseconds and bytes, from which the time of its steps follows. */
export interface Constants {
  /** A rank's step in its two Programs, with the copies between them and nothing sent. */
  readonly compute: number;
  /** The standard deviation of that. */
  readonly spread: number;
  /** The bytes that are summed. */
  readonly bytes: number;
  /** Of a message from rank to rank. */
  readonly latency: number;
  /** Bytes a millisecond, one way, with the addition. */
  readonly bandwidth: number;
}

/**
 * Milliseconds of a step of N ranks with G bytes: c + s z(N) + min(2 (N - 1) (a + G / (N b)), 2 ceil(log2 N) (a + G / b)), by a ring or by a tree. All wait for
 * the slowest of N, which is z(N) standard deviations behind the mean.
 */
export function stepTime(ranks: number, { compute, spread, bytes, latency, bandwidth }: Constants): number {
  const ring = 2 * (ranks - 1) * (latency + bytes / (ranks * bandwidth));
  const tree = 2 * Math.ceil(Math.log2(ranks)) * (latency + bytes / bandwidth);
  return compute + spread * largestOf(ranks) + Math.min(ring, tree);
}

/** The expected largest of n normal numbers, by F^-1((n - 0.375) / (n + 0.25)). Source: Blom 1958; within 0.03 from n = 2 on. */
export function largestOf(n: number): number {
  return n === 1 ? 0 : normalQuantile((n - 0.375) / (n + 0.25));
}

/** The x with F(x) = p of the normal distribution, by bisection of its tail. */
function normalQuantile(p: number): number {
  let [low, high] = [0, 10];
  for (let i = 0; i < 60; i++) {
    const x = (low + high) / 2;
    if (tail(x) > 1 - p) low = x;
    else high = x;
  }
  return (low + high) / 2;
}

/** 1 - F(x) for x >= 0, by Simpson's rule on [x, x + 10]. */
function tail(x: number): number {
  const [steps, width] = [400, 10 / 400];
  const density = (at: number) => Math.exp(-(at ** 2) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(x) + density(x + 10);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 0 ? 2 : 4) * density(x + i * width);
  return (sum * width) / 3;
}

/** The latency a and bandwidth b of t = 2 (N - 1) (a + G / (N b)), of the times of sums of several sizes, by least squares of relative errors. */
export function fitted(
  ranks: number,
  times: readonly (readonly [bytes: number, milliseconds: number])[],
): Pick<Constants, 'latency' | 'bandwidth'> {
  // t = p + q G with weights 1 / t^2.
  let [w, g, gg, t, gt] = [0, 0, 0, 0, 0];
  for (const [bytes, milliseconds] of times) {
    const weight = milliseconds ** -2;
    w += weight;
    g += weight * bytes;
    gg += weight * bytes ** 2;
    t += weight * milliseconds;
    gt += weight * bytes * milliseconds;
  }
  const q = (w * gt - g * t) / (w * gg - g ** 2);
  const hops = 2 * (ranks - 1);
  return { latency: (t - q * g) / w / hops, bandwidth: hops / (ranks * q) };
}

import { checkOptions, type FieldsOf, field } from '@pullback/core';

export interface Spending {
  /** The share of the clients, or samples, that a step takes; each is taken independently of the others. */
  readonly rate: number;
  /** The standard deviation of the noise, in units of the norm that everything is clipped to. */
  readonly noise: number;
  readonly steps: number;
}

const fields = {
  rate: field.needed(field.number({ from: 0, to: 1 })),
  noise: field.needed(field.number({ above: 0 })),
  steps: field.needed(field.whole({ from: 0 })),
} satisfies FieldsOf<Spending>;

/** Orders at which the divergence is looked at; the best one counts. */
const orders = [
  ...Array.from({ length: 99 }, (_, i) => 1 + (i + 1) / 10),
  ...Array.from({ length: 53 }, (_, i) => i + 11),
  ...[80, 96, 128, 192, 256, 512],
];

/** How far beyond both peaks, and in which steps, the integral is taken, in standard deviations. */
const [reach, step] = [12, 1 / 16];

/**
 * The Renyi divergence of an order a > 1 that so many steps of the sampled Gaussian mechanism spend, with x of the normal distribution (0, noise^2):
 * steps / (a - 1) log E (1 - q + q exp((2 x - 1) / (2 noise^2)))^a, by the trapezoidal rule, which is exact to rounding here.
 * Source: Mironov, Talwar and Zhang 2019, Renyi differential privacy of the sampled Gaussian mechanism, section 3.
 */
export function renyiDivergence(order: number, { rate, noise, steps }: Spending): number {
  const logs: number[] = [];
  const last = order + reach * noise;
  for (let x = -reach * noise; x <= last; x += step * noise) {
    const ratio = (2 * x - 1) / (2 * noise ** 2);
    // log(1 - q + q exp(ratio)), from the larger of its terms.
    const mixed =
      ratio > 0
        ? ratio + Math.log(rate + (1 - rate) * Math.exp(-ratio))
        : Math.log1p(rate * Math.expm1(ratio));
    logs.push(order * mixed - x ** 2 / (2 * noise ** 2));
  }
  const largest = Math.max(...logs);
  const sum = logs.reduce((total, each) => total + Math.exp(each - largest), 0);
  const logMean = largest + Math.log((sum * step) / Math.sqrt(2 * Math.PI));
  return (steps * Math.max(0, logMean)) / (order - 1);
}

/**
 * The epsilon of (epsilon, delta) differential privacy: the least over orders a of R_a + log((a - 1) / a) - (log delta + log a) / (a - 1).
 * Source: Canonne, Kamath and Steinke 2020, The discrete Gaussian for differential privacy, proposition 12.
 * @throws OptionError
 */
export function epsilonOf(spending: Spending, delta: number): number {
  checkOptions('epsilonOf', spending, fields);
  checkOptions('epsilonOf', { delta }, { delta: field.number({ above: 0, below: 1 }) });
  if (spending.steps === 0) return 0;
  const each = orders.map((order) => {
    const gap = Math.log1p(-1 / order) - (Math.log(delta) + Math.log(order)) / (order - 1);
    return renyiDivergence(order, spending) + gap;
  });
  return Math.max(0, Math.min(...each));
}

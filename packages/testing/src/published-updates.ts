import type { Reference } from './conform-optimizer.ts';

interface Rates {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/** The averages of Kingma and Ba 2015, algorithm 1, lines 9 to 12. */
function moments(
  { gradient: g, slots: { first = 0, second = 0 }, step: t }: Parameters<Reference>[0],
  { beta1 = 0.9, beta2 = 0.999 }: Rates,
) {
  const m = beta1 * first + (1 - beta1) * g;
  const v = beta2 * second + (1 - beta2) * g ** 2;
  return { m, v, mHat: m / (1 - beta1 ** t), vHat: v / (1 - beta2 ** t), slots: { first: m, second: v } };
}

/**
 * The updates of one number as their papers print them, in plain arithmetic, with the constants that are usual: what `conformOptimizer`
 * takes as `reference`. Slots have names of their own and start at 0.
 */
export const publishedUpdates = {
  /** W <- W - eta g. */
  sgd:
    (): Reference =>
    ({ weight, gradient, learningRate }) => ({ weight: weight - learningRate * gradient, slots: {} }),

  /** Rumelhart, Hinton and Williams 1986, (16). */
  momentum:
    ({ alpha = 0.9 } = {}): Reference =>
    ({ weight, gradient, slots: { change = 0 }, learningRate }) => {
      const d = alpha * change - learningRate * gradient;
      return { weight: weight + d, slots: { change: d } };
    },

  /** Sutskever et al. 2013, (7): v <- mu v - eta g, seen from the point theta + mu v at which g was taken. */
  nesterov:
    ({ alpha = 0.9 } = {}): Reference =>
    ({ weight, gradient, slots: { velocity = 0 }, learningRate }) => {
      const theta = weight - alpha * velocity;
      const next = alpha * velocity - learningRate * gradient;
      return { weight: theta + next + alpha * next, slots: { velocity: next } };
    },

  /** Duchi, Hazan and Singer 2011, diagonal. */
  adagrad:
    ({ epsilon = 1e-10 } = {}): Reference =>
    ({ weight, gradient, slots: { squares = 0 }, learningRate }) => {
      const s = squares + gradient ** 2;
      return { weight: weight - (learningRate * gradient) / (Math.sqrt(s) + epsilon), slots: { squares: s } };
    },

  /** Zeiler 2012, algorithm 1, times a learning rate. */
  adadelta:
    ({ rho = 0.95, epsilon = 1e-6 } = {}): Reference =>
    ({ weight, gradient, slots: { squares = 0, changes = 0 }, learningRate }) => {
      const s = rho * squares + (1 - rho) * gradient ** 2;
      const change = (-Math.sqrt(changes + epsilon) / Math.sqrt(s + epsilon)) * gradient;
      const u = rho * changes + (1 - rho) * change ** 2;
      return { weight: weight + learningRate * change, slots: { squares: s, changes: u } };
    },

  /** Tieleman and Hinton 2012, lecture 6.5. */
  rmsprop:
    ({ rho = 0.9, epsilon = 1e-8 } = {}): Reference =>
    ({ weight, gradient, slots: { squares = 0 }, learningRate }) => {
      const s = rho * squares + (1 - rho) * gradient ** 2;
      return { weight: weight - (learningRate * gradient) / (Math.sqrt(s) + epsilon), slots: { squares: s } };
    },

  /** Graves 2013, (38) to (41), with the root outside of epsilon as in `rmsprop`. */
  centeredRmsprop:
    ({ rho = 0.9, alpha = 0, epsilon = 1e-8 } = {}): Reference =>
    ({ weight, gradient, slots: { squares = 0, mean = 0, change = 0 }, learningRate }) => {
      const n = rho * squares + (1 - rho) * gradient ** 2;
      const g = rho * mean + (1 - rho) * gradient;
      const d = alpha * change + (learningRate * gradient) / (Math.sqrt(n - g ** 2) + epsilon);
      return { weight: weight - d, slots: { squares: n, mean: g, change: d } };
    },

  /** Kingma and Ba 2015, algorithm 1. */
  adam:
    (rates: Rates = {}): Reference =>
    (at) => {
      const { mHat, vHat, slots } = moments(at, rates);
      const { epsilon = 1e-8 } = rates;
      return { weight: at.weight - (at.learningRate * mHat) / (Math.sqrt(vHat) + epsilon), slots };
    },

  /** Reddi, Kale and Kumar 2018, algorithm 2, with Adam's corrections. */
  amsgrad:
    (rates: Rates = {}): Reference =>
    (at) => {
      const { mHat, v, slots } = moments(at, rates);
      const { beta2 = 0.999, epsilon = 1e-8 } = rates;
      const largest = Math.max(at.slots['largest'] ?? 0, v);
      const divisor = Math.sqrt(largest / (1 - beta2 ** at.step)) + epsilon;
      return { weight: at.weight - (at.learningRate * mHat) / divisor, slots: { ...slots, largest } };
    },

  /** Kingma and Ba 2015, algorithm 2, with epsilon added to the divisor. */
  adamax:
    ({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: Rates = {}): Reference =>
    ({ weight, gradient, slots: { first = 0, largest = 0 }, learningRate, step }) => {
      const m = beta1 * first + (1 - beta1) * gradient;
      const u = Math.max(beta2 * largest, Math.abs(gradient));
      return {
        weight: weight - ((learningRate / (1 - beta1 ** step)) * m) / (u + epsilon),
        slots: { first: m, largest: u },
      };
    },

  /** Dozat 2016, algorithm 2, with a constant mu. */
  nadam:
    (rates: Rates = {}): Reference =>
    (at) => {
      const { m, vHat, slots } = moments(at, rates);
      const { beta1 = 0.9, epsilon = 1e-8 } = rates;
      const { weight, gradient, learningRate, step: t } = at;
      const ahead = (beta1 * m) / (1 - beta1 ** (t + 1)) + ((1 - beta1) * gradient) / (1 - beta1 ** t);
      return { weight: weight - (learningRate * ahead) / (Math.sqrt(vHat) + epsilon), slots };
    },

  /** Loshchilov and Hutter 2019, algorithm 2, with the decay times the learning rate. */
  adamw:
    ({ weightDecay = 0.01, ...rates }: Rates & { readonly weightDecay?: number } = {}): Reference =>
    (at) => {
      const { mHat, vHat, slots } = moments(at, rates);
      const { epsilon = 1e-8 } = rates;
      const step = mHat / (Math.sqrt(vHat) + epsilon) + weightDecay * at.weight;
      return { weight: at.weight - at.learningRate * step, slots };
    },

  /** Chen et al. 2023, algorithm 2. */
  lion:
    ({ beta1 = 0.9, beta2 = 0.99, weightDecay = 0 } = {}): Reference =>
    ({ weight, gradient, slots: { first = 0 }, learningRate }) => {
      const direction = Math.sign(beta1 * first + (1 - beta1) * gradient);
      return {
        weight: weight - learningRate * (direction + weightDecay * weight),
        slots: { first: beta2 * first + (1 - beta2) * gradient },
      };
    },

  /** You et al. 2020, algorithm 2, for a weight of one number: |W| / |r| r is |W| sign(r). */
  lamb:
    ({
      epsilon = 1e-6,
      weightDecay = 0,
      ...rates
    }: Rates & { readonly weightDecay?: number } = {}): Reference =>
    (at) => {
      const { mHat, vHat, slots } = moments(at, rates);
      const r = mHat / (Math.sqrt(vHat) + epsilon) + weightDecay * at.weight;
      const trust = at.weight !== 0 && r !== 0 ? Math.abs(at.weight) / Math.abs(r) : 1;
      return { weight: at.weight - at.learningRate * trust * r, slots };
    },
} as const;

import { checkOptions, DataError, type FieldsOf, field, OptionError, RandomStream } from '@pullback/core';
import { epsilonOf } from './accountant.ts';
import {
  clipped,
  type Difference,
  differenceOf,
  refuseUnfit,
  type Update,
  type Weights,
  weightedSum,
} from './updates.ts';

/** Privacy of clients: what one of them had in its data changes the weights little. */
export interface PrivacyOptions {
  /** The norm that the difference of every client is clipped to. */
  readonly clip: number;
  /** The standard deviation of the noise on the sum of differences, in units of `clip`. */
  readonly noise: number;
  /** Numbers of a normal distribution; from the system's random numbers when left out. Seeded ones make a simulation repeatable, and nothing private. */
  readonly normal?: () => number;
}

export interface FederationOptions {
  /** Those that the first round begins with. */
  readonly weights: Weights;
  /** The probability with which each client takes part in a round, independently of others; 1 when left out. */
  readonly share?: number;
  /** The fewest updates that make a round count; 1 when left out. */
  readonly fewest?: number;
  /** Of the sampling of clients; when left out 0, or with `privacy` a secret of the system's random numbers: nobody else may know it then. */
  readonly seed?: number;
  /** The momentum of the server's own steps along the mean differences; 0, plain averaging, when left out. */
  readonly momentum?: number;
  /** The rate of these steps; 1 when left out. */
  readonly learningRate?: number;
  readonly privacy?: PrivacyOptions;
}

const privacyFields = {
  clip: field.needed(field.number({ above: 0 })),
  noise: field.needed(field.number({ from: 0 })),
  normal: field.callable<() => number>('a function'),
} satisfies FieldsOf<PrivacyOptions>;

const fields = {
  weights: field.needed(field.anything<Weights>('weights')),
  share: field.number({ above: 0, to: 1 }),
  fewest: field.whole({ from: 1 }),
  seed: field.whole(),
  momentum: field.number({ from: 0, below: 1 }),
  learningRate: field.number({ above: 0 }),
  privacy: field.anything<PrivacyOptions>('clip and noise'),
} satisfies FieldsOf<FederationOptions>;

/**
 * The server of federated averaging: a round takes some clients, offers them the weights, and ends with the weighted mean of what they learned.
 * It knows no network: whoever has a connection to clients calls it. Results do not depend on the order in which updates arrive.
 * Source: McMahan et al. 2017, Communication-efficient learning of deep networks from decentralized data; with privacy, McMahan et al. 2018.
 */
export class Federation {
  readonly #options: FederationOptions;
  readonly #seed: number;
  readonly #updates = new Map<string, { readonly samples: number; readonly difference: Difference }>();
  #weights: Weights;
  #velocity: Difference | undefined;
  #chosen: ReadonlySet<string> = new Set();
  #known = 0;
  #round = 0;
  #open = false;
  #counted = 0;

  /** @throws OptionError */
  constructor(options: FederationOptions) {
    checkOptions('Federation', options, fields);
    if (options.privacy) checkOptions('privacy of Federation', options.privacy, privacyFields);
    this.#options = options;
    this.#seed = options.seed ?? (options.privacy ? secretSeed() : 0);
    this.#weights = options.weights;
  }

  get weights(): Weights {
    return this.#weights;
  }
  /** The number of the round that is open, or was last; from 1. */
  get round(): number {
    return this.#round;
  }

  /**
   * Begins a round; what was not ended is dropped.
   * @param clients all that could take part.
   * @returns those that shall, in the order of their names.
   */
  begin(clients: readonly string[]): readonly string[] {
    const { share = 1 } = this.#options;
    if (new Set(clients).size !== clients.length)
      throw new OptionError({ got: 'two clients of one name', expected: 'a name for each' });
    this.#round++;
    this.#open = true;
    this.#updates.clear();
    this.#known = clients.length;
    const draw = RandomStream.of(this.#seed, `round/${this.#round}`);
    const chosen = [...clients].sort(byName).filter(() => draw.uniform() < share);
    this.#chosen = new Set(chosen);
    return chosen;
  }

  /**
   * Takes an update.
   * @returns false for one that comes too late, of a round that has ended: it is left out.
   * @throws DataError for one that does not fit, of a client that was not chosen, or a second one.
   */
  offer(update: Update): boolean {
    const { round, client, samples } = update;
    if (round < this.#round || (round === this.#round && round > 0 && !this.#open)) return false;
    if (round !== this.#round || !this.#chosen.has(client) || this.#updates.has(client))
      throw new DataError({
        got: `an update of round ${round} from the client '${client}'`,
        expected: `one from each client that was chosen for round ${this.#round}`,
      });
    refuseUnfit(update, this.#weights);
    this.#updates.set(client, { samples, difference: differenceOf(update, this.#weights) });
    return true;
  }

  /**
   * Ends the round with the updates that came: w + sum_i n_i (w_i - w) / sum_i n_i. With privacy the mean is over the clients that were to be expected, each
   * difference clipped, and noise is added to the sum.
   * @returns how many updates counted; 0 where there were fewer than the fewest, and the weights stay.
   */
  end(): number {
    const { fewest = 1, privacy, learningRate = 1, momentum = 0 } = this.#options;
    const found = [...this.#updates].sort(([a], [b]) => byName(a, b)).map(([, update]) => update);
    this.#open = false;
    this.#chosen = new Set();
    this.#updates.clear();
    if (found.length < fewest) return 0;
    const mean = privacy === undefined ? this.#mean(found) : this.#privateMean(found, privacy);
    this.#counted++;
    const velocity = this.#velocity ?? new Map();
    const next = new Map<string, Float64Array>();
    this.#weights = Object.fromEntries(
      Object.entries(this.#weights).map(([path, { shape, data }]) => {
        const [step, before] = [mean.get(path), velocity.get(path)];
        const speed = Float64Array.from(data, (_, i) => momentum * (before?.[i] ?? 0) + (step?.[i] ?? 0));
        next.set(path, speed);
        const moved = data.slice();
        moved.forEach((x, i) => {
          moved[i] = x + learningRate * (speed[i] ?? 0);
        });
        return [path, { shape, data: moved }];
      }),
    );
    this.#velocity = next;
    return found.length;
  }

  /** The epsilon that all rounds so far have spent for each client; Infinity without privacy. */
  epsilon(delta: number): number {
    const { privacy, share = 1 } = this.#options;
    if (privacy === undefined || privacy.noise === 0) return Infinity;
    return epsilonOf({ rate: share, noise: privacy.noise, steps: this.#counted }, delta);
  }

  #mean(found: readonly { readonly samples: number; readonly difference: Difference }[]): Difference {
    const total = found.reduce((sum, { samples }) => sum + samples, 0);
    return weightedSum(
      found.map(({ samples, difference }) => [samples / total, difference]),
      this.#weights,
    );
  }

  #privateMean(found: readonly { readonly difference: Difference }[], privacy: PrivacyOptions): Difference {
    const { clip, noise, normal = systemNormal } = privacy;
    const expected = this.#known * (this.#options.share ?? 1);
    const sum = weightedSum(
      found.map(({ difference }) => [1, clipped(difference, clip)]),
      this.#weights,
    );
    return new Map(
      [...sum].map(([path, data]) => [path, data.map((x) => (x + clip * noise * normal()) / expected)]),
    );
  }
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A number of a normal distribution from the system's random numbers. Source: Box and Muller 1958. */
function systemNormal(): number {
  const [a = 0, b = 0, c = 0, d = 0] = crypto.getRandomValues(new Uint32Array(4));
  const [u, v] = [(a + (b + 1) / 2 ** 32) / 2 ** 32, (c + d / 2 ** 32) / 2 ** 32];
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
}

/** 53 bits that nobody else knows. */
function secretSeed(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high >>> 11) * 2 ** 32 + low;
}

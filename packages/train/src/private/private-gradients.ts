import {
  add,
  checkOptions,
  constant,
  div,
  type FieldsOf,
  field,
  fill,
  foldIn,
  keyOf,
  minimum,
  mul,
  normal,
  reshape,
  sqrt,
  square,
  sum,
} from '@pullback/core';
import type { SampleGradients } from '../definition/definition.ts';
import { gradientsOf } from '../programs/update.ts';
import { sampleGradients } from './sample-gradients.ts';
import { secretSeed } from './secret-seed.ts';

export interface PrivateOptions {
  /** The norm that the gradient of every sample is clipped to. */
  readonly clip: number;
  /** The standard deviation of the noise on their sum, in units of `clip`. */
  readonly noise: number;
  /** How many samples a batch is expected to have: the noisy sum is divided by it where the loss is a mean; as many as a batch has when left out. */
  readonly lot?: number;
  /** Of the noise; from the system's random numbers when left out. A given one makes a training repeatable, and nothing private. */
  readonly seed?: number;
}

const fields = {
  clip: field.needed(field.number({ above: 0 })),
  noise: field.needed(field.number({ from: 0 })),
  lot: field.number({ above: 0 }),
  seed: field.whole(),
} satisfies FieldsOf<PrivateOptions>;

/**
 * Gradients that tell little of any one sample: (sum_i g_i min(1, C / |g_i|) + C s z) / L with the norm over all weights, z of the normal distribution and L the
 * size of a lot. For a loss that is a sum nothing is divided.
 * Source: Abadi et al. 2016, Deep learning with differential privacy, algorithm 1.
 * @throws OptionError
 */
export function privateGradients(options: PrivateOptions): SampleGradients {
  const { clip, noise, lot, seed } = checkOptions('privateGradients', options, fields);
  return {
    gradients(graph) {
      // Each Program draws its own: the difference of two models must not be free of noise.
      const noiseKey = Int32Array.from(keyOf(seed ?? secretSeed(), 'noise'));
      const { definition, walk, step } = graph;
      const { heads, dtype } = definition;
      const gradients = sampleGradients(graph);
      const [count = 1] = gradients[0]?.shape ?? [];
      const [first, ...others] = gradients.map((g) => sum(reshape(square(g), [count, -1]), { axis: 1 }));
      if (first === undefined) return [];
      // A norm of 0 makes infinity, and then 1.
      const factors = minimum(div(clip, sqrt(others.reduce(add, first))), 1);
      const key = foldIn(constant(noiseKey), step);
      const size = heads.some(({ loss }) => loss.reduction === 'mean') ? (lot ?? count) : 1;
      const penalised = walk.learned.some(({ regularizers }) => regularizers.size > 0);
      // Penalties do not depend on samples.
      const penalties = penalised ? gradientsOf(fill(0, [], dtype), walk.learned) : [];
      return gradients.map((g, i) => {
        const shape = g.shape.slice(1);
        const clipped = sum(mul(g, reshape(factors, [count, ...shape.map(() => 1)])), { axis: 0 });
        const z = normal(foldIn(key, fill(i, [], 'int32')), shape, { dtype });
        const mean = div(noise === 0 ? clipped : add(clipped, mul(z, clip * noise)), size);
        return penalties[i] === undefined ? mean : add(mean, penalties[i]);
      });
    },
  };
}

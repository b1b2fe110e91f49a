/** The names of what every Program of a model shares. */
export const shared = { step: 'step', key: 'key', learningRate: 'learningRate' } as const;

/** The names of what a batch brings and takes away. */
export const planNames = {
  input: (i: number) => `x/${i}`,
  target: (i: number) => `target/${i}`,
  prediction: (i: number) => `prediction/${i}`,
  weights: 'sampleWeights',
  /** A sum over batches, and what its rounding left out. */
  total: (name: string) => `total:${name}`,
  totalRest: (name: string) => `total:${name}/rest`,
  isTotal: (name: string) => name.startsWith('total:'),
  /** The numbers that one batch adds for a metric that keeps those of every batch. */
  kept: (name: string) => `kept:${name}`,
  isKept: (name: string) => name.startsWith('kept:'),
  /** The places of the samples in the order of an epoch. */
  order: 'order',
  /** Where in that order the next step begins. */
  cursor: 'cursor',
  /** The tensor that a layer keeps while sequences are made place by place. */
  cache: (path: string) => `cache:${path}`,
  isCache: (name: string) => name.startsWith('cache:'),
  /** How many places there were before. */
  position: 'position',
  /** The place of a part's first sample in the whole batch, and the part's share of its samples. */
  place: 'place',
  share: 'share',
  /** How many samples the error of a whole batch is a mean over. */
  samples: 'samples',
  /** The i-th vector of numbers that are summed over parts. */
  bucket: (i: number) => `bucket/${i}`,
  /** The next value of a state that does not depend on the samples. */
  next: (path: string) => `next:${path}`,
  /** Whether a number of a store makes up a model: what was summed up or read last is no part of it. */
  isLasting: (name: string) => /^(weight|slot|state):|^(step|key|learningRate)$/.test(name),
  /** Whether a name is one of these, and no number of the model. */
  isOfBatch: (name: string) =>
    /^(x\/|target\/|prediction\/|bucket\/|kept:|cache:|next:|(sampleWeights|order|cursor|position|place|share|samples)$)/.test(
      name,
    ),
} as const;

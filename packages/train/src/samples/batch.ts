import type { Inputs, Targets } from '../definition/named-inputs.ts';
import type { SampleWeights } from './sample-weights.ts';

/** A batch as a step takes it. */
export interface Batch extends SampleWeights {
  readonly x: Inputs;
  readonly y: Targets;
}

/** A batch as `inspect` takes it. */
export interface Targeted {
  readonly x: Inputs;
  readonly target: Targets;
}

/** A batch that tells shapes: of a prediction, or of a step where there are targets. */
export interface Shaped {
  readonly x: Inputs;
  readonly y?: Targets;
}

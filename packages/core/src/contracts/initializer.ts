import type { RandomStream } from '../random/stream.ts';
import type { Shape } from '../tensors/shape.ts';

/**
 * Makes the first numbers of a parameter, on the host and in float64, so that they are the same on every backend.
 * The last axis of `shape` counts outputs, the one before it inputs, those before that places of a kernel.
 */
export type Initializer = (shape: Shape, random: RandomStream) => Float64Array;

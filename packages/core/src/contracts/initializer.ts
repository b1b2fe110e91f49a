import type { RandomStream } from '../random/stream.ts';
import type { Shape } from '../tensors/shape.ts';

/**
 * Makes the first numbers of a parameter, on the host and counted, so that they are the same on every backend.
 * The last axis of `shape` counts outputs, the one before it inputs, those before that places of a kernel.
 * @param into where they go, which rounds them as it stores them; a Float64Array of its own when left out. One that makes another array is read from that.
 */
export type Initializer = <A extends Float32Array | Float64Array = Float64Array>(
  shape: Shape,
  random: RandomStream,
  into?: A,
) => A | Float64Array;

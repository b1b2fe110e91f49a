import { formatShape, ShapeError, type Tensor, type TensorLike, tensor } from '@pullback/core';

/** A picture: [height, width, channels]. */
export interface Picture extends Tensor {
  readonly shape: readonly [height: number, width: number, channels: number];
}

/** A picture of [height, width] or [height, width, channels]. @throws ShapeError for another number of axes. */
export function pictureOf(like: TensorLike): Picture {
  const found = tensor(like);
  const [height = 0, width = 0, channels = 1] = found.shape;
  if (found.shape.length !== 2 && found.shape.length !== 3)
    throw new ShapeError({
      got: formatShape(found.shape),
      expected: 'one picture: [height, width] or [height, width, channels]',
    });
  return { ...found, shape: [height, width, channels] };
}

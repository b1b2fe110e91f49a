import type { ProductKernel } from '@pullback/compiler';
import { sizeOf } from '@pullback/core';
import type { Stage } from '../stage.ts';
import type { ProductOptions, Sizes } from './product-common.ts';
import { joinStage, registerStage, type Tile } from './product-registers.ts';
import { sharedStage } from './product-tiles.ts';

/**
 * C = A B for each of a batch, and what is computed of each element of C. An invocation keeps 4 x 4 elements in registers. Where the output is small
 * and the sums are long, several invocations share a tile and a second stage adds up (split K); where it is large, a workgroup keeps
 * tiles of A and B in its memory.
 */
export function productStages(kernel: ProductKernel, options: ProductOptions): Stage[] {
  const { space, inner } = kernel;
  const sizes: Sizes = {
    batch: space.slice(0, -2),
    rows: space.at(-2) ?? 1,
    columns: space.at(-1) ?? 1,
    inner,
  };
  if (
    options.sharedTiles &&
    sizes.rows >= 64 &&
    sizes.columns >= 64 &&
    inner >= 32 &&
    sizeOf(space) / 16 >= options.invocations
  )
    return [sharedStage(kernel, sizes)];
  const own = tileFor(sizes, options);
  const tiles =
    sizeOf(sizes.batch) * Math.ceil(sizes.rows / own.down) * Math.ceil(sizes.columns / own.across);
  const splits = Math.max(
    1,
    Math.min(Math.floor(options.invocations / Math.max(1, tiles)), Math.floor(inner / 64)),
  );
  if (splits === 1) return [registerStage(kernel, sizes, own, options, 1, undefined)];
  const partials = options.scratch('float32', splits * sizeOf(space));
  return [registerStage(kernel, sizes, own, options, splits, partials), joinStage(kernel, splits, partials)];
}

/** As many elements for an invocation as leave enough invocations. */
function tileFor({ batch, rows, columns }: Sizes, { invocations }: ProductOptions): Tile {
  const large = (sizeOf(batch) * rows * columns) / 64 >= invocations && rows >= 8 && columns >= 8;
  return large ? { down: 8, across: 8 } : { down: 4, across: 4 };
}

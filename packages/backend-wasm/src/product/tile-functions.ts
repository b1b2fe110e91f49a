import { types } from '../encoding.ts';
import { get, i32 } from '../instructions.ts';
import type { ModuleBuilder } from '../module.ts';
import { finishTile } from './finish.ts';
import type { Floats } from './floats.ts';
import type { ProductSpec } from './spec.ts';
import { sumTile, type Tile, vectorsOf } from './tile.ts';
import type { Tiling } from './tiling.ts';

/** The functions of a product's tiles, one for each shape that is asked for: small functions are what engines optimise soonest. */
export class TileFunctions {
  readonly #known = new Map<string, number>();

  constructor(
    readonly module: ModuleBuilder,
    readonly floats: Floats,
    readonly spec: ProductSpec,
    readonly tiling: Tiling,
  ) {}

  #tile(height: number, width: number): Tile {
    const { a, b } = this.spec;
    const { packsA, packsB } = this.tiling;
    return {
      height,
      width,
      a: packsA ? { across: 1, along: height } : { across: a.rowStride, along: a.columnStride },
      b: { along: packsB ? vectorsOf(width, this.floats) * this.floats.lanes : b.rowStride },
    };
  }

  #once(name: string, height: number, width: number, define: () => number): number {
    const key = `${name} ${height} ${width}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const index = define();
    this.#known.set(key, index);
    return index;
  }

  /** (a, b, sums, row, column, batch): the whole sum and the epilogue. */
  whole(height: number, width: number): number {
    return this.#once('whole', height, width, () =>
      this.module.define({ parameters: Array(6).fill(types.i32) }, (locals) => {
        const tile = this.#tile(height, width);
        const depth = i32.const(this.spec.inner * tile.b.along * this.floats.bytes);
        const [a, b, sums, row, column, batch] = [0, 1, 2, 3, 4, 5];
        return [
          sumTile(locals, this.floats, tile, { a, b, sums }, depth, false),
          finishTile(locals, this.floats, this.spec, tile, { sums, row, column, batch }),
        ];
      }),
    );
  }

  /** (a, b, sums, depth): the stored sums go on by `depth` bytes of B. */
  pass(height: number, width: number): number {
    return this.#once('pass', height, width, () =>
      this.module.define({ parameters: Array(4).fill(types.i32) }, (locals) =>
        sumTile(locals, this.floats, this.#tile(height, width), { a: 0, b: 1, sums: 2 }, get(3), true),
      ),
    );
  }

  /** (sums, row, column, batch): the epilogue on stored sums. */
  finish(height: number, width: number): number {
    return this.#once('finish', height, width, () =>
      this.module.define({ parameters: Array(4).fill(types.i32) }, (locals) =>
        finishTile(
          locals,
          this.floats,
          this.spec,
          { height, width },
          { sums: 0, row: 1, column: 2, batch: 3 },
        ),
      ),
    );
  }
}

import type { Code, ValueType } from '../encoding.ts';
import type { Four, Lane, LaneOptions } from '../lane.ts';
import type { Nest } from './nest.ts';

/** A matrix as elements of memory at strides. */
export interface Matrix {
  /** Code for the byte address of element [0][0], an i32; `batch` is which product of a batch, `table` the first of the spec's parameters. */
  readonly address: (batch: Code, table: Code) => Code;
  /** In elements; 0 for a broadcast, or negative. */
  readonly rowStride: number;
  readonly columnStride: number;
  /** Where strides cannot say it all: those above are then of the last axis of each side. */
  readonly nest?: Nest | undefined;
}

/** C[rows, columns] = A[rows, inner] B[inner, columns] */
export interface ProductSpec {
  readonly dtype: 'float32' | 'float64';
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly a: Matrix;
  readonly b: Matrix;
  /** float32 by relaxed multiply-add; else product and sum are rounded each, as float64 always does. */
  readonly relaxed: boolean;
  /** Whether there are several products, told apart by `batch`. */
  readonly batched?: boolean;
  /** The last operands of functions that ask for addresses or run the epilogue. */
  readonly parameters?: readonly ValueType[];
  /** The options of the epilogue's lanes. */
  readonly lane?: LaneOptions;
  /**
   * Takes four neighbouring sums of a row; usually it adds the bias, applies an activation and stores. It is called once for each four
   * of each shape of tile, and only the first `tile.count` sums exist: the rest is garbage.
   */
  readonly epilogue: (tile: TilePosition, four: Four, lane: Lane) => void;
}

export interface TilePosition {
  /** i32: first row and first column of the tile, and which product of the batch. */
  readonly row: Code;
  readonly column: Code;
  readonly batch: Code;
  /** The first of the spec's parameters. */
  readonly table: Code;
  /** Where these four stand in the tile: row `dr`, columns `dc` .. `dc` + 3. */
  readonly dr: number;
  readonly dc: number;
  /** How many of the four columns exist, 1 to 4. */
  readonly count: number;
  /** A local that is set once a tile: for pointers, bias vectors and the like that several fours share. */
  once(key: string, type: ValueType, make: () => Code): Code;
}

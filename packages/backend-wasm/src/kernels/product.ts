import { type FactorLoad, type ProductKernel, plainStrides, type View } from '@pullback/compiler';
import { bytesOf, type DType, sizeOf } from '@pullback/core';
import { type Code, types } from '../encoding.ts';
import { call, get, i32, repeat, set } from '../instructions.ts';
import type { Four, Lane, LaneOptions } from '../lane.ts';
import type { Nest, NestAxis } from '../product/nest.ts';
import { defineProduct } from '../product/product.ts';
import type { Matrix, TilePosition } from '../product/spec.ts';
import { plus, type Strides } from '../product/strided.ts';
import type { Defined } from './loop.ts';
import type { Places } from './places.ts';
import { type Spot, scaled, spotIn, Writer } from './spot.ts';

/** The products of a batch one after the other, with the kernel's statements on every four sums. */
export function defineProductKernel(kernel: ProductKernel, places: Places, options: LaneOptions): Defined {
  const { space, a, b, inner, dtype } = kernel;
  const rank = space.length;
  const [rows = 1, columns = 1] = space.slice(rank - 2);
  const batches = space.slice(0, rank - 2);
  const matrix = (load: FactorLoad, isA: boolean): Matrix => {
    const { across = 0, along = 0 } = plainStrides(load) ?? lastStrides(load);
    return {
      address: (batch: Code, table: Code) => {
        const { code, offset } = places.of(load.buffer, table);
        const bytes = bytesOf(load.dtype);
        return plusBatch(plus(code, offset + load.view.offset * bytes), batch, batches, load.view, bytes);
      },
      rowStride: isA ? across : along,
      columnStride: isA ? along : across,
      nest: plainStrides(load) === undefined ? nestOf(load, batches) : undefined,
    };
  };
  const { module } = places;
  const product = defineProduct(module, {
    dtype: dtype === 'float64' ? 'float64' : 'float32',
    relaxed: options.relaxed === true,
    batched: sizeOf(batches) > 1,
    parameters: places.parameters,
    rows,
    inner,
    columns,
    a: matrix(a, true),
    b: matrix(b, false),
    lane: options,
    epilogue: (tile, four, lane) => {
      const writer = new TileWriter(kernel, places, tile, lane);
      const [row, column] = [i32.add(tile.row, i32.const(tile.dr)), i32.add(tile.column, i32.const(tile.dc))];
      const spot = spotIn(undefined, lane, {
        known: [
          ...batches.map((_, axis) => [axis, batchIndex(tile.batch, batches, axis)] as const),
          [rank - 2, row],
          [rank - 1, column],
        ],
        vector: { axis: rank - 1, count: tile.count },
      });
      writer.write(spot, four);
    },
  });
  const count = sizeOf(batches);
  const { units, scratch } = product;
  const parameters = [types.i32, types.i32, types.i32, ...places.parameters];
  const [from, to, scratchAt] = [get(0), get(1), get(2)];
  const given = places.parameters.map((_, i) => get(3 + i));
  // One product is divided itself, of many each is a unit of work.
  const index = module.define({ parameters }, (locals) => {
    if (count === 1) return call(product.index, from, to, scratchAt, i32.const(0), ...given);
    const batch = locals.make(types.i32);
    return repeat(
      batch,
      from,
      to,
      1,
      call(product.index, i32.const(0), i32.const(units), scratchAt, get(batch), ...given),
    );
  });
  return { index, units: count === 1 ? units : units === 0 ? 0 : count, scratch };
}

/** The strides of a factor along the last axis of its lines and of its steps. */
function lastStrides({ view, steps }: FactorLoad): Strides {
  const { strides } = view;
  return { across: strides.at(-1 - steps.length) ?? 0, along: strides.at(-1) ?? 0 };
}

/** The axes of a factor that one stride a line and one a step cannot say. */
function nestOf({ view, lines, steps, bounds }: FactorLoad, batches: readonly number[]): Nest {
  const axes = (extents: readonly number[], first: number): NestAxis[] =>
    extents.map((extent, i) => ({
      extent,
      stride: view.strides[first + i] ?? 0,
      bounds: bounds.map(({ strides }) => strides[first + i] ?? 0),
    }));
  return {
    lines: axes(lines, batches.length),
    steps: axes(steps, batches.length + lines.length),
    bounds: bounds.map(({ start, strides, extent }) => ({
      start: (batch) => plusBatch(i32.const(start), batch, batches, { strides }, 1),
      extent,
    })),
    batched: bounds.some(({ strides }) => batches.some((_, axis) => strides[axis] !== 0)),
  };
}

/** `start` + the bytes to the matrix of `batch`. */
function plusBatch(
  start: Code,
  batch: Code,
  batches: readonly number[],
  { strides }: Pick<View, 'strides'>,
  bytes: number,
): Code {
  return batches.reduce<Code>((address, extent, axis) => {
    const stride = strides[axis] ?? 0;
    if (stride === 0 || extent === 1) return address;
    return i32.add(address, scaled(batchIndex(batch, batches, axis), stride * bytes));
  }, start);
}

/** The index along one axis of the batch. */
function batchIndex(batch: Code, batches: readonly number[], axis: number): Code {
  const inside = sizeOf(batches.slice(axis + 1));
  const quotient = inside === 1 ? batch : i32.divU(batch, i32.const(inside));
  return axis === 0 ? quotient : i32.remU(quotient, i32.const(batches[axis] ?? 1));
}

/** Addresses relative to a tile: one pointer a tile for every view, constants within it. */
class TileWriter extends Writer {
  constructor(
    readonly product: ProductKernel,
    readonly places: Places,
    readonly tile: TilePosition,
    readonly tileLane: Lane,
  ) {
    super(product, undefined);
  }

  write(spot: Spot, sums: Four): void {
    this.know(spot, 0, sums);
    const stored = [...new Set(this.product.stores.map(({ statement }) => statement))];
    for (const statement of stored) this.value(spot, statement);
    for (const statement of stored) this.store(spot, statement);
  }

  protected override spotFor(spot: Spot): Spot {
    return spot;
  }

  override address(_: Spot, buffer: number, view: View, dtype: DType) {
    const { tile, product } = this;
    const rank = product.space.length;
    const bytes = bytesOf(dtype);
    const [rowStride, columnStride] = [
      (view.strides[rank - 2] ?? 0) * bytes,
      (view.strides[rank - 1] ?? 0) * bytes,
    ];
    const { code, offset } = this.places.of(buffer, tile.table);
    const constant = offset + view.offset * bytes;
    const key = `${buffer} ${view.strides.join()} ${bytes}`;
    const pointer = tile.once(key, types.i32, () => {
      const start = plusBatch(code, tile.batch, product.space.slice(0, rank - 2), view, bytes);
      const withRow = rowStride === 0 ? start : i32.add(start, scaled(tile.row, rowStride));
      return columnStride === 0 ? withRow : i32.add(withRow, scaled(tile.column, columnStride));
    });
    const within = constant + tile.dr * rowStride + tile.dc * columnStride;
    // The pointer alone may lie below the memory where a stride is negative.
    if (within >= 0 && view.strides.every((stride) => stride >= 0)) return { code: pointer, offset: within };
    const local = this.tileLane.locals.make(types.i32);
    this.tileLane.statements.push(set(local, i32.add(pointer, i32.const(within))));
    return { code: get(local), offset: 0 };
  }

  /** An element that does not differ along the rows or along the columns is read once for all fours of a row or of a column of the tile. */
  protected override shared(view: View, key: string, read: () => Four): Four {
    const { tile, product } = this;
    const rank = product.space.length;
    const [byRow, byColumn] = [view.strides[rank - 2] !== 0, view.strides[rank - 1] !== 0];
    if (byRow && byColumn) return read();
    const place = `${byRow ? `row ${tile.dr}` : ''}${byColumn ? `column ${tile.dc}` : ''}`;
    let four: Four | undefined;
    const made = (): Four => {
      four ??= read();
      return four;
    };
    const first = tile.once(`${key} ${place} 0`, types.v128, () => made()[0]);
    if (!key.includes('float64')) return [first];
    return [first, tile.once(`${key} ${place} 1`, types.v128, () => made()[1] ?? [])];
  }
}

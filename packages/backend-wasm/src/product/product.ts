import { type Code, types } from '../encoding.ts';
import { branchIf, call, choose, fillMemory, get, i32, loop, set, tee } from '../instructions.ts';
import type { ModuleBuilder } from '../module.ts';
import { floatsOf } from './floats.ts';
import { definePacking } from './packing.ts';
import { everyPart, inBlocks, overParts, type Range } from './ranges.ts';
import type { ProductSpec } from './spec.ts';
import { plus, times } from './strided.ts';
import { sumBytes, vectorsOf } from './tile.ts';
import { TileFunctions } from './tile-functions.ts';
import { partsOf, tilingOf } from './tiling.ts';

export interface ProductKernel {
  /**
   * Function (from: i32, to: i32, scratch: i32, batch: i32) that does the units of work from .. to-1 of a product of the batch. The bits
   * of an element do not depend on how units are divided among calls.
   */
  readonly index: number;
  readonly units: number;
  /** Bytes of scratch memory that each thread needs, at a multiple of 16. */
  readonly scratch: number;
}

const align = (bytes: number) => (bytes + 63) & ~63;

/** Code for one product: every size and stride is an immediate. */
export function defineProduct(module: ModuleBuilder, given: ProductSpec): ProductKernel {
  const spec = withoutIdleStrides(given);
  const parameters = [types.i32, types.i32, types.i32, types.i32];
  if (spec.rows === 0 || spec.columns === 0)
    return { index: module.define({ parameters }, () => []), units: 0, scratch: 0 };
  const floats = floatsOf(spec.dtype, spec.relaxed);
  const { bytes } = floats;
  const { inner, a, b } = spec;
  const tiling = tilingOf(spec);
  const { strips, panels, packsA, packsB, block } = tiling;
  const inPasses = block.inner < inner;
  const pitch = (width: number) => vectorsOf(width, floats) * floats.lanes;
  const panelBytes = block.inner * pitch(panels.size) * bytes;

  // Scratch memory: the sums of a tile, or of a block when they wait for the next pass; a strip of A; a block of B.
  const tileBytes = sumBytes(strips.size, panels.size, floats);
  const sumsBytes = inPasses ? tileBytes * block.strips * block.panels : tileBytes;
  const stripAt = align(sumsBytes);
  const blockAt = stripAt + (packsA ? align(block.inner * strips.size * bytes + 16) : 0);
  const blockBytes = packsB ? panelBytes * Math.min(block.panels, partsOf(panels)) + 16 : 0;

  const tiles = new TileFunctions(module, floats, spec, tiling);
  const packStrip = cached((width) =>
    definePacking(module, floats, { width, pitch: width, across: a.rowStride, along: a.columnStride }),
  );
  const packPanel = cached((width) =>
    definePacking(module, floats, { width, pitch: pitch(width), across: b.columnStride, along: b.rowStride }),
  );

  const index = module.define({ parameters }, (locals) => {
    const [from, to, scratch, batch] = [0, 1, 2, 3];
    const local = () => locals.make(types.i32);
    const [startA, startB, k, count] = [local(), local(), local(), local()];
    const [row, column, strip, panel, sums] = [local(), local(), local(), local(), local()];
    const depth = inPasses ? get(count) : i32.const(inner);

    const packBlock = (columns: Range): Code => [
      set(panel, plus(get(scratch), blockAt)),
      overParts(locals, panels, columns, column, (width) => [
        call(
          packPanel(width),
          get(panel),
          i32.add(get(startB), times(get(column), b.columnStride * bytes)),
          depth,
        ),
        set(panel, plus(get(panel), panelBytes)),
      ]),
    ];
    const findStrip = (height: number): Code => {
      const address = i32.add(get(startA), times(get(row), a.rowStride * bytes));
      return packsA
        ? [set(strip, plus(get(scratch), stripAt)), call(packStrip(height), get(strip), address, depth)]
        : set(strip, address);
    };
    const overTiles = (
      rows: Range,
      columns: Range,
      beforeStrip: (height: number) => Code,
      tile: (height: number, width: number) => Code,
    ): Code => [
      set(sums, get(scratch)),
      overParts(locals, strips, rows, row, (height) => [
        beforeStrip(height),
        set(panel, plus(get(scratch), blockAt)),
        overParts(locals, panels, columns, column, (width) => [
          tile(height, width),
          inPasses ? set(sums, plus(get(sums), tileBytes)) : [],
          packsB ? set(panel, plus(get(panel), panelBytes)) : [],
        ]),
      ]),
    ];
    const rowOfB = packsB ? get(panel) : i32.add(get(startB), times(get(column), bytes));
    const operands = [get(strip), rowOfB, get(sums)];
    const position = [get(row), get(column), get(batch)];

    const inOnePass = (rows: Range, columns: Range): Code => [
      packsB ? packBlock(columns) : [],
      overTiles(rows, columns, findStrip, (height, width) =>
        call(tiles.whole(height, width), ...operands, ...position),
      ),
    ];
    const inManyPasses = (rows: Range, columns: Range): Code => [
      fillMemory(get(scratch), i32.const(0), i32.const(sumsBytes)),
      set(k, i32.const(0)),
      loop(
        set(count, i32.sub(i32.const(inner), get(k))),
        set(count, choose(get(count), i32.const(block.inner), i32.ltS(get(count), i32.const(block.inner)))),
        set(startA, i32.add(a.address(get(batch)), times(get(k), a.columnStride * bytes))),
        set(startB, i32.add(b.address(get(batch)), times(get(k), b.rowStride * bytes))),
        packBlock(columns),
        overTiles(rows, columns, findStrip, (height, width) =>
          call(tiles.pass(height, width), ...operands, times(get(count), pitch(width) * bytes)),
        ),
        branchIf(0, i32.ltS(tee(k, plus(get(k), block.inner)), i32.const(inner))),
      ),
      overTiles(
        rows,
        columns,
        () => [],
        (height, width) => call(tiles.finish(height, width), get(sums), ...position),
      ),
    ];

    const units: Range = { first: get(from), end: get(to), all: false };
    const [rows, columns] =
      tiling.split === 'strips' ? [units, everyPart(panels)] : [everyPart(strips), units];
    return [
      set(startA, a.address(get(batch))),
      set(startB, b.address(get(batch))),
      inBlocks(locals, strips, rows, block.strips, (someRows) =>
        inBlocks(locals, panels, columns, block.panels, (someColumns) =>
          inPasses ? inManyPasses(someRows, someColumns) : inOnePass(someRows, someColumns),
        ),
      ),
    ];
  });
  return {
    index,
    units: partsOf(tiling.split === 'strips' ? strips : panels),
    scratch: blockAt + blockBytes,
  };
}

/** Along an axis of one element any stride is right; 1 is the one that is fastest. */
function withoutIdleStrides(spec: ProductSpec): ProductSpec {
  const { rows, inner, columns, a, b } = spec;
  return {
    ...spec,
    a: {
      ...a,
      rowStride: rows === 1 ? 1 : a.rowStride,
      columnStride: inner <= 1 ? 1 : a.columnStride,
    },
    b: {
      ...b,
      rowStride: inner <= 1 ? 1 : b.rowStride,
      columnStride: columns === 1 ? 1 : b.columnStride,
    },
  };
}

function cached(define: (size: number) => number): (size: number) => number {
  const known = new Map<number, number>();
  return (size) => {
    const index = known.get(size) ?? define(size);
    known.set(size, index);
    return index;
  };
}

import { type Code, types } from '../encoding.ts';
import { branchIf, call, choose, fillMemory, get, i32, loop, repeat, set, tee } from '../instructions.ts';
import type { ModuleBuilder } from '../module.ts';
import { floatsOf } from './floats.ts';
import { reach } from './nest.ts';
import { Operand } from './operand.ts';
import { everyPart, inBlocks, overParts, type Range } from './ranges.ts';
import type { ProductSpec } from './spec.ts';
import { plus, times } from './strided.ts';
import { countedStride, sumBytes } from './tile.ts';
import { TileFunctions } from './tile-functions.ts';
import { largestOf, partsOf, tilingOf } from './tiling.ts';

export interface ProductKernel {
  /**
   * Function (from: i32, to: i32, scratch: i32, batch: i32, the spec's parameters) that does the units of work from .. to-1 of a product of the batch. The bits
   * of an element do not depend on how units are divided among calls.
   */
  readonly index: number;
  readonly units: number;
  /** Bytes of scratch memory that each thread needs, at a multiple of 16. */
  readonly scratch: number;
}

/** Code for one product: every size and stride is an immediate. */
export function defineProduct(module: ModuleBuilder, given: ProductSpec): ProductKernel {
  const spec = withoutIdleStrides(given);
  const parameters = [types.i32, types.i32, types.i32, types.i32, ...(spec.parameters ?? [])];
  if (spec.rows === 0 || spec.columns === 0)
    return { index: module.define({ parameters }, () => []), units: 0, scratch: 0 };

  const floats = floatsOf(spec.dtype, spec.relaxed);
  const { inner } = spec;
  const tiling = tilingOf(spec);
  const { strips, panels, block, lanes, run } = tiling;
  const a = new Operand(module, floats, {
    source: { across: spec.a.rowStride, along: spec.a.columnStride },
    nest: spec.a.nest,
    reading: tiling.a,
    multiple: 1,
    depth: block.inner,
  });
  const b = new Operand(module, floats, {
    source: { across: spec.b.columnStride, along: spec.b.rowStride },
    nest: spec.b.nest,
    reading: tiling.b,
    multiple: tiling.b === 'steps' ? floats.lanes : 1,
    depth: block.inner,
  });
  const tiles = new TileFunctions(module, floats, spec, lanes, a, b);

  // Scratch memory: the sums of a tile, or of a block when they wait for the next pass; a strip of A; a block of B.
  const inPasses = block.inner < inner;
  const [height, width] = [largestOf(strips), largestOf(panels)];
  const tileBytes = sumBytes({ lanes, height, width }, floats);
  const sumsBytes = inPasses ? tileBytes * block.strips * block.panels : tileBytes;
  const panelBytes = b.bytes(width);
  const stripAt = aligned(sumsBytes);
  const blockAt = stripAt + aligned(a.bytes(height) + a.spill(height));
  const scratchBytes = blockAt + aligned(panelBytes * block.panels + b.spill(width));

  const index = module.define({ parameters }, (locals) => {
    const [from, to, scratch] = [0, 1, 2];
    const batch = spec.batched ? get(3) : i32.const(0);
    const given = (spec.parameters ?? []).map((_, i) => get(4 + i));
    const table = given[0] ?? [];
    const local = () => locals.make(types.i32);
    const [startA, startB, k, count] = [local(), local(), local(), local()];
    const [row, column, strip, panel, sums] = [local(), local(), local(), local(), local()];
    const [which, place, runStart] = [local(), local(), local()];
    const depth = inPasses ? get(count) : i32.const(inner);

    const step = inPasses ? get(k) : i32.const(0);
    const packPanel = (size: number): Code =>
      b.packed ? b.pack(size, get(panel), { start: get(startB), line: get(column), step, batch }, depth) : [];
    const packPanels = (columns: Range): Code => [
      set(panel, plus(get(scratch), blockAt)),
      overParts(locals, panels, columns, column, (size) => [
        packPanel(size),
        set(panel, plus(get(panel), panelBytes)),
      ]),
    ];
    const findStrip = (size: number): Code =>
      a.packed
        ? [
            set(strip, plus(get(scratch), stripAt)),
            a.pack(size, get(strip), { start: get(startA), line: get(row), step, batch }, depth),
          ]
        : set(strip, run === undefined ? a.line(get(startA), get(row)) : a.line(get(runStart), get(place)));
    /** Strips of all rows, or of each run of them that lies along one axis: `range` are runs then. */
    const overStrips = (range: Range, body: (height: number) => Code): Code => {
      if (run === undefined) return overParts(locals, strips, range, row, body);
      const reached = reach(locals, run.before, get(which), floats.bytes, 0);
      return repeat(
        which,
        range.first,
        range.end,
        1,
        reached.code,
        set(runStart, i32.add(get(startA), reached.to.bytes)),
        overParts(locals, strips, everyPart(strips), place, (height) => [
          set(row, i32.add(times(get(which), run.length), get(place))),
          body(height),
        ]),
      );
    };
    const overTiles = (
      rows: Range,
      columns: Range,
      beforeStrip: (height: number) => Code,
      tile: (height: number, width: number) => Code,
    ): Code => [
      set(sums, get(scratch)),
      overStrips(rows, (height) => [
        beforeStrip(height),
        b.packed ? set(panel, plus(get(scratch), blockAt)) : [],
        overParts(locals, panels, columns, column, (width) => [
          tile(height, width),
          inPasses ? set(sums, plus(get(sums), tileBytes)) : [],
          b.packed ? set(panel, plus(get(panel), panelBytes)) : [],
        ]),
      ]),
    ];
    const operands = [get(strip), b.packed ? get(panel) : b.line(get(startB), get(column)), get(sums)];
    const position = [get(row), get(column), spec.batched ? batch : [], ...given];

    const whole = (height: number, width: number): Code =>
      call(tiles.whole(height, width), ...operands, ...position);
    const panelByPanel = (rows: Range, columns: Range): Code => [
      set(sums, get(scratch)),
      set(panel, plus(get(scratch), blockAt)),
      overParts(locals, panels, columns, column, (width) => [
        packPanel(width),
        overStrips(rows, (height) => [findStrip(height), whole(height, width)]),
      ]),
    ];
    const inOnePass = (rows: Range, columns: Range): Code => [
      b.packed ? packPanels(columns) : [],
      overTiles(rows, columns, findStrip, whole),
    ];
    const inManyPasses = (rows: Range, columns: Range): Code => [
      fillMemory(get(scratch), i32.const(0), i32.const(sumsBytes)),
      set(k, i32.const(0)),
      loop(
        set(count, i32.sub(i32.const(inner), get(k))),
        set(count, choose(get(count), i32.const(block.inner), i32.ltS(get(count), i32.const(block.inner)))),
        set(startA, a.step(spec.a.address(batch, table), get(k))),
        set(startB, b.step(spec.b.address(batch, table), get(k))),
        b.packed ? packPanels(columns) : [],
        overTiles(rows, columns, findStrip, (height, width) =>
          call(
            tiles.pass(height, width),
            ...operands,
            times(get(count), countedStride(tiles.tile(height, width), floats)),
          ),
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
    const blocks = () =>
      inBlocks(locals, strips, rows, block.strips, (someRows) =>
        inBlocks(locals, panels, columns, block.panels, (someColumns) =>
          inPasses ? inManyPasses(someRows, someColumns) : inOnePass(someRows, someColumns),
        ),
      );
    return [
      set(startA, spec.a.address(batch, table)),
      set(startB, spec.b.address(batch, table)),
      block.panels === 1 && !inPasses ? panelByPanel(rows, columns) : blocks(),
    ];
  });
  const units = tiling.split === 'panels' ? partsOf(panels) : (run?.count ?? partsOf(strips));
  return { index, units, scratch: scratchBytes };
}

/** Bytes up to a line of cache. */
const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** Along an axis of one element any stride is right; 1 is the one that is fastest. */
function withoutIdleStrides(spec: ProductSpec): ProductSpec {
  const { rows, inner, columns, a, b } = spec;
  const stride = (extent: number, given: number) => (extent <= 1 ? 1 : given);
  return {
    ...spec,
    a: { ...a, rowStride: stride(rows, a.rowStride), columnStride: stride(inner, a.columnStride) },
    b: { ...b, rowStride: stride(inner, b.rowStride), columnStride: stride(columns, b.columnStride) },
  };
}

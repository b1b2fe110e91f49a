import type { NestAxis } from './nest.ts';
import type { Reading } from './operand.ts';
import type { ProductSpec } from './spec.ts';
import type { Lanes } from './tile.ts';

/** 0 .. extent-1 in parts: `whole` of `size`, then one of each of `rest`. */
export interface Partition {
  readonly size: number;
  readonly whole: number;
  readonly rest: readonly number[];
}

export const partsOf = ({ whole, rest }: Partition): number => whole + rest.length;

export const largestOf = ({ size, whole, rest }: Partition): number =>
  Math.max(whole > 0 ? size : 0, ...rest);

/** How a product is cut: strips of rows, panels of columns, one tile where they cross. */
export interface Tiling {
  readonly lanes: Lanes;
  readonly strips: Partition;
  readonly panels: Partition;
  readonly a: Reading;
  readonly b: Reading;
  /** The block that is summed at a time, and packed for it. Its part of B stays in the second level of cache, one panel of it in the first. */
  readonly block: { readonly strips: number; readonly panels: number; readonly inner: number };
  /** The kind of a unit of work. */
  readonly split: 'strips' | 'panels';
  /** Where A is read nested: strips are parts of a run of rows along one axis, and so many runs lie along the axes before. */
  readonly run?: { readonly length: number; readonly count: number; readonly before: readonly NestAxis[] };
}

/** Of the caches, what a product may count on: less than machines have. */
const firstLevelBytes = 32 * 1024;
const cacheBytes = 256 * 1024;
/** Steps of which a panel of B stays in the first level of cache. */
const longestPass = 1024;
/** Panels for which windows are read where they stand, and rows that are worth a strip of their own. */
const fewPanels = 3;
const shortestRun = 4;

export function tilingOf(spec: ProductSpec): Tiling {
  const lanes = lanesOf(spec);
  const [all, panels] = tilesOf(spec, lanes);
  const run = runOf(spec, lanes, partsOf(panels));
  const strips = run === undefined ? all : cutRows(run.length, Math.min(all.size, run.length));
  const [packed, b] = readingsOf(spec, lanes, all, panels);
  const a = run === undefined ? packed : 'nested';
  return {
    ...(run && { run }),
    lanes,
    strips,
    panels,
    a,
    b,
    block: blockOf(spec, lanes, strips, panels, a, b),
    // Panels are packed once among all threads; few of them would not divide evenly. What is packed of A is packed once where strips are divided.
    split:
      partsOf(panels) >= Math.min(8, partsOf(strips)) && (spec.a.nest === undefined || lanes === 'inner')
        ? 'panels'
        : 'strips',
  };
}

/**
 * Vectors along the columns of C are the rule. With few columns, rows that are neighbours in memory fill vectors better; and where one side
 * is short and the long factor contiguous along the inner dimension, so do its runs, unpacked (float64 keeps the order of the sum).
 */
function lanesOf(spec: ProductSpec): Lanes {
  const { dtype, rows, inner, columns, a } = spec;
  if (dtype === 'float32' && inner >= 16 && shortSide(spec) !== undefined) return 'inner';
  const tall = columns <= 12 && rows >= 8 && rows > columns && isPlain(spec);
  return tall && a.rowStride === 1 && a.columnStride > 1 ? 'rows' : 'columns';
}

/** Whether one stride a line and one a step say where everything is: what takes more is packed. */
const isPlain = ({ a, b }: ProductSpec): boolean => a.nest === undefined && b.nest === undefined;

/** The side of C that is short while the other one's factor is contiguous along the inner dimension. */
function shortSide({ rows, inner, columns, a, b }: ProductSpec): 'rows' | 'columns' | undefined {
  const short = (n: number) => n <= 3 || (inner >= 64 && (n <= 6 || n === 9));
  if (short(columns) && a.columnStride === 1 && rows >= columns) return 'columns';
  return short(rows) && b.rowStride === 1 ? 'rows' : undefined;
}

/** At most 15 v128 may live at a time: the sums, a step of the smaller side, one vector of the other, a product where it is not fused. */
function tilesOf(spec: ProductSpec, lanes: Lanes): readonly [Partition, Partition] {
  const { rows, columns, dtype, relaxed, b } = spec;
  const fused = relaxed && dtype === 'float32';
  const long = dtype === 'float32' ? 4 : 2;
  if (lanes === 'inner') {
    const short = shortSide(spec) === 'rows' ? rows : columns;
    const [few, many] = short === 1 ? [1, 8] : short === 2 || short === 4 ? [2, 4] : [3, 3];
    return short === rows ? [cut(rows, few), cut(columns, many)] : [cut(rows, many), cut(columns, few)];
  }
  if (lanes === 'rows') {
    if (columns > 3) return [cut(rows, 2 * long), cutFours(columns, fused ? 6 : 5)];
    return [cut(rows, (columns === 1 ? 8 : columns === 2 ? 4 : 3) * long), cut(columns, columns)];
  }
  const shape = (): readonly [height: number, width: number] => {
    // What is packed by transposing reads each column at an address of its own: few at a time.
    if (rows <= 2) return [rows, b.columnStride !== 1 ? 2 * long : rows === 1 ? 8 * long : 4 * long];
    if (columns <= long) return [8, long];
    if (rows === 3 || (columns > 2 * long && columns <= 3 * long)) return [3, 3 * long];
    return [fused ? 6 : 5, 2 * long];
  };
  const [height, width] = shape();
  return [cutRows(rows, Math.min(height, rows)), cut(columns, Math.min(width, columns))];
}

function readingsOf(
  { inner, dtype, a, b }: ProductSpec,
  lanes: Lanes,
  strips: Partition,
  panels: Partition,
): readonly [Reading, Reading] {
  if (lanes === 'rows') return ['direct', 'direct'];
  if (lanes === 'inner')
    return [
      a.columnStride === 1 && a.nest === undefined ? 'direct' : 'lines',
      b.rowStride === 1 && b.nest === undefined ? 'direct' : 'lines',
    ];
  const bytes = dtype === 'float64' ? 8 : 4;
  // Each step of a strip of A is a line of cache. Steps at multiples of 1 KB share few places in it; and many do not fit.
  const crowded = a.columnStride !== 1 && inner > ((a.columnStride * bytes) % 1024 === 0 ? 256 : 768);
  // Packing B pays when it is read often and does not stay in the first level of cache by itself.
  const seldom = partsOf(strips) <= 2 || inner * b.rowStride * bytes <= firstLevelBytes / 2;
  const standing = b.columnStride === 1 && b.rowStride > 0 && seldom;
  const nested = a.nest && (a.columnStride === 1 ? 'lines' : 'steps');
  return [
    nested ?? (crowded && partsOf(panels) > 4 ? 'steps' : 'direct'),
    standing && b.nest === undefined ? 'direct' : 'steps',
  ];
}

/**
 * Windows that are read for few columns are not worth packing where no bound must be looked at: they are read where they stand, as strips of rows
 * along one axis.
 */
function runOf(
  { a: { nest }, rows, inner, columns }: ProductSpec,
  lanes: Lanes,
  panels: number,
): Tiling['run'] {
  const last = nest?.lines.at(-1);
  if (nest === undefined || last === undefined || lanes !== 'columns' || columns === 0) return undefined;
  if (nest.bounds.length > 0 || panels > fewPanels || inner === 0 || inner > longestPass) return undefined;
  if (last.extent < shortestRun) return undefined;
  return { length: last.extent, count: rows / last.extent, before: nest.lines.slice(0, -1) };
}

function blockOf(
  spec: ProductSpec,
  lanes: Lanes,
  strips: Partition,
  panels: Partition,
  readingA: Reading,
  readingB: Reading,
): Tiling['block'] {
  const { rows, inner, columns, dtype, a, b } = spec;
  const bytes = dtype === 'float64' ? 8 : 4;
  const all = { strips: partsOf(strips), panels: partsOf(panels), inner };
  const fitting = (whole: number, size: number) =>
    Math.min(whole, Math.max(1, Math.floor(cacheBytes / size)));
  if (readingB === 'steps') {
    // Packing A reads a line of cache for each step: short passes find it again for the next strips.
    const longest = readingA === 'steps' ? 384 : all.panels === 1 ? 8192 : longestPass;
    const depth = inPasses(inner, longest);
    // Where all of A stays in the cache, a panel is best used at once, while it is in the first level.
    const small = readingA === 'direct' && rows * depth * bytes <= cacheBytes;
    return {
      strips: depth < inner ? Math.min(128, all.strips) : all.strips,
      panels: small ? 1 : fitting(all.panels, depth * panels.size * bytes),
      inner: depth,
    };
  }
  // A large factor that is read once, its steps far from each other: a few steps at a time, over all of their length.
  const [step, length] = lanes === 'rows' ? [a.columnStride, rows] : [b.rowStride, columns];
  if (
    lanes !== 'inner' &&
    readingA !== 'nested' &&
    step * bytes >= 4096 &&
    inner * length * bytes > 2 ** 20
  ) {
    const sums = strips.size * panels.size * bytes;
    return {
      strips: fitting(all.strips, all.panels * sums),
      panels: fitting(all.panels, sums),
      inner: inPasses(inner, 16),
    };
  }
  // Several strips find B in the cache again.
  return { ...all, panels: all.strips === 1 ? all.panels : fitting(all.panels, inner * panels.size * bytes) };
}

/** The length of equal passes of at most `longest` steps. */
function inPasses(inner: number, longest: number): number {
  const passes = Math.ceil(inner / longest);
  return passes <= 1 ? inner : Math.ceil(inner / passes / 4) * 4;
}

function cut(extent: number, size: number): Partition {
  const rest = extent % size;
  return { size, whole: (extent - rest) / size, rest: rest === 0 ? [] : [rest] };
}

/** One or two rows too many make two lower strips with the strip before: 7 = 4 + 3, 8 = 4 + 4 where six are whole. */
function cutRows(rows: number, height: number): Partition {
  const { whole, rest } = cut(rows, height);
  const last = rest[0] ?? 0;
  if (last === 0 || last * 2 >= height || whole === 0) return { size: height, whole, rest };
  const together = height + last;
  return { size: height, whole: whole - 1, rest: [Math.ceil(together / 2), Math.floor(together / 2)] };
}

/** Parts of four, for the epilogue's sake; the last one is longer, up to `most`, or all are even, where that saves a part. */
function cutFours(extent: number, most: number): Partition {
  const parts = Math.ceil(extent / most);
  const last = extent - 4 * (parts - 1);
  if (last > most) return cut(extent, most);
  return last === 4 ? cut(extent, 4) : { size: 4, whole: parts - 1, rest: [last] };
}

import type { ProductSpec } from './spec.ts';

/** 0 .. extent-1 in parts: `whole` of `size`, then one of each of `rest`. */
export interface Partition {
  readonly size: number;
  readonly whole: number;
  readonly rest: readonly number[];
}

export const partsOf = ({ whole, rest }: Partition): number => whole + rest.length;

/** How a product is cut: strips of rows, panels of columns, one tile where they cross. */
export interface Tiling {
  readonly strips: Partition;
  readonly panels: Partition;
  /** What a unit of work is. */
  readonly split: 'strips' | 'panels';
  readonly packsA: boolean;
  /** Else B is read where it stands: its columns are neighbours then. */
  readonly packsB: boolean;
  /** What is packed and summed at a time: a block of B stays in the second level of cache, a panel of it in the first. */
  readonly block: { readonly strips: number; readonly panels: number; readonly inner: number };
}

/** Bytes of B that are packed at a time. */
const cacheBytes = 384 * 1024;
/** Longest sum of one pass. */
const longestInner = 1024;

export function tilingOf(spec: ProductSpec): Tiling {
  const { rows, inner, columns, a, b, dtype } = spec;
  const [height, width] = tileShape(spec);
  const strips = cutRows(rows, Math.min(height, rows));
  const panels = cut(columns, Math.min(width, columns));
  const packsB = !(partsOf(strips) <= 2 && b.columnStride === 1 && b.rowStride > 0);
  const passes = packsB ? Math.ceil(inner / longestInner) : 1;
  const depth = passes <= 1 ? inner : Math.ceil(inner / passes / 4) * 4;
  const panelBytes = depth * panels.size * (dtype === 'float64' ? 8 : 4);
  return {
    strips,
    panels,
    split: partsOf(panels) >= Math.min(4, partsOf(strips)) ? 'panels' : 'strips',
    packsA: a.columnStride !== 1 && partsOf(panels) >= 4,
    packsB,
    block: {
      strips: passes > 1 ? 128 : partsOf(strips),
      panels: packsB ? Math.max(1, Math.floor(cacheBytes / panelBytes)) : partsOf(panels),
      inner: depth,
    },
  };
}

/**
 * Rows and columns of a tile in registers. At most 15 v128 may live at a time: the sums, one row of B and an element of A (or the
 * reverse, when that is less), and the product where it is not fused.
 */
function tileShape({ rows, columns, dtype, relaxed }: ProductSpec): readonly [number, number] {
  if (dtype === 'float64') return rows === 1 ? [1, 16] : rows === 2 ? [2, 8] : columns <= 2 ? [8, 2] : [4, 4];
  if (rows === 1) return [1, 32];
  if (rows === 2) return [2, 16];
  if (columns <= 4) return [8, 4];
  if (rows === 3 || (columns > 8 && columns <= 12)) return [3, 12];
  return [relaxed ? 6 : 4, 8];
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

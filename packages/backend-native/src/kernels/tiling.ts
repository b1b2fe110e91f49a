/** Parts of one size that follow each other from `start` on. */
export interface Part {
  readonly size: number;
  readonly times: number;
  readonly start: number;
}

interface Strides {
  readonly across: number;
  readonly along: number;
}

export interface ProductShape {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  /** Strides of the factors from line to line and from step to step; undefined where they have to be packed. */
  readonly a: Strides | undefined;
  readonly b: Strides | undefined;
  /** Neighbouring lines of A and the distance between them, where A takes more than two strides and can be read in place. */
  readonly neighbours: { readonly extent: number; readonly stride: number } | undefined;
  readonly bytes: number;
  readonly lanes: number;
  readonly registers: number;
}

/** How a product is cut: strips of rows, panels of columns, a tile where they cross; passes over the inner axis. */
export interface Tiling {
  readonly strips: readonly Part[];
  readonly panels: readonly Part[];
  /** Heights in rows and widths in vectors of the tiles that occur. */
  readonly tiles: readonly { readonly height: number; readonly width: number }[];
  /** Steps of the inner axis in a pass. */
  readonly depth: number;
  /** Panels that are taken together, so that what a pass reads of B stays in the second level of cache. */
  readonly block: number;
  readonly packA: boolean;
  readonly packB: boolean;
}

/** Of the second level of cache, what panels of B may take: sums of earlier passes and a strip of A are there too. */
const cacheBytes = 512 * 1024;
const longestPass = 448;

export function partsOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { times }) => sum + times, 0);
}

export function tilingOf(shape: ProductShape): Tiling {
  const { rows, inner, columns, a, b, bytes, lanes, registers } = shape;
  const [height, width] = tileOf(shape, registers);
  const inPlace = a === undefined ? stripInPlace(shape, height) : undefined;
  const strips =
    inPlace === undefined ? evenly(rows, height) : [{ size: inPlace, times: rows / inPlace, start: 0 }];
  const panels = cut(columns, width * lanes);
  const passes = Math.max(1, Math.ceil(inner / longestPass));
  const depth = Math.max(1, Math.ceil(inner / passes));
  const fits = Math.max(1, Math.floor(cacheBytes / (depth * width * lanes * bytes)));
  const [strip, panel] = [partsOf(strips), partsOf(panels)];
  // Steps far from each other take a line of cache each, rows at multiples of 4 KB share few places in it.
  const crowded = a?.along === 1 ? (a.across * bytes) % 2048 === 0 : depth > 192;
  const narrow = depth * (b?.along ?? 0) * bytes <= 32 * 1024;
  return {
    strips,
    panels,
    tiles: [...new Set(strips.map(({ size }) => size))].flatMap((high) =>
      [...new Set(panels.map(({ size }) => Math.ceil(size / lanes)))].map((wide) => ({
        height: high,
        width: wide,
      })),
    ),
    depth,
    block: Math.min(panel, fits),
    packA: a === undefined ? inPlace === undefined : panel > 2 && inner > 32 && crowded,
    packB: b?.across !== 1 || (strip > 4 && !narrow && inner > 32),
  };
}

/** Rows and vectors of columns whose sums, a row of B and an element of A fit into registers. */
function tileOf(
  { rows, columns, lanes }: ProductShape,
  registers: number,
): readonly [height: number, width: number] {
  const vectors = Math.ceil(columns / lanes);
  const room = registers - 2;
  const fit = (width: number): readonly [number, number] => [
    Math.max(1, Math.min(rows, Math.floor((room - width) / width))),
    width,
  ];
  if (vectors === 1) return [Math.min(rows, Math.floor(room / 2)), 1];
  if (rows <= 2) return [rows, Math.min(vectors, rows === 1 ? 8 : 4)];
  if (rows <= 4) return [rows, Math.min(vectors, registers >= 32 ? 4 : 2)];
  return fit(2);
}

/** Fewer rows than this in a tile keep multiply-add waiting: packing is faster. */
const fewestInPlace = 6;

/** Rows of a strip that lie at one distance from each other, so that nothing has to be packed; undefined where they are too few. */
function stripInPlace({ neighbours, bytes }: ProductShape, height: number): number | undefined {
  if (neighbours === undefined) return undefined;
  // Rows at multiples of 2 KB share few places in the first level of cache.
  const most = (neighbours.stride * bytes) % 2048 === 0 ? Math.min(height, 8) : height;
  for (let size = most; size >= fewestInPlace; size--) if (neighbours.extent % size === 0) return size;
  return undefined;
}

/** Parts of one size where one nearly as large as `most` divides the extent, else of sizes that differ by 1. */
function evenly(extent: number, most: number): Part[] {
  for (let size = most; size * 8 >= most * 7; size--)
    if (extent % size === 0) return [{ size, times: extent / size, start: 0 }];
  const count = Math.ceil(extent / most);
  const size = Math.ceil(extent / count);
  const times = extent - count * (size - 1);
  const parts = [{ size, times, start: 0 }];
  if (times < count) parts.push({ size: size - 1, times: count - times, start: size * times });
  return parts;
}

function cut(extent: number, size: number): Part[] {
  const times = Math.floor(extent / size);
  const rest = extent - times * size;
  const parts = times > 0 ? [{ size, times, start: 0 }] : [];
  return rest > 0 ? [...parts, { size: rest, times: 1, start: times * size }] : parts;
}

import {
  type Assembler,
  type Code,
  call,
  get,
  i32,
  type Locals,
  repeat,
  set,
  storeUpTo,
  types,
  v128,
} from './assembler.ts';

/** A matrix in memory, row-major with `stride` floats a row; read as its transpose when said so. */
export interface Operand {
  readonly address: number;
  readonly stride: number;
  readonly transposed: boolean;
}

export interface Product {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly a: Operand;
  readonly b: Operand;
  readonly to: number;
  /** `inner` x 8 floats: eight columns of B, packed. */
  readonly panel: number;
}

const tall = 4;
const wide = 8;

/**
 * C = A B in float32 for one shape. Eight columns of B are packed at a time; below them, four rows of A at a time, a tile of C stays in
 * registers for the whole inner loop. All sizes, strides and addresses are immediates.
 */
export function defineProduct(assembler: Assembler, product: Product): number {
  const { rows, columns } = product;
  const whole = columns - (columns % wide);
  const panel = (width: number) => {
    const pack = assembler.define(1, (locals) => packing(locals, product, width));
    const tiles = [tall, rows % tall].map((height) =>
      height === 0 ? -1 : assembler.define(3, (locals) => tile(locals, product, height, width)),
    );
    return assembler.define(1, (locals) => overRows(locals, product, pack, tiles));
  };
  const main = whole > 0 ? panel(wide) : -1;
  const last = columns > whole ? panel(columns - whole) : -1;
  return assembler.define(0, (locals) => {
    const column = locals.make(types.i32);
    return [
      whole > 0
        ? [set(column, i32.const(0)), repeat(column, i32.const(whole), wide, get(column), call(main))]
        : [],
      last >= 0 ? [i32.const(whole), call(last)] : [],
    ];
  });
}

const times = (local: number, factor: number): Code => [get(local), i32.const(factor), 0x6c];

/** Parameter 0 is the first column. */
function overRows(locals: Locals, product: Product, pack: number, [full = -1, rest = -1]: number[]): Code {
  const { rows, a, to, columns } = product;
  const row = locals.make(types.i32);
  const above = rows - (rows % tall);
  const rowBytes = a.transposed ? 4 : a.stride * 4;
  const tileAt = (index: number): Code => [
    i32.add(i32.const(a.address), times(row, rowBytes)),
    i32.add(i32.add(i32.const(to), times(row, columns * 4)), times(0, 4)),
    i32.const(product.panel),
    call(index),
  ];
  return [
    get(0),
    call(pack),
    above > 0 ? [set(row, i32.const(0)), repeat(row, i32.const(above), tall, tileAt(full))] : [],
    rest >= 0 ? [set(row, i32.const(above)), tileAt(rest)] : [],
  ];
}

/** Parameter 0 is the first column: columns from there, `wide` to a row of the panel. */
function packing(locals: Locals, { inner, b, panel }: Product, width: number): Code {
  const from = locals.make(types.i32);
  const to = locals.make(types.i32);
  const stepOf = b.transposed ? 4 : b.stride * 4;
  const start = i32.add(i32.const(b.address), times(0, b.transposed ? b.stride * 4 : 4));
  const row: Code = b.transposed
    ? Array.from({ length: width }, (_, j) =>
        i32.store(get(to), i32.load(get(from), j * b.stride * 4), j * 4),
      )
    : [0, 4].filter((j) => j < width).map((j) => v128.store(get(to), v128.load(get(from), j * 4), j * 4));
  return [
    set(from, start),
    set(to, i32.const(panel)),
    repeat(
      to,
      i32.const(panel + inner * wide * 4),
      wide * 4,
      row,
      set(from, i32.add(get(from), i32.const(stepOf))),
    ),
  ];
}

/** Parameters: the first element of A, of C, and the panel. */
function tile(locals: Locals, { inner, a, columns, panel }: Product, height: number, width: number): Code {
  const [fromA, toC, at] = [0, 1, 2];
  const vectors = Math.ceil(width / 4);
  const each = <T>(n: number, make: (i: number) => T) => Array.from({ length: n }, (_, i) => make(i));
  const sums = each(height, () => each(vectors, () => locals.make(types.v128)));
  const columnsOfB = each(vectors, () => locals.make(types.v128));
  const [across, along] = a.transposed ? [4, a.stride * 4] : [a.stride * 4, 4];
  const scale = locals.make(types.v128);
  const step = [
    columnsOfB.map((local, j) => set(local, v128.load(get(at), j * 16))),
    sums.map((row, i) => [
      set(scale, v128.splatLoad(get(fromA), i * across)),
      row.map((sum, j) => set(sum, v128.add(get(sum), v128.mul(get(scale), get(columnsOfB[j] ?? 0))))),
    ]),
    set(fromA, i32.add(get(fromA), i32.const(along))),
  ];
  const stores = sums.map((row, i) =>
    row.map((sum, j) => storeUpTo(get(toC), get(sum), (i * columns + j * 4) * 4, width - j * 4)),
  );
  return [repeat(at, i32.const(panel + inner * wide * 4), wide * 4, ...step), ...stores];
}

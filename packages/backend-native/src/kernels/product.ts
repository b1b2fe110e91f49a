import type { FactorLoad, ProductKernel } from '@pullback/compiler';
import { bytesOf, sizeOf } from '@pullback/core';
import { Block, Names } from '../c/block.ts';
import { elementType, kindOf, Lanes } from '../c/lanes.ts';
import { packingName } from '../c/packing.ts';
import type { Target } from '../target.ts';
import { Buffers } from './buffers.ts';
import { Factor } from './factor.ts';
import { packFunction } from './pack.ts';
import type { Scratch } from './scratch.ts';
import { type Places, type Spot, spotIn, Writer } from './spot.ts';
import { tileFunction } from './tile.ts';
import { type Part, partsOf, tilingOf } from './tiling.ts';

export interface PrintedProduct {
  /** Functions that the kernel calls. */
  readonly functions: readonly string[];
  readonly body: Block;
  readonly units: number;
}

export interface ProductOptions {
  readonly target: Target;
  /** Lanes of what follows the sums. */
  readonly lanes: Lanes;
  readonly scratch: Scratch;
  /** The kernel's buffers in the order of its table. */
  readonly buffers: readonly number[];
  /** The start of the names of its functions. */
  readonly name: string;
}

/** C = A B for each of a batch by tiles of sums in registers; then the kernel's statements on each tile. */
export function printProduct(kernel: ProductKernel, places: Places, options: ProductOptions): PrintedProduct {
  const rank = kernel.space.length;
  const [rows = 1, columns = 1] = kernel.space.slice(rank - 2);
  const batches = sizeOf(kernel.space.slice(0, rank - 2));
  if (rows === 0 || columns === 0 || batches === 0) return { functions: [], body: new Block(), units: 0 };
  return options.lanes.isPlain
    ? plainProduct(kernel, places, options)
    : tiledProduct(kernel, places, options);
}

/** The indices of a batch as locals, from its number. */
function batchSpot(kernel: ProductKernel, block: Block, number: string): Spot {
  const batches = kernel.space.slice(0, -2);
  const known = batches.map((extent, axis): readonly [number, string] => {
    const inside = sizeOf(batches.slice(axis + 1));
    const quotient = inside === 1 ? number : `${number} / ${inside}`;
    return [axis, extent === 1 ? '0' : axis === 0 ? `(${quotient})` : `(${quotient} % ${extent})`];
  });
  return spotIn(undefined, block, { known, kind: 'before' });
}

function storeAll(writer: Writer, spot: Spot, sum: string): void {
  writer.know(spot, 0, sum);
  const stored = [...new Set(writer.kernel.stores.map(({ statement }) => statement))];
  for (const statement of stored) writer.value(spot, statement);
  for (const statement of stored) writer.store(spot, statement);
}

/** A sum after the other, by loops. */
function plainProduct(kernel: ProductKernel, places: Places, { lanes }: ProductOptions): PrintedProduct {
  const names = new Names();
  const writer = new Writer(kernel, places, lanes, names);
  const rank = kernel.space.length;
  const [rows = 1, columns = 1] = kernel.space.slice(rank - 2);
  const batches = sizeOf(kernel.space.slice(0, rank - 2));
  const body = new Block();
  const each = new Block();
  const spot = batchSpot(kernel, each, batches === 1 ? '0' : 'unit');
  const [i, j, k] = ['row', 'column', 'k'];
  const inRow = spotIn(spot, new Block(), { known: [[rank - 2, i]] });
  const inColumn = spotIn(inRow, new Block(), { known: [[rank - 1, j]] });
  const { block } = inColumn;
  const type = lanes.type(kindOf(kernel.dtype));
  const element = (load: FactorLoad, line: string) =>
    new Factor(load, rank - 2).element(
      spot,
      `(${new Factor(load, rank - 2).base(spot, places.of(load.buffer, load.dtype))})`,
      line,
      k,
    );
  const suffix = lanes.suffix(kindOf(kernel.dtype));
  block.line(`${type} sum = 0;`);
  block.line(
    `for (int64_t ${k} = 0; ${k} < ${kernel.inner}; ${k}++) sum = madd_${suffix}(${element(kernel.a, i)}, ${element(kernel.b, j)}, sum);`,
  );
  storeAll(writer, inColumn, 'sum');
  const divided = batches === 1;
  inRow.block.nest(`for (int64_t ${j} = 0; ${j} < ${columns}; ${j}++)`, block);
  each.nest(
    divided
      ? `for (int64_t ${i} = from; ${i} < to; ${i}++)`
      : `for (int64_t ${i} = 0; ${i} < ${rows}; ${i}++)`,
    inRow.block,
  );
  if (divided) body.append(each);
  else body.nest('for (int64_t unit = from; unit < to; unit++)', each);
  return { functions: [], body, units: divided ? rows : batches };
}

function tiledProduct(kernel: ProductKernel, places: Places, options: ProductOptions): PrintedProduct {
  const { target, scratch, name } = options;
  const rank = kernel.space.length;
  const [rows = 1, columns = 1] = kernel.space.slice(rank - 2);
  const batches = sizeOf(kernel.space.slice(0, rank - 2));
  const { inner, dtype } = kernel;
  const bytes = bytesOf(dtype);
  const lanes = dtype === 'float64' ? new Lanes(target.lanes / 2, true) : new Lanes(target.lanes);
  const [a, b] = [new Factor(kernel.a, rank - 2), new Factor(kernel.b, rank - 2)];
  const tiling = tilingOf({
    ...{ rows, inner, columns, bytes, lanes: lanes.count, registers: target.registers },
    a: a.plain,
    b: b.plain,
    neighbours: kernel.a.bounds.length === 0 ? a.innermost('lines') : undefined,
  });
  const { strips, panels, depth, packA, packB, block } = tiling;
  const passes = Math.ceil(inner / depth);
  const type = elementType(dtype);
  const padded = (size: number) => Math.ceil(size / lanes.count) * lanes.count;
  const [height, width] = [largest(strips), padded(largest(panels))];
  const functions: string[] = [];
  // Read in place, A has strides within a strip and a run of steps; where either begins is looked up.
  const [lines, ofRun] = [a.innermost('lines'), a.innermost('steps')];
  const inPlace = !packA && a.plain === undefined;
  const row = a.plain?.across ?? lines.stride;
  const steps = {
    a: packA ? undefined : { row, inner: a.plain?.along ?? ofRun.stride },
    b: packB ? undefined : b.plain?.along,
    runs: inPlace ? { length: ofRun.extent, at: (step: string) => a.distance('steps', step) } : undefined,
  };
  if (packA && a.plain === undefined)
    functions.push(packFunction(a, `${name}_pack_a`, { most: height, lanes }));
  if (b.plain === undefined)
    functions.push(packFunction(b, `${name}_pack_b`, { most: largest(panels), lanes }));
  for (const part of tiling.tiles)
    functions.push(
      tileFunction(`${name}_tile_${part.height}x${part.width}`, {
        ...part,
        ...steps,
        lanes,
        dtype,
        more: passes > 1,
      }),
    );
  for (const size of sizesOf(panels))
    functions.push(finishFunction(kernel, options, { size, stride: padded(size), type }));

  const tileBytes = height * width * bytes;
  const tilesAt = scratch.take(tileBytes * (passes > 1 ? block * partsOf(strips) : 1));
  const stripAt = packA ? scratch.take(padded(height) * depth * bytes) : 0;
  const panelBytes = Math.ceil((width * depth * bytes) / 64) * 64;
  const panelsAt = packB ? scratch.take(panelBytes * block) : 0;

  const body = new Block();
  const one = new Block();
  const spot = batchSpot(kernel, one, batches === 1 ? '0' : 'unit');
  for (const [operand, factor] of [
    ['a', a],
    ['b', b],
  ] as const) {
    const { buffer, dtype: own } = factor.load;
    one.line(`const ${elementType(own)} *const ${operand} = ${factor.base(spot, places.of(buffer, own))};`);
  }
  const packed = (operand: 'a' | 'b', line: string, step: string, more: readonly (string | number)[]) => {
    const factor = operand === 'a' ? a : b;
    if (factor.plain === undefined)
      return `${name}_pack_${operand}(${[operand, line, step, ...more].join(', ')}${factor.starts(spot)});`;
    const { across, along } = factor.plain;
    const start = `${operand} + ${line} * ${across} + ${step} * ${along}`;
    return `${packingName(factor.plain, dtype, lanes)}(${[start, across, along, ...more].join(', ')});`;
  };
  const given = [...spot.indices.values()].map((index) => `, ${index}`).join('');
  const inPass = new Block();
  if (passes > 1) inPass.line(`const int64_t depth = k + ${depth} < ${inner} ? ${depth} : ${inner} - k;`);
  const k = passes > 1 ? 'k' : '0';
  const count = passes > 1 ? 'depth' : String(inner);
  if (packB)
    overParts(inPass, panels, 'panel', 'first', 'last', (at, size, column, end) => {
      const to = `(${type} *)(scratch + ${panelsAt} + (panel - first) * ${panelBytes})`;
      if (b.plain?.across !== 1) at.line(packed('b', column, k, [count, to, size, padded(size)]));
      else {
        // All panels of one size at once: the next step may lie in another page.
        const from = `b + ${column} + ${k} * ${b.plain.along}`;
        const more = [size, padded(size), `${end} - panel`, panelBytes / bytes];
        at.line(`spread_${lanes.memory(dtype)}(${[from, b.plain.along, count, to, ...more].join(', ')});`);
        at.line('break;');
      }
    });
  overParts(
    inPass,
    strips,
    'strip',
    batches === 1 ? 'from' : '0',
    batches === 1 ? 'to' : String(partsOf(strips)),
    (at, high, line) => {
      const strip = `(${type} *)(scratch + ${stripAt})`;
      if (packA) at.line(packed('a', line, k, [count, strip, high, padded(high)]));
      const start = packA
        ? strip
        : inPlace
          ? `a + ${a.distance('lines', line)}`
          : `a + ${line} * ${a.plain?.across} + ${k} * ${a.plain?.along}`;
      overParts(at, panels, 'panel', 'first', 'last', (inside, wide, column) => {
        const vectors = Math.ceil(wide / lanes.count);
        const panel = packB
          ? `(const ${type} *)(scratch + ${panelsAt} + (panel - first) * ${panelBytes})`
          : `b + ${column} + ${k} * ${b.plain?.along}`;
        const tile =
          passes > 1
            ? `(${type} *)(scratch + ${tilesAt} + (strip * ${block} + panel - first) * ${tileBytes})`
            : `(${type} *)(scratch + ${tilesAt})`;
        inside.line(`${type} *const tile = ${tile};`);
        inside.line(
          `${name}_tile_${high}x${vectors}(${start}, ${panel}, ${count}, tile${inPlace ? `, ${k}` : ''}${passes > 1 ? ', k > 0' : ''});`,
        );
        const finish = `${name}_finish_${wide}(b_${given}, ${line}, ${high}, ${column}, tile);`;
        inside.line(passes > 1 ? `if (k + ${depth} >= ${inner}) ${finish}` : finish);
      });
    },
  );
  const inBlock = new Block();
  inBlock.line(
    `const int64_t last = first + ${block} < ${partsOf(panels)} ? first + ${block} : ${partsOf(panels)};`,
  );
  if (passes > 1) inBlock.nest(`for (int64_t k = 0; k < ${inner}; k += ${depth})`, inPass);
  else inBlock.append(inPass);
  one.nest(`for (int64_t first = 0; first < ${partsOf(panels)}; first += ${block})`, inBlock);
  if (batches === 1) body.append(one);
  else body.nest('for (int64_t unit = from; unit < to; unit++)', one);
  return { functions, body, units: batches === 1 ? partsOf(strips) : batches };
}

/** The parts of an axis from `first` up to `end`, each size by code of its own. */
function overParts(
  block: Block,
  parts: readonly Part[],
  index: string,
  first: string,
  end: string,
  write: (block: Block, size: number, start: string, end: string) => void,
): void {
  let before = 0;
  for (const { size, times, start } of parts) {
    const inner = new Block();
    const offset = before;
    const from = parts.length === 1 ? first : `(${first} > ${before} ? ${first} : ${before})`;
    before += times;
    const to = parts.length === 1 ? end : `(${end} < ${before} ? ${end} : ${before})`;
    write(inner, size, `(${start} + (${index} - ${offset}) * ${size})`, to);
    block.nest(`for (int64_t ${index} = ${from}; ${index} < ${to}; ${index}++)`, inner);
  }
}

function largest(parts: readonly Part[]): number {
  return Math.max(...parts.map(({ size }) => size));
}

function sizesOf(parts: readonly Part[]): number[] {
  return [...new Set(parts.map(({ size }) => size))];
}

/** The kernel's statements on the sums of a tile whose columns are `size`. */
function finishFunction(
  kernel: ProductKernel,
  { lanes, name, buffers }: ProductOptions,
  { size, stride, type }: { readonly size: number; readonly stride: number; readonly type: string },
): string {
  const places = new Buffers(buffers);
  const rank = kernel.space.length;
  const names = new Names();
  const writer = new Writer(kernel, places, lanes, names);
  const batches = kernel.space.slice(0, rank - 2);
  const body = new Block();
  const before = spotIn(undefined, body, {
    known: batches.map((extent, axis): readonly [number, string] => [axis, extent === 1 ? '0' : `u${axis}`]),
    kind: 'before',
  });
  const inRow = spotIn(before, new Block(), { known: [[rank - 2, 'i']] });
  inRow.block.line('const int64_t i = row + r;');
  const each = (block: Block, from: string, count: number) => {
    const spot = spotIn(inRow, block, {
      known: [[rank - 1, `(column + ${from})`]],
      vector: { axis: rank - 1, count },
    });
    const load = `load_${lanes.memory(kernel.dtype)}(tile + r * ${stride} + ${from})`;
    storeAll(writer, spot, writer.keep(block, kernel.dtype, load, 'sum'));
  };
  const whole = size - (size % lanes.count);
  if (whole > lanes.count) {
    const block = new Block();
    each(block, 'c', lanes.count);
    inRow.block.nest(`for (int64_t c = 0; c < ${whole}; c += ${lanes.count})`, block);
  } else if (whole > 0) each(inRow.block, '0', lanes.count);
  if (size > whole) each(inRow.block, String(whole), size - whole);
  body.nest('for (int64_t r = 0; r < rows; r++)', inRow.block);
  const given = batches.map((_, axis) => `int64_t u${axis}, `).join('');
  return [
    `static void ${name}_finish_${size}(char *const *b_, ${given}int64_t row, int64_t rows, int64_t column, const ${type} *tile) {`,
    ...[...places.prologue, ...body.lines].map((line) => `  ${line}`),
    '}',
  ].join('\n');
}

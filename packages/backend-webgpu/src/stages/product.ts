import type { Input, ProductKernel } from '@pullback/compiler';
import { sizeOf } from '@pullback/core';
import type { Memory, Stage } from '../stage.ts';
import { Code, decode, indexOf } from '../wgsl/code.ts';
import { count } from '../wgsl/numbers.ts';
import { coneOf, guardOf, nameOf, readsOf, Statements } from '../wgsl/statements.ts';
import type { LoopOptions } from './columns.ts';
import { labelOf } from './map.ts';

export interface ProductOptions extends LoopOptions {
  /** Whether tiles of the factors are kept in workgroup memory where that pays. */
  readonly sharedTiles: boolean;
}

type Load = Extract<Input, { readonly kind: 'load' }>;

interface Sizes {
  readonly batch: readonly number[];
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
}

const lanes = ['x', 'y', 'z', 'w'] as const;
const tile = 4;

/**
 * C = A B for each of a batch, and what is computed of each element of C. An invocation keeps 4 x 4 elements in registers. Where the output is small
 * and the sums are long, several invocations share a tile and a second stage adds up (split K); where it is large, a workgroup keeps
 * tiles of A and B in its memory.
 */
export function productStages(kernel: ProductKernel, options: ProductOptions): Stage[] {
  const { space, inner } = kernel;
  const sizes: Sizes = {
    batch: space.slice(0, -2),
    rows: space.at(-2) ?? 1,
    columns: space.at(-1) ?? 1,
    inner,
  };
  if (
    options.sharedTiles &&
    sizes.rows >= 64 &&
    sizes.columns >= 64 &&
    inner >= 32 &&
    sizeOf(space) / 16 >= options.invocations
  )
    return [sharedStage(kernel, sizes)];
  const own = tileFor(sizes, options);
  const tiles =
    sizeOf(sizes.batch) * Math.ceil(sizes.rows / own.down) * Math.ceil(sizes.columns / own.across);
  const splits = Math.max(
    1,
    Math.min(Math.floor(options.invocations / Math.max(1, tiles)), Math.floor(inner / 64)),
  );
  if (splits === 1) return [registerStage(kernel, sizes, own, 1, undefined)];
  const partials = options.scratch('float32', splits * sizeOf(space));
  return [registerStage(kernel, sizes, own, splits, partials), joinStage(kernel, splits, partials)];
}

/** As many elements for an invocation as leave enough invocations. */
function tileFor({ batch, rows, columns }: Sizes, { invocations }: ProductOptions): Tile {
  const large = (sizeOf(batch) * rows * columns) / 64 >= invocations && rows >= 8 && columns >= 8;
  return large ? { down: 8, across: 8 } : { down: 4, across: 4 };
}

/** `place * stride` modulo 2^32, in which negative strides are as good as others. */
function times(place: string, stride: number): string {
  return stride === 1 ? place : `${place} * ${count(stride >>> 0)}`;
}

/** What follows the product, as a function of a place and the element there. */
function epilogue(kernel: ProductKernel, memory: Memory, suffix: string): string {
  const code = new Code();
  const emitter = new Statements(kernel, memory);
  emitter.compute(code, epilogueOf(kernel));
  for (const store of kernel.stores) {
    const guard = guardOf(kernel, store);
    if (guard === '') emitter.store(code, store);
    else code.block(`if (${guard})`, () => emitter.store(code, store));
  }
  const places = kernel.space.map((_, axis) => `x${axis}: u32`);
  return `fn epilogue${suffix}(${[...places, `${nameOf(0)}: f32`].join(', ')}) {\n${code}\n}`;
}

function epilogueOf(kernel: ProductKernel): Set<number> {
  return coneOf(
    kernel,
    kernel.stores.map(({ statement }) => statement),
    (i) => i > 0,
  );
}

/** How four elements can be read at once: along the rows or columns of C, along the inner axis, or not. */
type Vector = 'outer' | 'inner' | 'none';

function vectorOf(
  { view, dtype }: Load,
  outerAxis: number,
  innerAxis: number,
  outer: number,
  inner: number,
): Vector {
  const { offset, strides } = view;
  const aligned = (but: number) =>
    dtype === 'float32' &&
    offset % 4 === 0 &&
    strides.every((stride, axis) => axis === but || stride % 4 === 0);
  if (strides[outerAxis] === 1 && outer % 4 === 0 && aligned(outerAxis)) return 'outer';
  if (strides[innerAxis] === 1 && inner % 4 === 0 && aligned(innerAxis)) return 'inner';
  return 'none';
}

function common(kernel: ProductKernel) {
  const cone = epilogueOf(kernel);
  return {
    label: labelOf(kernel),
    origins: kernel.origins,
    cone,
    reads: readsOf(kernel, cone),
    writes: kernel.stores.map(({ buffer }) => buffer),
  };
}

/** Elements of C that an invocation keeps in registers. */
interface Tile {
  readonly down: number;
  readonly across: number;
}

function registerStage(
  kernel: ProductKernel,
  sizes: Sizes,
  { down, across }: Tile,
  splits: number,
  partials: number | undefined,
): Stage {
  const { a, b } = kernel;
  const { batch, rows, columns, inner } = sizes;
  const rank = kernel.space.length;
  const own = common(kernel);
  const part = Math.ceil(inner / splits / 4) * 4;
  const [va, vb] = vectorsOf(kernel, sizes, own, splits);
  const step = va === 'inner' || vb === 'inner' ? 4 : 1;
  const [tilesDown, tilesAcross] = [Math.ceil(rows / down), Math.ceil(columns / across)];
  const tiles = sizeOf(batch) * tilesDown * tilesAcross;
  const fours = across / 4;
  return {
    label: `${own.label}${splits > 1 ? ' (split)' : ''}`,
    origins: own.origins,
    reads: [...(partials === undefined ? own.reads : []), a.buffer, b.buffer],
    writes: partials === undefined ? own.writes : [partials],
    vectors: [...(va === 'none' ? [] : [a.buffer]), ...(vb === 'none' ? [] : [b.buffer])],
    operations: down * across * (Math.ceil(inner / splits) + own.cone.size),
    groups: (width) => Math.ceil((tiles * splits) / width),
    ...(partials === undefined && {
      declarations: (memory: Memory, suffix: string) => epilogue(kernel, memory, suffix),
    }),
    body: (memory, width, suffix) => {
      const code = new Code();
      code.points(tiles * splits, width, 'point', () => {
        if (splits > 1) code.line(`let split = point / ${count(tiles)};`);
        code.line(`let tile = ${splits > 1 ? `point % ${count(tiles)}` : 'point'};`);
        const axes = [
          ...batch.map((extent, axis) => ({ axis, extent })),
          { axis: rank - 2, extent: tilesDown },
          { axis: rank - 1, extent: tilesAcross },
        ];
        decode(code, 'tile', axes, new Set(axes.map(({ axis }) => axis)));
        code.line(`let row = x${rank - 2} * ${count(down)};`);
        code.line(`let column = x${rank - 1} * ${count(across)};`);
        // Rows and columns past the end read the last ones again, and are not stored.
        const within = (name: string, extent: number, size: number, i: number, last = 1) =>
          extent % size === 0 ? `(${name} + ${i}u)` : `min(${name} + ${i}u, ${count(extent - last)})`;
        const base = ({ view }: Load) => indexOf(view.offset, [...view.strides.slice(0, -2), 0, 0]);
        const strideOf = ({ view }: Load, axis: number) => view.strides[axis] ?? 0;
        code.line(`let base_a = ${base(a)};`);
        code.line(`let base_b = ${base(b)};`);
        each(down, (r) => each(fours, (v) => code.line(`var c${r}_${v} = vec4f();`)));
        // Where the first elements lie, in steps of what is read at once; along the inner axis both go on by additions.
        const starts = (load: Load, vector: Vector, of: Side) => {
          const at = (i: number, last: number) =>
            `base_${of.name} + ${times(within(of.place, of.extent, of.size, i, last), strideOf(load, of.axis))}`;
          if (vector === 'outer')
            each(of.size / 4, (v) => code.line(`let ${of.name}_at${v} = (${at(4 * v, 4)}) / 4u;`));
          else
            each(of.size, (i) =>
              code.line(`let ${of.name}_at${i} = ${vector === 'inner' ? `(${at(i, 1)}) / 4u` : at(i, 1)};`),
            );
        };
        starts(a, va, { name: 'a', place: 'row', extent: rows, size: down, axis: rank - 2 });
        starts(b, vb, { name: 'b', place: 'column', extent: columns, size: across, axis: rank - 1 });
        const [from, to] =
          splits === 1
            ? ['0u', count(inner)]
            : [`split * ${count(part)}`, `min((split + 1u) * ${count(part)}, ${count(inner)})`];
        /** How far one step along the inner axis is. */
        const pace = (load: Load, vector: Vector, axis: number) =>
          vector === 'none' ? strideOf(load, axis) >>> 0 : vector === 'outer' ? strideOf(load, axis) / 4 : 1;
        const [paceA, paceB] = [pace(a, va, rank - 1), pace(b, vb, rank - 2)];
        const first = (vector: Vector, by: number) =>
          vector === 'inner' ? `(${from}) / 4u` : `(${from}) * ${count(by)}`;
        code.line(`var along_a = ${first(va, paceA)};`);
        code.line(`var along_b = ${first(vb, paceB)};`);
        code.block(`for (var k = ${from}; k < ${to}; k += ${step}u)`, () => {
          if (va === 'inner')
            each(down, (r) => code.line(`let a${r} = ${memory.load4(a.buffer, `a_at${r} + along_a`)};`));
          if (vb === 'inner')
            each(across, (c) => code.line(`let b${c} = ${memory.load4(b.buffer, `b_at${c} + along_b`)};`));
          each(step, (kk) => {
            const on = (by: number) => (kk === 0 ? '' : ` + ${count(Math.imul(by, kk) >>> 0)}`);
            if (va === 'outer')
              each(down / 4, (v) =>
                code.line(`let a${v}_${kk} = ${memory.load4(a.buffer, `a_at${v} + along_a${on(paceA)}`)};`),
              );
            else if (va === 'none')
              each(down, (r) =>
                code.line(`let a${r}_${kk} = ${memory.load(a.buffer, `a_at${r} + along_a${on(paceA)}`)};`),
              );
            const elementOfA = (r: number) =>
              va === 'inner'
                ? `a${r}.${lanes[kk]}`
                : va === 'outer'
                  ? `a${Math.floor(r / 4)}_${kk}.${lanes[r % 4]}`
                  : `a${r}_${kk}`;
            each(fours, (v) => {
              const element = (c: number) => memory.load(b.buffer, `b_at${4 * v + c} + along_b${on(paceB)}`);
              const vector =
                vb === 'outer'
                  ? memory.load4(b.buffer, `b_at${v} + along_b${on(paceB)}`)
                  : vb === 'inner'
                    ? `vec4f(${lanes.map((lane, c) => `b${4 * v + c}.${lanes[kk] ?? lane}`).join(', ')})`
                    : `vec4f(${lanes.map((_, c) => element(c)).join(', ')})`;
              code.line(`let v${v}_${kk} = ${vector};`);
              each(down, (r) => code.line(`c${r}_${v} += ${elementOfA(r)} * v${v}_${kk};`));
            });
          });
          const advance = (vector: Vector, by: number) =>
            vector === 'inner' ? '1u' : count(Math.imul(by, step) >>> 0);
          code.line(`along_a += ${advance(va, paceA)};`);
          code.line(`along_b += ${advance(vb, paceB)};`);
        });
        // A loop over a copy: written out, what follows the product would be most of the shader.
        const all = Array.from({ length: down * fours }, (_, i) => `c${Math.floor(i / fours)}_${i % fours}`);
        code.line(`var all = array<vec4f, ${down * fours}>(${all.join(', ')});`);
        code.block(`for (var i = 0u; i < ${count(down * across)}; i++)`, () => {
          code.line(`let y = row + i / ${count(across)};`);
          code.line(`let x = column + i % ${count(across)};`);
          const at = [...batch.map((_, axis) => `x${axis}`), 'y', 'x'];
          const element = 'all[i / 4u][i % 4u]';
          const call =
            partials === undefined
              ? `epilogue${suffix}(${[...at, element].join(', ')});`
              : memory.store(
                  partials,
                  `split * ${count(sizeOf(kernel.space))} + ${placeIn(kernel.space, at)}`,
                  element,
                );
          const guards = [
            ...(rows % down === 0 ? [] : [`y < ${count(rows)}`]),
            ...(columns % across === 0 ? [] : [`x < ${count(columns)}`]),
          ];
          if (guards.length === 0) code.line(call);
          else code.block(`if (${guards.join(' && ')})`, () => code.line(call));
        });
      });
      return code.toString();
    },
  };
}

/** The rows of A, or the columns of B, of a tile. */
interface Side {
  readonly name: 'a' | 'b';
  readonly place: 'row' | 'column';
  readonly extent: number;
  readonly size: number;
  readonly axis: number;
}

function each(n: number, body: (i: number) => void): void {
  for (let i = 0; i < n; i++) body(i);
}

/** How the factors are read; what is read one by one elsewhere in the kernel is read so everywhere. */
function vectorsOf(
  kernel: ProductKernel,
  { rows, columns, inner }: Sizes,
  { reads, writes }: { readonly reads: readonly number[]; readonly writes: readonly number[] },
  splits: number,
): readonly [Vector, Vector] {
  const { a, b, space } = kernel;
  const rank = space.length;
  const elsewhere = new Set([...reads, ...(splits === 1 ? writes : [])]);
  const of = (load: Load, outerAxis: number, innerAxis: number, outer: number): Vector =>
    elsewhere.has(load.buffer) ? 'none' : vectorOf(load, outerAxis, innerAxis, outer, inner);
  const [va, vb] = [of(a, rank - 2, rank - 1, rows), of(b, rank - 1, rank - 2, columns)];
  return a.buffer === b.buffer && (va === 'none') !== (vb === 'none') ? ['none', 'none'] : [va, vb];
}

/** Row-major. */
function placeIn(space: readonly number[], places: readonly string[]): string {
  let step = sizeOf(space);
  return places
    .map((place, axis) => {
      step /= Math.max(1, space[axis] ?? 1);
      return times(place, step);
    })
    .join(' + ');
}

/** Adds up the parts of sums, and does what follows the product. */
function joinStage(kernel: ProductKernel, splits: number, partials: number): Stage {
  const points = sizeOf(kernel.space);
  const own = common(kernel);
  return {
    label: own.label,
    origins: own.origins,
    reads: [...own.reads, partials],
    writes: own.writes,
    operations: splits + own.cone.size,
    groups: (width) => Math.ceil(points / width),
    declarations: (memory, suffix) => epilogue(kernel, memory, suffix),
    body: (memory, width, suffix) => {
      const code = new Code();
      code.points(points, width, 'point', () => {
        code.line('var c = 0.0f;');
        code.block(`for (var split = 0u; split < ${count(splits)}; split++)`, () =>
          code.line(`c += ${memory.load(partials, `split * ${count(points)} + point`)};`),
        );
        const axes = kernel.space.map((extent, axis) => ({ axis, extent }));
        decode(code, 'point', axes, new Set(axes.map(({ axis }) => axis)));
        code.line(`epilogue${suffix}(${[...axes.map(({ axis }) => `x${axis}`), 'c'].join(', ')});`);
      });
      return code.toString();
    },
  };
}

const block = 64;
const depth = 16;

/** 64 x 64 elements of C for a workgroup of 256, from tiles of A and B of 16 places of the inner axis in workgroup memory. */
function sharedStage(kernel: ProductKernel, { batch, rows, columns, inner }: Sizes): Stage {
  const { a, b } = kernel;
  const rank = kernel.space.length;
  const own = common(kernel);
  const [down, across] = [Math.ceil(rows / block), Math.ceil(columns / block)];
  const groups = sizeOf(batch) * down * across;
  return {
    label: `${own.label} (tiles)`,
    origins: own.origins,
    reads: [...own.reads, a.buffer, b.buffer],
    writes: own.writes,
    width: 256,
    operations: 16 * inner + 16 * own.cone.size,
    groups: () => groups,
    declarations: (memory, suffix) =>
      [
        `var<workgroup> tile_a${suffix}: array<f32, ${depth * block}>;`,
        `var<workgroup> tile_b${suffix}: array<f32, ${depth * block}>;`,
        epilogue(kernel, memory, suffix),
      ].join('\n'),
    body: (memory, _, suffix) => {
      const code = new Code();
      const axes = [
        ...batch.map((extent, axis) => ({ axis, extent })),
        { axis: rank - 2, extent: down },
        { axis: rank - 1, extent: across },
      ];
      decode(code, 'group', axes, new Set(axes.map(({ axis }) => axis)));
      code.line(`let first_row = x${rank - 2} * ${count(block)};`);
      code.line(`let first_column = x${rank - 1} * ${count(block)};`);
      code.line('let down = lane / 16u;');
      code.line('let across = lane % 16u;');
      const base = ({ view }: Load) => indexOf(view.offset, [...view.strides.slice(0, -2), 0, 0]);
      code.line(`let base_a = ${base(a)};`);
      code.line(`let base_b = ${base(b)};`);
      for (let r = 0; r < tile; r++) code.line(`var c${r} = vec4f();`);
      const fetch = (load: Load, from: string, extent: number, outerAxis: number, innerAxis: number) => {
        const strides = load.view.strides;
        // Neighbouring invocations read neighbouring elements, whichever way they lie.
        const innerFirst = strides[innerAxis] === 1;
        const [place, k] = innerFirst ? ['(slot / 16u)', '(slot % 16u)'] : ['(slot % 64u)', '(slot / 64u)'];
        const outer =
          extent % block === 0 ? `(${from} + ${place})` : `min(${from} + ${place}, ${count(extent - 1)})`;
        const at = [
          load === a ? 'base_a' : 'base_b',
          times(outer, strides[outerAxis] ?? 0),
          times(`min(start + ${k}, ${count(inner - 1)})`, strides[innerAxis] ?? 0),
        ].join(' + ');
        const name = load === a ? `tile_a${suffix}` : `tile_b${suffix}`;
        code.block(`for (var slot = lane; slot < ${count(depth * block)}; slot += 256u)`, () => {
          code.line(`let inside = start + ${k} < ${count(inner)};`);
          code.line(
            `${name}[${k} * ${count(block)} + ${place}] = select(0.0f, ${memory.load(load.buffer, at)}, inside);`,
          );
        });
      };
      code.block(`for (var start = 0u; start < ${count(inner)}; start += ${count(depth)})`, () => {
        fetch(a, 'first_row', rows, rank - 2, rank - 1);
        fetch(b, 'first_column', columns, rank - 1, rank - 2);
        code.line('workgroupBarrier();');
        code.block(`for (var k = 0u; k < ${count(depth)}; k++)`, () => {
          const four = (name: string, at: string) =>
            lanes.map((_, i) => `${name}${suffix}[${at} + ${i}u]`).join(', ');
          code.line(`let b = vec4f(${four('tile_b', `k * ${count(block)} + across * 4u`)});`);
          code.line(`let a = vec4f(${four('tile_a', `k * ${count(block)} + down * 4u`)});`);
          for (let r = 0; r < tile; r++) code.line(`c${r} += a.${lanes[r]} * b;`);
        });
        code.line('workgroupBarrier();');
      });
      const places = batch.map((_, axis) => `x${axis}`);
      for (let r = 0; r < tile; r++)
        for (let c = 0; c < tile; c++) {
          const [row, column] = [`first_row + down * 4u + ${r}u`, `first_column + across * 4u + ${c}u`];
          const call = `epilogue${suffix}(${[...places, row, column, `c${r}.${lanes[c]}`].join(', ')});`;
          const guard = [
            ...(rows % block === 0 ? [] : [`${row} < ${count(rows)}`]),
            ...(columns % block === 0 ? [] : [`${column} < ${count(columns)}`]),
          ];
          if (guard.length === 0) code.line(call);
          else code.block(`if (${guard.join(' && ')})`, () => code.line(call));
        }
      return code.toString();
    },
  };
}

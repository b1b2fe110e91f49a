import type { ProductKernel } from '@pullback/compiler';
import { sizeOf } from '@pullback/core';
import type { Memory, Stage } from '../stage.ts';
import { Code, decode, indexOf } from '../wgsl/code.ts';
import { count } from '../wgsl/numbers.ts';
import type { ProductOptions } from './product-common.ts';
import { common, epilogue, type Load, lanes, type Sizes, times } from './product-common.ts';

/** Elements of C that an invocation keeps in registers. */
export interface Tile {
  readonly down: number;
  readonly across: number;
}

export function registerStage(
  kernel: ProductKernel,
  sizes: Sizes,
  { down, across }: Tile,
  options: Pick<ProductOptions, 'innerVectors'>,
  splits: number,
  partials: number | undefined,
): Stage {
  const { a, b } = kernel;
  const { batch, rows, columns, inner } = sizes;
  const rank = kernel.space.length;
  const own = common(kernel);
  const part = Math.ceil(inner / splits / 4) * 4;
  const [va, vb] = vectorsOf(kernel, sizes, own, options, splits);
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
  { innerVectors }: Pick<ProductOptions, 'innerVectors'>,
  splits: number,
): readonly [Vector, Vector] {
  const { a, b, space } = kernel;
  const rank = space.length;
  const elsewhere = new Set([...reads, ...(splits === 1 ? writes : [])]);
  const of = (load: Load, outerAxis: number, innerAxis: number, outer: number): Vector => {
    if (elsewhere.has(load.buffer)) return 'none';
    const vector = vectorOf(load, outerAxis, innerAxis, outer, inner);
    return vector === 'inner' && !innerVectors ? 'none' : vector;
  };
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
export function joinStage(kernel: ProductKernel, splits: number, partials: number): Stage {
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

import { type FactorLoad, type ProductKernel, plainStrides } from '@pullback/compiler';
import { sizeOf } from '@pullback/core';
import type { Memory, Stage } from '../stage.ts';
import { Code, decode } from '../wgsl/code.ts';
import { count } from '../wgsl/numbers.ts';
import type { ProductOptions } from './product-common.ts';
import { common, epilogue, FactorReader, lanes, type Sizes, times } from './product-common.ts';

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
  const [readA, readB] = [new FactorReader('a', a, batch.length), new FactorReader('b', b, batch.length)];
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
    declarations: (memory: Memory, suffix: string) =>
      [
        readA.declaration(memory, suffix),
        readB.declaration(memory, suffix),
        ...(partials === undefined ? [epilogue(kernel, memory, suffix)] : []),
      ].join('\n'),
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
        for (const { name, base } of [readA, readB]) code.line(`let base_${name} = ${base};`);
        each(down, (r) => each(fours, (v) => code.line(`var c${r}_${v} = vec4f();`)));
        // Where the first elements lie, in steps of what is read at once; along the inner axis both go on by additions.
        const starts = ({ name, across: stride, isPlain }: FactorReader, vector: Vector, of: Side) => {
          const at = (i: number, last: number) => {
            const line = within(of.place, of.extent, of.size, i, last);
            return isPlain ? `base_${name} + ${times(line, stride)}` : line;
          };
          if (vector === 'outer')
            each(of.size / 4, (v) => code.line(`let ${name}_at${v} = (${at(4 * v, 4)}) / 4u;`));
          else
            each(of.size, (i) =>
              code.line(`let ${name}_at${i} = ${vector === 'inner' ? `(${at(i, 1)}) / 4u` : at(i, 1)};`),
            );
        };
        starts(readA, va, { place: 'row', extent: rows, size: down });
        starts(readB, vb, { place: 'column', extent: columns, size: across });
        const [from, to] =
          splits === 1
            ? ['0u', count(inner)]
            : [`split * ${count(part)}`, `min((split + 1u) * ${count(part)}, ${count(inner)})`];
        /** How far one step along the inner axis is. */
        const pace = ({ along }: FactorReader, vector: Vector) =>
          vector === 'none' ? along >>> 0 : vector === 'outer' ? along / 4 : 1;
        const [paceA, paceB] = [pace(readA, va), pace(readB, vb)];
        /** One element, where it is not read with others. */
        const single = (from: FactorReader, i: number, kk: number, on: string) => {
          const line = `${from.name}_at${i}`;
          if (!from.isPlain) return from.element(suffix, line, kk === 0 ? 'k' : `k + ${kk}u`);
          return memory.load(from.load.buffer, `${line} + along_${from.name}${on}`);
        };
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
              each(down, (r) => code.line(`let a${r}_${kk} = ${single(readA, r, kk, on(paceA))};`));
            const elementOfA = (r: number) =>
              va === 'inner'
                ? `a${r}.${lanes[kk]}`
                : va === 'outer'
                  ? `a${Math.floor(r / 4)}_${kk}.${lanes[r % 4]}`
                  : `a${r}_${kk}`;
            each(fours, (v) => {
              const element = (c: number) => single(readB, 4 * v + c, kk, on(paceB));
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
  readonly place: 'row' | 'column';
  readonly extent: number;
  readonly size: number;
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
  const { a, b } = kernel;
  const elsewhere = new Set([...reads, ...(splits === 1 ? writes : [])]);
  const of = (load: FactorLoad, outer: number): Vector => {
    if (elsewhere.has(load.buffer) || plainStrides(load) === undefined) return 'none';
    const vector = vectorOf(load, outer, inner);
    return vector === 'inner' && !innerVectors ? 'none' : vector;
  };
  const [va, vb] = [of(a, rows), of(b, columns)];
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

function vectorOf({ view, dtype }: FactorLoad, outer: number, inner: number): Vector {
  const { offset, strides } = view;
  const [outerAxis, innerAxis] = [strides.length - 2, strides.length - 1];
  const aligned = (but: number) =>
    dtype === 'float32' &&
    offset % 4 === 0 &&
    strides.every((stride, axis) => axis === but || stride % 4 === 0);
  if (strides[outerAxis] === 1 && outer % 4 === 0 && aligned(outerAxis)) return 'outer';
  if (strides[innerAxis] === 1 && inner % 4 === 0 && aligned(innerAxis)) return 'inner';
  return 'none';
}

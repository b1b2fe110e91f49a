import type { ProductKernel } from '@pullback/compiler';
import { sizeOf } from '@pullback/core';
import type { Stage } from '../stage.ts';
import { Code, decode } from '../wgsl/code.ts';
import { count } from '../wgsl/numbers.ts';
import { common, epilogue, FactorReader, lanes, type Sizes, times } from './product-common.ts';

const tile = 4;
const block = 64;
const depth = 16;

/** 64 x 64 elements of C for a workgroup of 256, from tiles of A and B of 16 places of the inner axis in workgroup memory. */
export function sharedStage(kernel: ProductKernel, { batch, rows, columns, inner }: Sizes): Stage {
  const { a, b } = kernel;
  const rank = kernel.space.length;
  const own = common(kernel);
  const readers = [new FactorReader('a', a, batch.length), new FactorReader('b', b, batch.length)] as const;
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
        ...readers.map((reader) => reader.declaration(memory, suffix)),
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
      for (const { name, base } of readers) code.line(`let base_${name} = ${base};`);
      for (let r = 0; r < tile; r++) code.line(`var c${r} = vec4f();`);
      const fetch = (reader: FactorReader, from: string, extent: number) => {
        const { across: outerStride, along, isPlain, load } = reader;
        // Neighbouring invocations read neighbouring elements, whichever way they lie.
        const innerFirst = along === 1 || (!isPlain && load.view.strides.at(-1) === 1);
        const [place, k] = innerFirst ? ['(slot / 16u)', '(slot % 16u)'] : ['(slot % 64u)', '(slot / 64u)'];
        const outer =
          extent % block === 0 ? `(${from} + ${place})` : `min(${from} + ${place}, ${count(extent - 1)})`;
        const step = `min(start + ${k}, ${count(inner - 1)})`;
        const element = isPlain
          ? memory.load(
              load.buffer,
              [`base_${reader.name}`, times(outer, outerStride), times(step, along)].join(' + '),
            )
          : reader.element(suffix, outer, step);
        const name = `tile_${reader.name}${suffix}`;
        code.block(`for (var slot = lane; slot < ${count(depth * block)}; slot += 256u)`, () => {
          code.line(`let inside = start + ${k} < ${count(inner)};`);
          code.line(`${name}[${k} * ${count(block)} + ${place}] = select(0.0f, ${element}, inside);`);
        });
      };
      code.block(`for (var start = 0u; start < ${count(inner)}; start += ${count(depth)})`, () => {
        fetch(readers[0], 'first_row', rows);
        fetch(readers[1], 'first_column', columns);
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

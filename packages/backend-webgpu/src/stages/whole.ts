import type { WholeKernel } from '@pullback/compiler';
import { describeOrigins, formatShape, sizeOf, type TensorSpec, UnsupportedError } from '@pullback/core';
import type { Stage } from '../stage.ts';
import { Code } from '../wgsl/code.ts';
import { count, literal } from '../wgsl/numbers.ts';
import type { LoopOptions } from './columns.ts';

/** Whether a primitive that is no statement has stages of its own here. */
export function hasWhole({ instruction }: WholeKernel): boolean {
  const { form } = instruction.primitive;
  return form?.kind === 'scatter' || (form?.kind === 'reduce' && form.combine === 'argmax');
}

/** The primitives of the core that are neither elementwise, sums, products nor movement. @throws UnsupportedError for any other. */
export function wholeStages(
  kernel: WholeKernel,
  specs: readonly TensorSpec[],
  options: LoopOptions,
): Stage[] {
  const shapes = specs.map(({ shape }) => shape);
  switch (kernel.instruction.primitive.form?.kind) {
    case 'reduce':
      return [argmaxStage(kernel, specs[0] ?? { shape: [], dtype: 'float32' })];
    case 'scatter':
      return scatterStages(kernel, shapes, options);
    default:
      throw unsupported(kernel);
  }
}

/** Says which primitive has no kernel here, and what runs it. */
export function unsupported({ instruction, shapes }: WholeKernel): UnsupportedError {
  const { primitive, outputs, origins } = instruction;
  const from = shapes.map(formatShape).join(' and ');
  const to = outputs.map(({ shape, dtype }) => `${dtype}${formatShape(shape)}`).join(' and ');
  return new UnsupportedError({
    got: `'${primitive.name}' of ${from} to ${to} on the webgpu backend, which has no kernel for it`,
    expected: 'a primitive that says its form, as elementsPrimitive(name, { formula, ... }) does',
    hint: "webgpu({ fallback: 'cpu' }) runs such primitives on the host; the backends wasm and cpu run every primitive.",
    at: describeOrigins(origins),
  });
}

/** The first of the largest, the first NaN when there is one; an invocation for each row. */
function argmaxStage(kernel: WholeKernel, { shape, dtype }: TensorSpec): Stage {
  const axis = Number(kernel.instruction.attributes['axis']);
  const [input = -1] = kernel.inputs;
  const [output = -1] = kernel.outputs;
  const extent = shape[axis] ?? 1;
  const inner = sizeOf(shape.slice(axis + 1));
  const points = sizeOf(shape.slice(0, axis)) * inner;
  const isFloat = dtype === 'float32';
  return {
    label: 'argmax',
    origins: kernel.origins,
    reads: [input],
    writes: [output],
    operations: 4 * extent,
    groups: (width) => Math.ceil(points / width),
    body: (memory, width) => {
      const code = new Code();
      // Bools have no order in WGSL.
      const element = (index: string) =>
        dtype === 'bool' ? `u32(${memory.load(input, index)})` : memory.load(input, index);
      code.points(points, width, 'point', () => {
        code.line(
          `let start = (point / ${count(inner)}) * ${count(extent * inner)} + point % ${count(inner)};`,
        );
        code.line('var best = 0u;');
        code.line(`var top = ${element('start')};`);
        code.block(`for (var k = 1u; k < ${count(extent)}; k++)`, () => {
          code.line(`let next = ${element(`start + k * ${count(inner)}`)};`);
          const above = isFloat ? '!is_nan(top) && !less_equal_f32(next, top)' : 'next > top';
          code.block(`if (${above})`, () => {
            code.line('best = k;');
            code.line('top = next;');
          });
        });
        code.line(memory.store(output, 'point', 'i32(best)'));
      });
      return code.toString();
    },
  };
}

/** Fewer indices than this are looked at by each element. */
const fewIndices = 32;

/**
 * Sums in the order of the indices, whatever the number of invocations. An invocation for each place along the axis links the indices that name it
 * into a list; one for each element then goes along its list.
 */
function scatterStages(
  kernel: WholeKernel,
  [updates = [], indices = []]: readonly (readonly number[])[],
  { scratch }: LoopOptions,
): Stage[] {
  const { attributes, outputs: specs } = kernel.instruction;
  const [axis, size] = [Number(attributes['axis']), Number(attributes['size'])];
  const [from = -1, at = -1] = kernel.inputs;
  const [output = -1] = kernel.outputs;
  const n = sizeOf(indices);
  const [outer, inner] = [sizeOf(updates.slice(0, axis)), sizeOf(updates.slice(axis + indices.length))];
  const points = outer * size * inner;
  const dtype = specs[0]?.dtype ?? 'float32';
  const direct = n <= fewIndices;
  const [first, next] = direct ? [-1, -1] : [scratch('int32', size), scratch('int32', n)];
  const zero = literal(dtype, 0);
  const common = { label: 'scatterAdd', origins: kernel.origins };
  const link: Stage = {
    ...common,
    label: 'scatterAdd (lists)',
    reads: [at],
    writes: [first, next],
    operations: 2 * n,
    groups: (width) => Math.ceil(size / width),
    body: (memory, width) => {
      const code = new Code();
      code.points(size, width, 'place', () => {
        code.line('var last = -1;');
        code.line(memory.store(first, 'place', '-1'));
        code.block(`for (var k = 0u; k < ${count(n)}; k++)`, () =>
          code.block(`if (${memory.load(at, 'k')} == i32(place))`, () => {
            code.block('if (last < 0)', () => code.line(memory.store(first, 'place', 'i32(k)')));
            code.block('else', () => code.line(memory.store(next, 'u32(last)', 'i32(k)')));
            code.line(memory.store(next, 'k', '-1'));
            code.line('last = i32(k);');
          }),
        );
      });
      return code.toString();
    },
  };
  const add: Stage = {
    ...common,
    reads: [from, ...(direct ? [at] : [first, next])],
    writes: [output],
    operations: direct ? 2 * n : 16,
    groups: (width) => Math.ceil(points / width),
    body: (memory, width) => {
      const code = new Code();
      code.points(points, width, 'point', () => {
        code.line(`let place = (point / ${count(inner)}) % ${count(size)};`);
        code.line(
          `let start = (point / ${count(size * inner)}) * ${count(n * inner)} + point % ${count(inner)};`,
        );
        code.line(`var total = ${zero};`);
        const element = (k: string) => memory.load(from, `start + ${k} * ${count(inner)}`);
        if (direct)
          code.block(`for (var k = 0u; k < ${count(n)}; k++)`, () =>
            code.block(`if (${memory.load(at, 'k')} == i32(place))`, () =>
              code.line(`total += ${element('k')};`),
            ),
          );
        else {
          code.line(`var k = ${memory.load(first, 'place')};`);
          code.block('while (k >= 0)', () => {
            code.line(`total += ${element('u32(k)')};`);
            code.line(`k = ${memory.load(next, 'u32(k)')};`);
          });
        }
        code.line(memory.store(output, 'point', dtype === 'uint8' ? '(total & 0xffu)' : 'total'));
      });
      return code.toString();
    },
  };
  return direct ? [add] : [link, add];
}

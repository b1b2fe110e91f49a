import type { Input, Kernel, Kernels, LoopKernel, ProductKernel, Statement } from '@pullback/compiler';
import { sizeOf } from '@pullback/core';

/** Values of no more elements save nothing: blocks of the arena begin at multiples of 256 bytes. */
const few = 64;

/**
 * The values that lie between kernels and may be kept as float16: float32, large, and neither results of the Program nor any of these, which stay:
 * - what differs along fewer axes than its kernel has, such as sums, means and scales: little of the traffic, much of the precision;
 * - what is compared for equality with another value, as the gradient of a maximum does: rounded on one side only, nothing would be equal;
 * - operands and results of primitives that are run whole.
 */
export function halvesOf({ groups, lowered }: Kernels): ReadonlySet<number> {
  const kernels = groups.flat();
  const exact = new Set([...lowered.outputs, ...kernels.flatMap(exactIn)]);
  const stored = kernels.flatMap((kernel) =>
    kernel.kind === 'whole' ? [] : kernel.stores.map(({ buffer }) => buffer),
  );
  return new Set(
    stored.filter((value) => {
      const spec = lowered.specs.get(value);
      return spec?.dtype === 'float32' && sizeOf(spec.shape) > few && !exact.has(value);
    }),
  );
}

function exactIn(kernel: Kernel): readonly number[] {
  if (kernel.kind === 'whole') return [...kernel.inputs, ...kernel.outputs];
  const { space, statements, stores } = kernel;
  const narrow = stores.filter(({ statement }) => {
    const varies = statements[statement]?.varies ?? [];
    return space.some((extent, axis) => extent !== 1 && varies[axis] !== true);
  });
  const compared = statements.flatMap((statement) => (comparesValues(statement) ? statement.inputs : []));
  return [...narrow.map(({ buffer }) => buffer), ...sourcesOf(kernel, compared)];
}

/** Whether two values must be the same; a value and a number may. */
function comparesValues(statement: Statement): boolean {
  const isComparison = statement.kind === 'map' && statement.formula.operation === 'equal';
  return isComparison && statement.inputs.every(({ kind }) => kind !== 'number');
}

/** The buffers that these are computed from within the kernel, and those that what they are computed from is stored in. */
function sourcesOf(kernel: LoopKernel | ProductKernel, from: readonly Input[]): number[] {
  const buffers: number[] = [];
  const seen = new Set<number>();
  const left = [...from];
  for (let input = left.pop(); input !== undefined; input = left.pop()) {
    if (input.kind === 'load') buffers.push(input.buffer);
    if (input.kind !== 'statement' || seen.has(input.statement)) continue;
    const { statement: at } = input;
    seen.add(at);
    const statement = kernel.statements[at];
    if (statement === undefined) continue;
    left.push(...statement.inputs);
    if (statement.kind === 'gather') buffers.push(statement.buffer);
    if (statement.kind === 'product' && kernel.kind === 'product')
      buffers.push(kernel.a.buffer, kernel.b.buffer);
    buffers.push(...kernel.stores.flatMap(({ statement: of, buffer }) => (of === at ? [buffer] : [])));
  }
  return buffers;
}

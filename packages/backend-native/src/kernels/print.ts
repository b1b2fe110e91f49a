import { type Kernel, type LoopKernel, type ProductKernel, structureOf } from '@pullback/compiler';
import type { TensorSpec } from '@pullback/core';
import { usesDoubles } from '../c/formulas.ts';
import { Lanes } from '../c/lanes.ts';
import type { Target } from '../target.ts';
import { Buffers } from './buffers.ts';
import { writeColumns } from './columns.ts';
import { Loops } from './loops.ts';
import { printProduct } from './product.ts';
import { writeRows } from './rows.ts';
import { Scratch } from './scratch.ts';
import { printWhole } from './whole.ts';

export interface Printed {
  readonly text: string;
  readonly units: number;
  /** Bytes of scratch memory that each thread needs. */
  readonly scratch: number;
}

/** The C of a function of the addresses of the kernel's buffers. */
export function functionOf(name: string, lines: readonly string[]): string {
  return [
    `void ${name}(char *const *b_, int64_t from, int64_t to, char *scratch) {`,
    ...lines.map((line) => `  ${line}`),
    '}',
  ].join('\n');
}

/** A kernel as a function of that name, with those that it calls before it. */
export function printKernel(
  given: Kernel,
  specs: ReadonlyMap<number, TensorSpec>,
  target: Target,
  name: string,
): Printed {
  const { from, kernel } = structureOf(given, specs);
  const buffers = from.map(({ buffer }) => buffer);
  const scratch = new Scratch();
  const places = new Buffers(buffers);
  const define = (lines: readonly string[], functions: readonly string[] = []): string =>
    [...functions, functionOf(name, [...places.prologue, ...lines])].join('\n');
  if (kernel.kind === 'whole') {
    const specOf = (value = -1): TensorSpec => specs.get(value) ?? { shape: [], dtype: 'float32' };
    const text = define(printWhole(kernel, places, specOf, scratch));
    return { text, units: 1, scratch: scratch.bytes };
  }
  const lanes = lanesFor(kernel, target);
  if (kernel.kind === 'product') {
    const { functions, body, units } = printProduct(kernel, places, {
      target,
      lanes,
      scratch,
      buffers,
      name,
    });
    return { text: define(body.lines, functions), units, scratch: scratch.bytes };
  }
  const loops = new Loops(kernel, places, lanes, scratch);
  const { order } = kernel;
  if (order === 'map') loops.writeMap();
  else if (order === 'rows') writeRows(loops);
  else writeColumns(loops);
  return { text: define(loops.before.block.lines), units: loops.units, scratch: scratch.bytes };
}

/** As many lanes as fit of 32 bits, or of 64 bits where something in the kernel has them. */
function lanesFor({ statements }: LoopKernel | ProductKernel, { lanes }: Target): Lanes {
  if (lanes === 1) return new Lanes(1);
  const isWide = statements.some(
    (statement) =>
      statement.dtype === 'float64' ||
      statement.inputs.some((input) => input.kind !== 'statement' && input.dtype === 'float64') ||
      (statement.kind === 'map' && usesDoubles(statement.formula)),
  );
  return isWide ? new Lanes(lanes / 2, true) : new Lanes(lanes);
}

/** Whether the units of a kernel may be done by several threads: nothing is stored by more than one of them. */
export function mayDivide(kernel: Kernel): boolean {
  if (kernel.kind === 'whole') return false;
  const { statements, stores, space } = kernel;
  const axis = kernel.kind === 'loop' && kernel.order === 'columns' ? kernel.outer : 0;
  const rows = space.length - 2;
  const along = kernel.kind === 'product' && space.slice(0, -2).every((extent) => extent === 1) ? rows : axis;
  return stores.every(({ statement }) => statements[statement]?.varies[along] === true);
}

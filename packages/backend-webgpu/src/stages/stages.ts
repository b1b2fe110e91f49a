import type { Kernel, LoopKernel, Statement } from '@pullback/compiler';
import { atOnce, copyOf, phased } from '@pullback/compiler';
import { sizeOf, type TensorSpec } from '@pullback/core';
import type { Stage } from '../stage.ts';
import { columnStages } from './columns.ts';
import { mapStages } from './map.ts';
import { productStages } from './product.ts';
import type { ProductOptions } from './product-common.ts';
import { type RowOptions, rowStages } from './rows.ts';
import { wholeStages } from './whole.ts';

export interface StageOptions extends ProductOptions, RowOptions {}

/** The stages of a kernel, in order. @throws UnsupportedError for a primitive that has no kernel here. */
export function stagesOf(
  kernel: Kernel,
  specs: ReadonlyMap<number, TensorSpec>,
  options: StageOptions,
): Stage[] {
  switch (kernel.kind) {
    case 'product':
      return productStages(kernel, options);
    case 'whole':
      return wholeStages(
        kernel,
        kernel.inputs.map((input, i) => ({
          shape: kernel.shapes[i] ?? [],
          dtype: specs.get(input)?.dtype ?? 'float32',
        })),
        options,
      );
    case 'loop': {
      if (kernel.order === 'map') return mapStages(kernel);
      if (sizeOf(kernel.space) === 0) return mapStages(ofNothing(kernel));
      const turned = kernel.order === 'rows' ? asColumn(kernel, options.longestRow) : kernel;
      return turned.order === 'columns' ? columnStages(turned, options) : rowStages(turned, options);
    }
    default:
      return kernel satisfies never;
  }
}

/** Where there is nothing to go over every sum is 0; what follows may have elements. */
function ofNothing(kernel: LoopKernel): LoopKernel {
  const statements = kernel.statements.map((statement): Statement => {
    if (statement.kind !== 'reduce') return statement;
    const { name, dtype, varies } = statement;
    const inputs = [{ kind: 'number', number: 0, dtype }] as const;
    return { ...atOnce, kind: 'map', name, dtype, varies, inputs, formula: copyOf(dtype) };
  });
  return { ...kernel, order: 'map', statements };
}

/** One long row that is gone over once, as one column: many invocations can share it. */
function asColumn(kernel: LoopKernel, longestRow: number): LoopKernel {
  const { space, outer, statements } = kernel;
  const once = statements.every((statement) => {
    const inside = statement.varies.some((does, axis) => does && space[axis] !== 1);
    return statement.kind === 'reduce'
      ? statement.along === 'inner' && statement.pass === 1
      : !(inside && (statement.isLate || statement.pass > 0));
  });
  if (!once || sizeOf(space.slice(0, outer)) !== 1 || sizeOf(space) <= longestRow) return kernel;
  return {
    ...kernel,
    order: 'columns',
    outer: space.length,
    statements: phased(
      statements.map(
        (statement): Statement =>
          statement.kind === 'reduce' ? { ...statement, along: 'outer' } : statement,
      ),
    ),
  };
}

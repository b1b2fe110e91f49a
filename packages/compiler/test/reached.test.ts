import {
  type Kernel,
  type LoopKernel,
  lateStatements,
  type Plan,
  type ProductKernel,
} from '@pullback/compiler';
import { sizeOf } from '@pullback/core';
import { programOf, recipes } from '@pullback/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planWith } from './run-plan.ts';

const loops = (order: LoopKernel['order'], is: (kernel: LoopKernel) => boolean) => (kernel: Kernel) =>
  kernel.kind === 'loop' && kernel.order === order && is(kernel);
const products = (is: (kernel: ProductKernel) => boolean) => (kernel: Kernel) =>
  kernel.kind === 'product' && is(kernel);
const inner = ({ space, outer }: LoopKernel) => sizeOf(space.slice(outer));
const terms = ({ space, outer }: LoopKernel) => sizeOf(space.slice(0, outer));
const isLate = (kernel: LoopKernel) => lateStatements(kernel).size > 0;
const dtypes = (dtype: string) => (kernel: Kernel) =>
  kernel.kind !== 'whole' && kernel.statements.some((statement) => statement.dtype === dtype);

/** Forms of kernels for which backends have code of their own. */
const forms: Readonly<Record<string, (kernel: Kernel) => boolean>> = {
  'flat loops of more than 256 elements, with a tail': loops(
    'map',
    ({ space: [n = 0, m] }) => m === undefined && n > 256 && n % 4 > 0,
  ),
  'nested loops': loops('map', ({ space }) => space.length > 1),
  'narrow rows': loops('rows', (kernel) => inner(kernel) <= 16 && inner(kernel) > 1),
  'wide rows with a tail': loops('rows', (kernel) => inner(kernel) > 16 && inner(kernel) % 4 > 0),
  'rows of more terms than are added in order': loops('rows', (kernel) => inner(kernel) > 64),
  'rows of more than one axis': loops('rows', ({ space, outer }) => space.length - outer > 1),
  'rows without elements': loops('rows', (kernel) => inner(kernel) === 0),
  'rows with late sums': loops('rows', isLate),
  'narrow rows with late sums for each column': loops('rows', (kernel) =>
    kernel.statements.some(
      ({ kind, varies }, i) => kind === 'reduce' && lateStatements(kernel).has(i) && varies.includes(true),
    ),
  ),
  'blocks of columns with a tail': loops('columns', (kernel) => inner(kernel) > 16 && inner(kernel) % 16 > 0),
  'columns of more terms than are added in order': loops('columns', (kernel) => terms(kernel) > 64),
  'columns whose cells are stored too': loops('columns', (kernel) =>
    kernel.stores.some(({ statement }) => !lateStatements(kernel).has(statement)),
  ),
  'products with an epilogue': products(({ statements }) => statements.length > 1),
  'products of a batch': products(({ space }) => sizeOf(space.slice(0, -2)) > 1),
  'products of nothing': products((kernel) => kernel.inner === 0),
  'large products': products((kernel) => kernel.inner > 16 && sizeOf(kernel.space) > 256),
  gathers: (kernel) => kernel.kind !== 'whole' && kernel.statements.some(({ kind }) => kind === 'gather'),
  'primitives as a whole': (kernel) => kernel.kind === 'whole',
  'views that go backwards': (kernel) =>
    kernel.kind !== 'whole' &&
    kernel.statements.some(({ inputs }) =>
      inputs.some((input) => input.kind === 'load' && input.view.strides.some((s) => s < 0)),
    ),
  int32: dtypes('int32'),
  bool: dtypes('bool'),
  uint8: dtypes('uint8'),
};

const plans: Readonly<Record<string, (plan: Plan, over: readonly (number | undefined)[]) => boolean>> = {
  'results written in place': ({ copies }, over) =>
    copies.length === 0 && over.some((input) => input !== undefined),
  'results written aside': ({ copies }) => copies.length > 0,
  'inputs exchanged': (_, over) => over.some((input, output) => input !== undefined && input !== output),
  literals: ({ literals }) => literals.length > 0,
  'an arena that is shared': ({ arena }) => arena.bytes < arena.unshared,
  'forty primitives': ({ program }) => program.body.length > 35,
  'several outputs': ({ program }) => program.outputs.length > 2,
};

describe('500 random Programs reach:', () => {
  const reached = fc.sample(recipes('float64'), { numRuns: 500, seed: 5 }).map((recipe) => {
    const random = programOf(recipe);
    return { plan: planWith(random, {}), over: random.over };
  });
  for (const [form, is] of Object.entries(forms))
    test(form, () => {
      expect(reached.filter(({ plan }) => plan.kernels.some(is)).length).toBeGreaterThan(0);
    });
  for (const [form, is] of Object.entries(plans))
    test(form, () => {
      expect(reached.filter(({ plan, over }) => is(plan, over)).length).toBeGreaterThan(0);
    });
});

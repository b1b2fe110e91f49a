import { type LoopKernel, lateStatements } from '@pullback/compiler';
import { type DType, sizeOf } from '@pullback/core';
import type { Stage } from '../stage.ts';
import { Code, decode } from '../wgsl/code.ts';
import { count } from '../wgsl/numbers.ts';
import { axesUsed, coneOf, guardOf, nameOf, readsOf, Statements } from '../wgsl/statements.ts';
import { accumulate, accumulatorsOf, finishStages } from './accumulate.ts';
import { byVariation, labelOf } from './map.ts';

export interface LoopOptions {
  /** About how many invocations keep the adapter busy. */
  readonly invocations: number;
  /** Memory for partial results. */
  scratch(dtype: DType, size: number): number;
}

/** Sums of fewer terms than this are not worth being split. */
const fewTerms = 64;

/**
 * Sums along the outer axes, an invocation for each column; where there are few columns, several for each, whose partial results are joined
 * afterwards. Neighbouring invocations read neighbouring elements.
 */
export function columnStages(kernel: LoopKernel, { invocations, scratch }: LoopOptions): Stage[] {
  const { space, outer, statements } = kernel;
  const late = lateStatements(kernel);
  const [rows, columns] = [sizeOf(space.slice(0, outer)), sizeOf(space.slice(outer))];
  const accumulators = accumulatorsOf(kernel, 'outer');
  const early = kernel.stores.filter(({ statement }) => !late.has(statement));
  const lateStores = kernel.stores.filter(({ statement }) => late.has(statement));
  const parts =
    rows <= fewTerms || columns >= invocations
      ? 1
      : Math.min(Math.ceil(rows / 16), Math.ceil(invocations / Math.max(1, columns)));
  const survivors = space.map((_, axis) => axis).slice(outer);
  const whole = parts === 1 && byVariation(kernel, lateStores).length <= 1;
  const values = new Map(
    whole ? [] : accumulators.map((a) => [a, scratch(a.dtype, parts * columns)] as const),
  );
  const cone = coneOf(
    kernel,
    [...accumulators.flatMap(({ statement }) => termOf(kernel, statement)), ...early.map((s) => s.statement)],
    (i) => !late.has(i),
  );
  const lateCone = coneOf(
    kernel,
    lateStores.map(({ statement }) => statement),
    (i) => statements[i]?.kind !== 'reduce',
  );
  const axes = space.map((extent, axis) => ({ axis, extent }));
  const first: Stage = {
    label: labelOf(kernel),
    origins: kernel.origins,
    reads: readsOf(kernel, whole ? [...cone, ...lateCone] : cone).concat(termLoads(kernel, accumulators)),
    writes: [...early, ...(whole ? lateStores : [])].map(({ buffer }) => buffer).concat([...values.values()]),
    operations: Math.ceil(rows / parts) * (cone.size + accumulators.length) + (whole ? lateCone.size : 0),
    groups: (width) => Math.ceil((parts * columns) / width),
    body: (memory, width) => {
      const code = new Code();
      const emitter = new Statements(kernel, memory);
      code.points(parts * columns, width, 'point', () => {
        const reduced = accumulators.map(({ statement }) => statement);
        const used = axesUsed(kernel, [...cone, ...reduced], early);
        const usedLate = axesUsed(kernel, lateCone, whole ? lateStores : []);
        const column = parts === 1 ? 'point' : `(point % ${count(columns)})`;
        decode(code, column, axes.slice(outer), new Set([...used, ...usedLate]));
        const loop = {
          name: 'row',
          from: parts === 1 ? '0u' : `point / ${count(columns)}`,
          step: count(parts),
          end: rows,
        };
        accumulate(
          code,
          accumulators,
          loop,
          Math.ceil(rows / parts),
          () => {
            decode(code, 'row', axes.slice(0, outer), used);
            emitter.compute(code, cone);
            for (const store of early)
              guarded(code, guardOf(kernel, store), () => emitter.store(code, store));
          },
          (a) => termFor(kernel, emitter, a.statement),
        );
        if (!whole) {
          for (const [a, value] of values) code.line(memory.store(value, 'point', `a${a.statement}`));
          return;
        }
        for (const { statement } of accumulators) code.line(`let ${nameOf(statement)} = a${statement};`);
        emitter.compute(code, lateCone);
        for (const store of lateStores) emitter.store(code, store);
      });
      return code.toString();
    },
  };
  if (whole) return [first];
  return [first, ...finishStages(kernel, { parts, places: columns, values }, survivors, late, scratch)];
}

/** The statement whose values a reduction sums, where one makes them. */
export function termOf({ statements }: LoopKernel, reduce: number): number[] {
  return (statements[reduce]?.inputs ?? []).flatMap((input) =>
    input.kind === 'statement' ? [input.statement] : [],
  );
}

/** The values that reductions read themselves. */
export function termLoads(
  { statements }: LoopKernel,
  accumulators: readonly { statement: number }[],
): number[] {
  return accumulators.flatMap(({ statement }) =>
    (statements[statement]?.inputs ?? []).flatMap((input) => (input.kind === 'load' ? [input.buffer] : [])),
  );
}

export function termFor({ statements }: LoopKernel, emitter: Statements, reduce: number): string {
  const input = statements[reduce]?.inputs[0];
  return input === undefined ? '0' : emitter.input(input);
}

export function guarded(code: Code, guard: string, body: () => void): void {
  if (guard === '') body();
  else code.block(`if (${guard})`, body);
}

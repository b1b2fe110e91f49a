import { type LoopKernel, lateStatements, type Store } from '@pullback/compiler';
import { sizeOf } from '@pullback/core';
import type { Memory, Stage } from '../stage.ts';
import { Code, decode } from '../wgsl/code.ts';
import { count } from '../wgsl/numbers.ts';
import { axesUsed, coneOf, guardOf, nameOf, readsOf, Statements } from '../wgsl/statements.ts';
import {
  type Accumulator,
  accumulate,
  accumulatorsOf,
  arrayOf,
  finishStages,
  joined,
  startOf,
} from './accumulate.ts';
import { guarded, type LoopOptions, termFor, termLoads, termOf } from './columns.ts';
import { labelOf } from './map.ts';
import { bySubgroups, byTree, team } from './workgroup-joins.ts';

export interface RowOptions extends LoopOptions {
  /** Rows longer than this are shared by a workgroup. */
  readonly longestRow: number;
  /** Whether subgroups join what a workgroup has of such a row. */
  readonly subgroups: boolean;
}

interface Pass {
  /** Statements of the row that are computed before it. */
  readonly before: readonly number[];
  readonly cone: ReadonlySet<number>;
  readonly reduces: readonly Accumulator[];
  readonly stores: readonly Store[];
  /** Sums along the outer axes that take a term at each point. */
  readonly spread: readonly Accumulator[];
  /** Stores and sums along the outer axes that take one of each row. */
  readonly rowStores: readonly Store[];
  readonly perRow: readonly Accumulator[];
}

/**
 * Rows with sums along them: an invocation a row, or a workgroup for long ones, in as many passes over the row as sums wait for each
 * other. The terms of sums along the outer axes are added up over the rows of an invocation and joined afterwards.
 */
export function rowStages(kernel: LoopKernel, options: RowOptions): Stage[] {
  const { invocations, scratch, longestRow, subgroups } = options;
  const { space, outer, statements } = kernel;
  const [rows, length] = [sizeOf(space.slice(0, outer)), sizeOf(space.slice(outer))];
  const late = lateStatements(kernel);
  const lateSums = accumulatorsOf(kernel, 'outer');
  const passes = passesOf(kernel, late, lateSums);
  const inner = new Set(space.map((_, axis) => axis).slice(outer));
  const variesInside = (i: number) =>
    statements[i]?.varies.some((does, axis) => does && inner.has(axis) && space[axis] !== 1) === true;
  const spreads = lateSums.some(({ statement }) => variesInside(statement));
  const places = spreads ? length : 1;
  // What is summed along the outer axes for each place of a row lies in the registers of one invocation.
  const shared = length > longestRow && !spreads;
  const width = shared ? team : 1;
  const teams =
    lateSums.length === 0
      ? rows
      : Math.max(1, Math.min(rows, Math.ceil(invocations / width), Math.ceil(rows / 4)));
  const values = new Map(lateSums.map((a) => [a, scratch(a.dtype, teams * places)] as const));
  const axes = space.map((extent, axis) => ({ axis, extent }));
  const all = passes.flatMap(({ before, cone }) => [...before, ...cone]);
  const early = kernel.stores.filter(({ statement }) => !late.has(statement));
  const innerSums = accumulatorsOf(kernel, 'inner');
  const joins = shared && innerSums.length > 0 ? (subgroups ? bySubgroups : byTree) : undefined;

  const first: Stage = {
    label: labelOf(kernel),
    origins: kernel.origins,
    reads: [...readsOf(kernel, all), ...termLoads(kernel, [...innerSums, ...lateSums])],
    writes: [...early.map(({ buffer }) => buffer), ...values.values()],
    ...(shared && { width: team }),
    operations:
      Math.ceil(rows / Math.max(1, teams)) *
      passes.reduce(
        (n, { before, cone }) => n + before.length + 1 + (cone.size + 1) * Math.ceil(length / width),
        0,
      ),
    groups: (lanes) => (shared ? teams : Math.ceil(teams / lanes)),
    ...(joins && {
      subgroups: joins.subgroups,
      declarations: (_: Memory, suffix: string) => joins.declarations(innerSums, suffix),
    }),
    body: (memory, lanes, suffix) => {
      const code = new Code();
      const emitter = new Statements(kernel, memory);
      const reduced = [...innerSums, ...lateSums].map(({ statement }) => statement);
      const used = axesUsed(kernel, [...all, ...reduced], early);
      const owner = shared ? 'group' : 'point';

      const row = (): void => {
        decode(code, 'row', axes.slice(0, outer), used);
        for (const { before, cone, reduces, stores, spread, rowStores, perRow } of passes) {
          emitter.compute(code, before);
          for (const store of rowStores)
            guarded(
              code,
              [shared ? 'lane == 0u' : '', guardOf(kernel, store, inner)].filter(Boolean).join(' && '),
              () => emitter.store(code, store),
            );
          for (const a of perRow)
            code.line(
              `a${a.statement} = ${joined(a, `a${a.statement}`, termFor(kernel, emitter, a.statement))};`,
            );
          if (reduces.length + stores.length + spread.length === 0) continue;
          const loop = { name: 'at', from: shared ? 'lane' : '0u', step: count(width), end: length };
          accumulate(
            code,
            reduces,
            loop,
            Math.ceil(length / width),
            () => {
              decode(code, 'at', axes.slice(outer), used);
              emitter.compute(code, cone);
              for (const store of stores)
                guarded(code, guardOf(kernel, store), () => emitter.store(code, store));
              for (const a of spread)
                code.line(
                  `a${a.statement}[at] = ${joined(a, `a${a.statement}[at]`, termFor(kernel, emitter, a.statement))};`,
                );
            },
            (a) => termFor(kernel, emitter, a.statement),
          );
          for (const a of reduces) {
            joins?.join(code, a, suffix);
            code.line(`let ${nameOf(a.statement)} = a${a.statement};`);
          }
        }
      };

      const work = (): void => {
        joins?.prepare(code, suffix);
        for (const a of lateSums) {
          if (!variesInside(a.statement)) code.line(`var a${a.statement} = ${startOf(a)};`);
          else {
            code.line(`var a${a.statement}: ${arrayOf(a, length)};`);
            if (a.name === 'max')
              code.block(`for (var at = 0u; at < ${count(length)}; at++)`, () =>
                code.line(`a${a.statement}[at] = ${startOf(a)};`),
              );
          }
        }
        if (lateSums.length === 0) {
          code.line(`let row = ${owner};`);
          row();
        } else code.block(`for (var row = ${owner}; row < ${count(rows)}; row += ${count(teams)})`, row);
        guarded(code, shared && lateSums.length > 0 ? 'lane == 0u' : '', () => {
          for (const [a, value] of values)
            if (variesInside(a.statement))
              code.block(`for (var at = 0u; at < ${count(length)}; at++)`, () =>
                code.line(memory.store(value, `${owner} * ${count(places)} + at`, `a${a.statement}[at]`)),
              );
            else code.line(memory.store(value, `${owner} * ${count(places)}`, `a${a.statement}`));
        });
      };
      if (shared) work();
      else code.points(teams, lanes, 'point', work);
      return code.toString();
    },
  };
  if (lateSums.length === 0) return [first];
  return [first, ...finishStages(kernel, { parts: teams, places, values }, [...inner], late, scratch)];
}

/** In which pass over the row each statement is made. */
function passesOf(kernel: LoopKernel, late: ReadonlySet<number>, lateSums: readonly Accumulator[]): Pass[] {
  const { statements, space, outer } = kernel;
  const isInner = (i: number) =>
    statements[i]?.varies.some((does, axis) => does && axis >= outer && space[axis] !== 1) === true;
  const isReduce = (i: number) => statements[i]?.kind === 'reduce';
  /** A sum is made one pass before it is known. */
  const levelOf = (i: number) => {
    const statement = statements[i];
    const isSum = statement?.kind === 'reduce' && statement.along === 'inner';
    return (statement?.pass ?? 0) - (isSum ? 1 : 0);
  };
  const last = Math.max(0, ...statements.map((_, i) => (late.has(i) ? 0 : levelOf(i)))) + 1;
  const reduces = accumulatorsOf(kernel, 'inner');
  return Array.from({ length: last + 1 }, (_, level): Pass => {
    const own = reduces.filter(({ statement }) => levelOf(statement) === level);
    const here = kernel.stores.filter(
      ({ statement }) => !late.has(statement) && levelOf(statement) + (isReduce(statement) ? 1 : 0) === level,
    );
    const stores = here.filter(({ statement }) => isInner(statement));
    const termLevel = (a: Accumulator) =>
      Math.max(0, ...termOf(kernel, a.statement).map((i) => levelOf(i) + (isReduce(i) ? 1 : 0)));
    const sums = lateSums.filter((a) => termLevel(a) === level);
    const spread = sums.filter(({ statement }) => isInner(statement));
    const isLoop = (i: number) => isInner(i) && !isReduce(i) && !late.has(i);
    const cone = coneOf(
      kernel,
      [
        ...own.flatMap(({ statement }) => termOf(kernel, statement)),
        ...stores.map(({ statement }) => statement),
        ...spread.flatMap(({ statement }) => termOf(kernel, statement)),
      ],
      isLoop,
    );
    const before = statements.flatMap((_, i) =>
      !isInner(i) && !isReduce(i) && !late.has(i) && levelOf(i) === level ? [i] : [],
    );
    return {
      before,
      cone,
      reduces: own,
      stores,
      spread,
      rowStores: here.filter(({ statement }) => !isInner(statement)),
      perRow: sums.filter(({ statement }) => !isInner(statement)),
    };
  });
}

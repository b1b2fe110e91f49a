import type { LoopKernel, Statement } from '@pullback/compiler';
import { type DType, UnsupportedError } from '@pullback/core';
import type { Stage } from '../stage.ts';
import { Code, decode } from '../wgsl/code.ts';
import { count, literal, typeOf } from '../wgsl/numbers.ts';
import { axesUsed, coneOf, nameOf, readsOf, Statements } from '../wgsl/statements.ts';
import { byVariation, labelOf } from './map.ts';

type Reduce = Extract<Statement, { readonly kind: 'reduce' }>;

/** A sum or maximum of one statement. */
export interface Accumulator {
  readonly statement: number;
  readonly name: Reduce['name'];
  readonly dtype: DType;
}

export function accumulatorsOf({ statements }: LoopKernel, along: Reduce['along']): Accumulator[] {
  return statements.flatMap((statement, i) =>
    statement.kind === 'reduce' && statement.along === along
      ? [{ statement: i, name: statement.name, dtype: statement.dtype }]
      : [],
  );
}

/** The number that an accumulator starts from. */
export function startOf({ name, dtype }: Accumulator): string {
  if (name === 'sum') return literal(dtype, 0);
  return dtype === 'int32' ? literal(dtype, -(2 ** 31)) : literal(dtype, -Infinity);
}

/** Two partial results as one. */
export function joined({ name, dtype }: Accumulator, a: string, b: string): string {
  if (name === 'sum') return `${a} + ${b}`;
  if (dtype !== 'float32' && dtype !== 'int32')
    throw new UnsupportedError({ got: `max of ${dtype}`, expected: 'float32 or int32' });
  return dtype === 'int32' ? `max(${a}, ${b})` : `maximum_f32(${a}, ${b})`;
}

/** Sums of more terms than this are sums of sums. */
const run = 16;

/**
 * A loop that adds to accumulators `a<statement>`. Sums of many floats are two levels deep: the error grows with the root of the number of
 * terms.
 */
export function accumulate(
  code: Code,
  accumulators: readonly Accumulator[],
  loop: { readonly name: string; readonly from: string; readonly step: string; readonly end: number },
  terms: number,
  body: () => void,
  term: (accumulator: Accumulator) => string,
): void {
  const { name, from, step, end } = loop;
  const deep = (a: Accumulator) => terms > run && a.name === 'sum' && a.dtype === 'float32';
  const length = 2 ** Math.ceil(Math.log2(Math.sqrt(terms)));
  const counter = `terms${accumulators.find(deep)?.statement}`;
  for (const a of accumulators) {
    code.line(`var a${a.statement} = ${startOf(a)};`);
    if (deep(a)) code.line(`var r${a.statement} = 0.0f;`);
  }
  if (accumulators.some(deep)) code.line(`var ${counter} = 0u;`);
  code.block(`for (var ${name} = ${from}; ${name} < ${count(end)}; ${name} += ${step})`, () => {
    body();
    for (const a of accumulators) {
      const target = deep(a) ? `r${a.statement}` : `a${a.statement}`;
      code.line(`${target} = ${joined(a, target, term(a))};`);
    }
    if (!accumulators.some(deep)) return;
    code.line(`${counter}++;`);
    code.block(`if ((${counter} & ${count(length - 1)}) == 0u)`, () => {
      for (const a of accumulators.filter(deep)) {
        code.line(`a${a.statement} += r${a.statement};`);
        code.line(`r${a.statement} = 0.0f;`);
      }
    });
  });
  for (const a of accumulators.filter(deep)) code.line(`a${a.statement} += r${a.statement};`);
}

/** Partial results of sums along the outer axes: [parts][places], one value for each accumulator. */
export interface Partials {
  readonly parts: number;
  /** The number of places that are summed apart. */
  readonly places: number;
  readonly values: ReadonlyMap<Accumulator, number>;
}

/** More parts than this are joined by more than one invocation. */
const mostParts = 64;

/** Stages that join partial results, until there are few, and then compute what depends on them. */
export function finishStages(
  kernel: LoopKernel,
  partials: Partials,
  survivors: readonly number[],
  late: ReadonlySet<number>,
  scratch: (dtype: DType, size: number) => number,
): Stage[] {
  const { parts, places, values } = partials;
  if (parts > mostParts) {
    const fewer = Math.ceil(Math.sqrt(parts));
    const next: Partials = {
      parts: fewer,
      places,
      values: new Map([...values.keys()].map((a) => [a, scratch(a.dtype, fewer * places)])),
    };
    return [joinStage(kernel, partials, next), ...finishStages(kernel, next, survivors, late, scratch)];
  }
  const accumulators = [...values.keys()];
  const stores = kernel.stores.filter(({ statement }) => late.has(statement));
  return byVariation(kernel, stores).map(({ varies, stores: some }): Stage => {
    const axes = survivors.flatMap((axis) =>
      varies[axis] ? [{ axis, extent: kernel.space[axis] ?? 1 }] : [],
    );
    const points = axes.reduce((n, { extent }) => n * extent, 1);
    const cone = coneOf(
      kernel,
      some.map(({ statement }) => statement),
      (i) => kernel.statements[i]?.kind !== 'reduce',
    );
    const needed = accumulators.filter(
      ({ statement }) =>
        [...cone].some((i) =>
          kernel.statements[i]?.inputs.some(
            (input) => input.kind === 'statement' && input.statement === statement,
          ),
        ) || some.some((store) => store.statement === statement),
    );
    return {
      label: labelOf(kernel),
      origins: kernel.origins,
      reads: [...readsOf(kernel, cone), ...needed.flatMap((a) => values.get(a) ?? [])],
      writes: some.map(({ buffer }) => buffer),
      operations: parts * needed.length + cone.size,
      groups: (width) => Math.ceil(points / width),
      body: (memory, width) => {
        const code = new Code();
        const statements = new Statements(kernel, memory);
        code.points(points, width, 'point', () => {
          const used = axesUsed(kernel, cone, some);
          const vary = new Set(axes.map(({ axis }) => axis));
          for (const axis of [...used].sort()) if (!vary.has(axis)) code.line(`let x${axis} = 0u;`);
          decode(code, 'point', axes, used);
          for (const a of needed) {
            // A sum that differs along no axis is at the first of the places.
            const place = kernel.statements[a.statement]?.varies.some((does, axis) => does && vary.has(axis))
              ? 'point'
              : '0u';
            const load = memory.load(values.get(a) ?? -1, `part * ${count(places)} + ${place}`);
            const loop = { name: 'part', from: '0u', step: '1u', end: parts };
            accumulate(
              code,
              [a],
              loop,
              parts,
              () => undefined,
              () => load,
            );
            code.line(`let ${nameOf(a.statement)} = a${a.statement};`);
          }
          statements.compute(code, cone);
          for (const store of some) statements.store(code, store);
        });
        return code.toString();
      },
    };
  });
}

function joinStage(kernel: LoopKernel, from: Partials, to: Partials): Stage {
  const points = to.parts * to.places;
  return {
    label: `${labelOf(kernel)} (partial results)`,
    origins: kernel.origins,
    reads: [...from.values.values()],
    writes: [...to.values.values()],
    operations: Math.ceil(from.parts / to.parts),
    groups: (width) => Math.ceil(points / width),
    body: (memory, width) => {
      const code = new Code();
      code.points(points, width, 'point', () => {
        for (const [a, value] of from.values) {
          const load = memory.load(value, 'at');
          const loop = { name: 'at', from: 'point', step: count(points), end: from.parts * from.places };
          accumulate(
            code,
            [a],
            loop,
            Math.ceil(from.parts / to.parts),
            () => undefined,
            () => load,
          );
          code.line(memory.store(to.values.get(a) ?? -1, 'point', `a${a.statement}`));
        }
      });
      return code.toString();
    },
  };
}

/** The WGSL declaration of an array of accumulators. */
export function arrayOf({ dtype }: Accumulator, n: number): string {
  return `array<${typeOf(dtype)}, ${n}>`;
}

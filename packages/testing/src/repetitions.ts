import * as core from '@pullback/core';
import { placeholder, trace, type Value } from '@pullback/core';
import type { RandomProgram } from './random-program.ts';

/** From the carries, a slice and a weight to the next carries and what is made. */
export type RepetitionStep = (
  carries: readonly Value[],
  now: Value,
  weight: Value,
) => readonly [readonly Value[], Value];

export interface RepetitionOptions extends core.ScanOptions {
  readonly steps?: number;
  /** Of the sequence, for each step. */
  readonly row?: readonly number[];
  readonly carries?: number;
}

/** Steps over a sequence from some carries with one weight, what they make, and the gradients, in float64. */
export function repetition(
  step: RepetitionStep,
  { steps = 5, row = [3, 5], carries: count = 1, ...options }: RepetitionOptions = {},
): RandomProgram {
  const dtype = 'float64';
  const columns = core.lastOf(row);
  const x = placeholder({ shape: [steps, ...row], dtype }, 'x');
  const weight = placeholder({ shape: [columns, columns], dtype }, 'weight');
  const first = Array.from({ length: count }, (_, i) => placeholder({ shape: row, dtype }, `carry${i}`));
  const { carries, outputs } = core.scan(
    (now: readonly Value[], one: Value) => {
      const [next, made] = step(now, one, weight);
      return { carries: next, outputs: made };
    },
    first,
    x,
    options,
  );
  const all = [x, weight, ...first];
  const loss = [...carries, outputs]
    .map((value) => core.sum(core.tanh(value)))
    .reduce((a, b) => core.add(a, b));
  const program = trace(all, [outputs, ...carries, ...core.gradient(loss, all)]);
  const data = program.inputs.map((spec, i) => ({ ...spec, data: numbers(spec.shape, i) }));
  return { program, data, over: [], times: 2 };
}

const numbers = (shape: readonly number[], seed: number) =>
  Float64Array.from({ length: core.sizeOf(shape) }, (_, i) => Math.sin(1 + 1.3 * i + 7 * seed));

/** h <- tanh(h W + x). */
export const recurrent: RepetitionStep = ([h = core.fill(0, [])], now, weight) => {
  const next = core.tanh(core.add(core.matmul(h, weight), now));
  return [[next], core.mul(next, now)];
};

const cases: Readonly<Record<string, readonly [RepetitionStep, RepetitionOptions]>> = {
  'a recurrence': [recurrent, {}],
  'one step': [recurrent, { steps: 1 }],
  'no step': [recurrent, { steps: 0 }],
  'two steps': [recurrent, { steps: 2 }],
  'from the end': [recurrent, { reverse: true }],
  'rows that fill no vector, from the end': [recurrent, { row: [1, 3], reverse: true, steps: 9 }],
  'large enough for tiles and panels': [recurrent, { row: [9, 33], steps: 4 }],
  'steps that are computed again': [recurrent, { checkpoint: 2, steps: 7 }],
  'carries that change places, and one that stays': [
    ([a = core.fill(0, []), b = a, c = a], now) => [[b, core.add(a, now), c], core.mul(a, c)],
    { carries: 3 },
  ],
  'a carry that nobody reads in the end': [
    ([a = core.fill(0, []), b = a], now) => [[core.add(core.mul(a, b), now), core.cos(b)], now],
    { carries: 2, steps: 6 },
  ],
  'the same result as carry, as output and twice': [
    ([a = core.fill(0, []), b = a], now) => {
      const next = core.add(core.mul(a, 0.5), now);
      return [[next, core.sub(b, next)], next];
    },
    { carries: 2 },
  ],
  'an output that is given': [([a = core.fill(0, [])], now) => [[core.add(a, 1)], now], {}],
  'a scan within a scan': [
    ([a = core.fill(0, [])], now, weight) => {
      const inner = core.scan(
        (sum: Value, row: Value) => {
          const next = core.tanh(core.add(core.mul(sum, 0.5), core.mul(row, core.slice(weight, [0], [1]))));
          return { carries: next, outputs: [] };
        },
        core.slice(a, [0], [1]),
        core.expandDims(now, 1),
      );
      return [[core.add(core.mul(a, 0.5), inner.carries)], inner.carries];
    },
    { steps: 4 },
  ],
  'numbers of the Program in a step': [
    ([a = core.fill(0, [])], now) => {
      const own = core.defineNode('own', {
        forward: (v: Value) => core.mul(v, core.constant([1, 2, 3, 4, 5], { dtype: 'float64' })),
      });
      return [[core.add(core.mul(own(a), 0.1), now)], own(now)];
    },
    {},
  ],
  'places by index, and what is added there': [
    ([a = core.fill(0, [])], now) => {
      const at = core.cast(core.argmax(core.add(a, now), { axis: 1 }), 'int32');
      const seen = core.gather(now, core.mod(at, 3));
      return [[core.add(core.mul(a, 0.5), seen)], core.scatterAdd(seen, at, { size: 4 })];
    },
    {},
  ],
};

/** Repetitions of every kind, by what is special about them. */
export function repetitions(): Readonly<Record<string, RandomProgram>> {
  return Object.fromEntries(
    Object.entries(cases).map(([name, [step, options]]) => [name, repetition(step, options)]),
  );
}

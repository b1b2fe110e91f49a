import {
  gradient,
  mul,
  placeholder,
  type Shape,
  sameShape,
  sizeOf,
  sum,
  type Value,
  vmap,
} from '@pullback/core';
import { type Case, ConformanceError, guarded } from './case.ts';
import { described } from './directions.ts';
import { type Example, numbersOf, type Shapes } from './example.ts';
import type { NodeFunction } from './node-options.ts';
import { allClose } from './numbers.ts';
import { build, runner } from './runner.ts';

const usual: Example = { sizes: [2, 3, 4], seed: 41 };

/**
 * `vmap` of the function, beside the function of one sample after the other: with all inputs batched, and with each one alone. A `batch`
 * rule of a primitive is examined by it, forward and backward.
 */
export function sampleCases(
  name: string,
  f: NodeFunction,
  shapes: Shapes,
  domain: readonly [number, number],
): Case[] {
  const own = shapes(...usual.sizes);
  const all = own.map(() => true);
  const some = own.length > 1 ? own.map((_, i) => own.map((__, k) => k === i)) : [];
  return [
    guarded(`${name}: vmap is one sample after the other`, () => {
      for (const batched of [all, ...some])
        for (const size of [3, 1]) examineSamples(f, own, { batched, size, domain });
    }),
  ];
}

interface Samples {
  readonly batched: readonly boolean[];
  readonly size: number;
  readonly domain: readonly [number, number];
}

function examineSamples(f: NodeFunction, own: readonly Shape[], { batched, size, domain }: Samples): void {
  const shapes = own.map((shape, i) => (batched[i] ? [size, ...shape] : shape));
  const at = numbersOf(usual, shapes, domain);
  const single = build(f, own, 'float64');
  const many = (...x: Value[]) =>
    vmap((...y: Value[]) => [f(...y)].flat(), { axes: batched.map((each) => (each ? 0 : null)) })(...x);
  const whole = build(many, shapes, 'float64');
  const which = batched.every(Boolean) ? 'all inputs' : `input ${batched.indexOf(true)} alone`;
  const one = (k: number) =>
    at.map((numbers, i) => {
      const count = sizeOf(own[i] ?? []);
      return batched[i] ? numbers.slice(k * count, (k + 1) * count) : numbers;
    });
  const complain = (what: string, got: ArrayLike<number>, right: ArrayLike<number>) => {
    if (!allClose(got, right, 1e-9))
      throw new ConformanceError({
        what: `${what} of vmap over ${which}, ${size} samples: a 'batch' rule does something else`,
        got: `[${Array.from(got).slice(0, 24).join(', ')}]`,
        expected: `[${Array.from(right).slice(0, 24).join(', ')}], as of one sample after the other`,
        at: described(at, shapes),
      });
  };
  const forward = runner(single.inputs, single.outputs);
  const each = Array.from({ length: size }, (_, k) => forward(one(k)));
  whole.outputs.forEach(({ shape }, o) => {
    const wanted = [size, ...(single.outputs[o]?.shape ?? [])];
    if (!sameShape(shape, wanted))
      throw new ConformanceError({
        what: `output ${o} of vmap over ${which}, ${size} samples, has another shape: a 'batch' rule does something else`,
        got: `[${shape.join(', ')}]`,
        expected: `[${wanted.join(', ')}]`,
      });
  });
  const got = runner(whole.inputs, whole.outputs)(at);
  whole.outputs.forEach((output, o) => {
    const right = each.flatMap((results) => Array.from(results[o]?.data ?? []));
    complain(`output ${o}`, got[o]?.data ?? [], right);
    if (output.dtype !== 'float64') return;
    const [of] = single.outputs.slice(o);
    if (of === undefined) return;
    const [weights = new Float64Array()] = numbersOf(
      { ...usual, seed: 42 },
      [output.shape],
      [-Infinity, Infinity],
    );
    const seeds = [placeholder(output.spec, 'weights'), placeholder(of.spec, 'weights')] as const;
    const slopes = runner(
      [...whole.inputs, seeds[0]],
      gradient(sum(mul(output, seeds[0])), whole.inputs),
    )([...at, weights]);
    const backward = runner([...single.inputs, seeds[1]], gradient(of, single.inputs, seeds[1]));
    const count = sizeOf(of.shape);
    const parts = each.map((_, k) => backward([...one(k), weights.slice(k * count, (k + 1) * count)]));
    slopes.forEach(({ data }, i) => {
      const sizes = sizeOf(own[i] ?? []);
      const wanted = batched[i]
        ? parts.flatMap((part) => Array.from(part[i]?.data ?? []))
        : Array.from({ length: sizes }, (_, k) =>
            parts.reduce((total, part) => total + (part[i]?.data[k] ?? 0), 0),
          );
      complain(`the gradient at input ${i}`, data, wanted);
    });
  });
}

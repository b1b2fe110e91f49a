import {
  add,
  constant,
  gradient,
  mul,
  placeholder,
  type Shape,
  sizeOf,
  sum,
  type Value,
} from '@pullback/core';
import { type Case, ConformanceError, guarded } from './case.ts';
import { described, examineAlong } from './directions.ts';
import { type Example, numbersOf } from './example.ts';
import { type Examined, pullbackOf } from './jacobian.ts';
import type { NodeFunction } from './node-options.ts';
import { near } from './numbers.ts';
import { build, runner } from './runner.ts';

/** x -> J^T of fixed gradients, whose own J^T is examined: second derivatives; of that again: third ones. */
export function slopeOf(f: NodeFunction): (...x: Value[]) => Value[] {
  return (...x) => {
    const outputs = [f(...x)].flat().filter((output) => output.dtype === 'float64');
    const [first, ...others] = outputs.map((output) => sum(mul(output, fixed(output.shape))));
    return first === undefined ? [] : gradient(others.reduce(add, first), x);
  };
}

/** Numbers of which no two are alike. */
function fixed(shape: Shape): Value {
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => 1 + 0.3 * Math.sin(7 * i + 1));
  return constant({ shape, data }, { dtype: 'float64' });
}

/** The third derivative along directions, and J^T as a function of the gradient: linear for every size, its own derivative J. */
export function derivativeCases(
  name: string,
  examined: (example: Example) => Examined,
  domain: readonly [number, number],
): Case[] {
  const examples = [2, 3].map((seed): Example => ({ sizes: [2, 3, 2], seed }));
  const each = (what: string, examine: (own: Examined, at: Float64Array[]) => void): Case =>
    guarded(`${name}: ${what}`, () => {
      for (const example of examples) {
        const own = examined(example);
        examine(own, numbersOf(example, own.shapes, domain));
      }
    });
  return [
    each('the third derivative by central differences', ({ f, shapes, tolerance = 2e-6 }, at) =>
      examineAlong(
        {
          f: slopeOf(slopeOf(f)),
          shapes,
          what: 'the vjp of the vjp of the vjp',
          tolerance: Math.max(1e-4, 10 * tolerance),
        },
        [{ at, where: 'along a direction' }],
      ),
    ),
    each('J v is the derivative of J^T u at u', examineForwardMode),
    each('J^T of gradients from 2^-600 to 2^600 in size', examineSizes),
  ];
}

/** J v, as the gradient of <J^T u, v> at u: what is lost on the way from the gradient to J^T is seen in it. */
function examineForwardMode({ f, shapes }: Examined, at: readonly Float64Array[]): void {
  const { inputs, outputs } = build(f, shapes, 'float64');
  outputs.forEach((output, o) => {
    if (output.dtype !== 'float64') return;
    const seed = placeholder(output.spec, 'gradient');
    const slopes = gradient(output, inputs, seed);
    const v = slopes.map(({ shape }) => fixed(shape));
    const [first, ...others] = slopes.map((slope, i) => sum(mul(slope, v[i] ?? slope)));
    if (first === undefined) return;
    const [u = new Float64Array()] = numbersOf(
      { sizes: [2, 3, 2], seed: 6 },
      [output.shape],
      [-Infinity, Infinity],
    );
    const total = others.reduce(add, first);
    const numbers = runner([...inputs, seed], [total, ...gradient(total, [seed])]);
    const [inner, product] = numbers([...at, u]);
    // J^T is linear in u, so <J^T u, v> is <u, J v>.
    const got = u.reduce((sum_, x, k) => sum_ + x * (product?.data[k] ?? 0), 0);
    const expected = inner?.data[0] ?? Number.NaN;
    if (Number.isFinite(expected) && !near(got, expected, 1e-9))
      throw new ConformanceError({
        what: `J v of output ${o}, by the derivative of J^T u at u, is wrong: the vjp does not let the derivative through its gradient`,
        got: `<u, J v> = ${got}`,
        expected: `${expected} = <J^T u, v>`,
        at: described(at, shapes),
      });
  });
}

/** J^T (s u) = s J^T u for powers of two: nothing is clipped, lost, or overflows on the way. */
function examineSizes(examined: Examined, at: readonly Float64Array[]): void {
  const { backward, outputs } = pullbackOf(examined);
  outputs.forEach(({ shape }, o) => {
    const [u = new Float64Array()] = numbersOf({ sizes: [2, 3, 2], seed: 8 }, [shape], [-Infinity, Infinity]);
    const wanted = backward[o]?.([...at, u]) ?? [];
    for (const power of [-600, -60, -20, 4, 10, 40, 600])
      for (const sign of [1, -1]) {
        const scale = sign * 2 ** power;
        (backward[o]?.([...at, u.map((x) => scale * x)]) ?? []).forEach(({ data }, i) => {
          data.forEach((slope, k) => {
            const expected = wanted[i]?.data[k] ?? Number.NaN;
            if (!Number.isFinite(expected) || near(slope / scale, expected, 1e-9)) return;
            throw new ConformanceError({
              what: `the vjp is not linear in the gradient that comes back: ${sign < 0 ? '-' : ''}2^${power} times as much gives something else, for input ${i}`,
              got: String(slope),
              expected: String(scale * expected),
              at: described(at, examined.shapes),
            });
          });
        });
      }
  });
}

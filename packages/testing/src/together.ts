import {
  add,
  gradient,
  mul,
  placeholder,
  type Shape,
  sameShape,
  sizeOf,
  sum,
  type Value,
} from '@pullback/core';
import { type Case, ConformanceError, guarded } from './case.ts';
import { described } from './directions.ts';
import { type Example, numbersOf, type Shapes } from './example.ts';
import type { NodeFunction } from './node-options.ts';
import { allClose } from './numbers.ts';
import { build, runner } from './runner.ts';

const usual: Example = { sizes: [2, 3, 4], seed: 21 };

/** Cases of mistakes that show only where a function is used more than once in a graph, or gets one Value for two of its inputs. */
export function togetherCases(
  name: string,
  f: NodeFunction,
  shapes: Shapes,
  domain: readonly [number, number],
): Case[] {
  const own = shapes(...usual.sizes);
  const pairs = own.flatMap((shape, j) =>
    own.slice(0, j).flatMap((other, i) => (sameShape(shape, other) ? [[i, j] as const] : [])),
  );
  return [
    guarded(`${name}: two uses in one graph do not know of each other`, () => examineUses(f, shapes, domain)),
    ...pairs.map(([i, j]) =>
      guarded(`${name}: one Value for inputs ${i} and ${j}`, () => examineShared(f, own, [i, j], domain)),
    ),
  ];
}

/** The sum of the float outputs, each times its weights, which are inputs of their own. */
function weighed(outputs: readonly Value[]): { total: Value | undefined; weights: readonly Value[] } {
  const floats = outputs.filter(({ dtype }) => dtype === 'float64');
  const weights = floats.map(({ spec }, i) => placeholder(spec, `weight ${i}`));
  const [first, ...others] = floats.map((output, i) => sum(mul(output, weights[i] ?? output)));
  return { total: first && others.reduce(add, first), weights };
}

const numbersFor = (values: readonly Value[], seed: number) =>
  numbersOf(
    { ...usual, seed },
    values.map(({ shape }) => shape),
    [-Infinity, Infinity],
    'weights',
  );

/** The gradient at one use, with another before it, another after it and one of other shapes between, beside that of the use alone. */
function examineUses(f: NodeFunction, shapes: Shapes, domain: readonly [number, number]): void {
  const own = shapes(...usual.sizes);
  const alone = build(f, own, 'float64');
  const single = weighed(alone.outputs);
  if (single.total === undefined) return;
  const weights = numbersFor(single.weights, 5);
  const at = numbersOf(usual, own, domain);
  const expected = runner(
    [...alone.inputs, ...single.weights],
    gradient(single.total, alone.inputs),
  )([...at, ...weights]);

  const [before, used, after] = [
    build(f, own, 'float64'),
    build(f, own, 'float64'),
    build(f, own, 'float64'),
  ];
  build(f, shapes(3, 2, 2), 'float64');
  const sums = [before, used, after].map(({ outputs }) => weighed(outputs));
  const [a, b, c] = sums.map(({ total }) => total);
  if (a === undefined || b === undefined || c === undefined) return;
  const others = [31, 32].map((seed) => numbersOf({ ...usual, seed }, own, domain));
  const inputs = [before, used, after].flatMap((each) => each.inputs);
  const feeds = [...(others[0] ?? []), ...at, ...(others[1] ?? [])];
  const slopes = gradient(add(add(a, b), c), [...before.inputs, ...used.inputs, ...after.inputs]);
  const got = runner(
    [...inputs, ...sums.flatMap((each) => each.weights)],
    slopes.slice(own.length, 2 * own.length),
  )([
    ...feeds,
    ...numbersFor(sums[0]?.weights ?? [], 7),
    ...weights,
    ...numbersFor(sums[2]?.weights ?? [], 8),
  ]);
  got.forEach(({ data }, i) => {
    if (!allClose(data, expected[i]?.data ?? [], 1e-9))
      throw new ConformanceError({
        what: `the vjp of one use depends on another use in the same graph, for input ${i}: something is kept from call to call`,
        got: `[${Array.from(data).join(', ')}]`,
        expected: `[${Array.from(expected[i]?.data ?? []).join(', ')}], as alone`,
        at: described(at, own),
      });
  });
}

/** One Value given twice, beside two Values that hold the same: the same result, and the sum of both gradients. */
function examineShared(
  f: NodeFunction,
  shapes: readonly Shape[],
  [i, j]: readonly [number, number],
  domain: readonly [number, number],
): void {
  const shared = (x: readonly Value[]) => x.map((value, n) => (n === j ? (x[i] ?? value) : value));
  const at = numbersOf(usual, shapes, domain).map((numbers, n, all) =>
    n === j ? (all[i] ?? numbers) : numbers,
  );
  const [apart, one] = [build(f, shapes, 'float64'), build((...x) => f(...shared(x)), shapes, 'float64')];
  const [two, same] = [weighed(apart.outputs), weighed(one.outputs)];
  const run = ({ inputs, outputs }: typeof apart, { total, weights }: typeof two) =>
    runner(
      [...inputs, ...weights],
      [...outputs, ...(total === undefined ? [] : gradient(total, inputs))],
    )([...at, ...numbersFor(weights, 5)]).map(({ data }) => Float64Array.from(data));
  const [expected, got] = [run(apart, two), run(one, same)];
  const count = apart.outputs.length;
  const complain = (what: string, result: ArrayLike<number>, right: ArrayLike<number>) => {
    if (!allClose(result, right, 1e-9))
      throw new ConformanceError({
        what: `${what} when inputs ${i} and ${j} are the same Value`,
        got: `[${Array.from(result).join(', ')}]`,
        expected: `[${Array.from(right).join(', ')}], as of two Values that hold the same`,
        at: described(at, shapes),
      });
  };
  for (let o = 0; o < count; o++) complain(`output ${o} is another`, got[o] ?? [], expected[o] ?? []);
  if (two.total === undefined) return;
  const slope = (n: number) => expected[count + n] ?? new Float64Array(sizeOf(shapes[n] ?? []));
  const total = slope(i).map((x, k) => x + (slope(j)[k] ?? 0));
  complain('the gradient is another', got[count + i] ?? [], total);
}

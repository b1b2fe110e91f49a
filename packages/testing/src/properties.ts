import { type Shape, sizeOf } from '@pullback/core';
import { type Case, ConformanceError, callOf } from './case.ts';
import { type Example, numbersOf, type SearchOptions, type Shapes, search } from './example.ts';
import type { NodeFunction, Properties } from './node-options.ts';
import { near } from './numbers.ts';
import { nested, placeOf } from './numbers-as-text.ts';
import { build, runner } from './runner.ts';

interface Declared extends SearchOptions {
  readonly properties: Properties;
  readonly shapes: Shapes;
  readonly domain: readonly [number, number];
}

/** One example of a function: its first input, and what runs it with another. */
interface Tried {
  readonly run: (x: Float64Array) => number[];
  readonly x: Float64Array;
  readonly shape: Shape;
}

/** Cases of the properties that are declared of a function, examined at its first input. */
export function propertyCases(name: string, f: NodeFunction, declared: Declared): Case[] {
  const { properties, shapes, domain } = declared;
  const { elementwise = false, monotone = false, parity, rowsSumToOne = false } = properties;
  const tried = (example: Example): Tried => {
    const own = shapes(...example.sizes);
    const { inputs, outputs } = build(f, own, 'float64');
    const forward = runner(inputs, outputs);
    const [x = new Float64Array(), ...others] = numbersOf(example, own, domain);
    return {
      run: (given) => Array.from(forward([given, ...others])[0]?.data ?? []),
      x,
      shape: own[0] ?? [],
    };
  };
  const each = (what: string, examine: (at: Tried, example: Example) => void): Case => ({
    name: `${name}: ${what}`,
    run: () =>
      search(
        (example) => examine(tried(example), example),
        declared,
        callOf(`conformNode(${name}`, declared),
      ),
  });
  const cases: Case[] = [];
  if (elementwise)
    cases.push(
      each('elementwise', examineElementwise),
      each('elementwise in every rank', (at, example) => examineRanks(f, at, example)),
    );
  if (monotone) cases.push(each('monotone', (at) => examineMonotone(at, domain)));
  if (parity !== undefined) cases.push(each(parity, (at) => examineParity(at, parity, domain)));
  if (rowsSumToOne) cases.push(each('rows sum to 1', examineRows));
  return cases;
}

function examineElementwise({ run, x, shape }: Tried): void {
  const before = run(x);
  x.forEach((_, k) => {
    run(x.map((y, i) => (i === k ? y + 0.25 : y))).forEach((y, i) => {
      if (i !== k && y !== before[i])
        throw new ConformanceError({
          what: `it is declared elementwise, and output ${placeOf(i, shape)} depends on input ${placeOf(k, shape)}`,
          got: String(y),
          expected: `${before[i]}, as before input ${placeOf(k, shape)} was moved by 0.25`,
          at: `at the input ${nested(x, shape)}`,
        });
    });
  });
}

/** The same for the same numbers in any rank: a scalar, a vector, three axes. */
function examineRanks(f: NodeFunction, { run, x, shape }: Tried, { sizes: [a, b, c] }: Example): void {
  const wanted = run(x);
  const others: Shape[] = [[x.length], [1, x.length, 1], ...(x.length > 0 ? [[]] : [])];
  if (a * b === x.length) others.push([a, 1, b]);
  if (a * b * c === x.length) others.push([a, b, c]);
  for (const other of others) {
    const { inputs, outputs } = build((given) => (given === undefined ? [] : f(given)), [other], 'float64');
    const got = runner(inputs, outputs)([x.slice(0, sizeOf(other))])[0];
    Array.from(got?.data ?? []).forEach((y, k) => {
      if (y === wanted[k] || (Number.isNaN(y) && Number.isNaN(wanted[k]))) return;
      throw new ConformanceError({
        what: `it is declared elementwise, and gives another result for the same numbers in the shape [${other.join(', ')}]`,
        got: String(y),
        expected: `${wanted[k]}, as in the shape [${shape.join(', ')}]`,
        at: `at number ${k}, ${x[k]}`,
      });
    });
  }
}

function examineMonotone(tried: Tried, domain: readonly [number, number]): void {
  for (const { run, x, shape } of sizesOf(tried, domain)) {
    const before = run(x);
    run(x.map((y) => y + 0.1)).forEach((y, i) => {
      if (y < (before[i] ?? 0) - 1e-12 * Math.max(1, Math.abs(before[i] ?? 0)))
        throw new ConformanceError({
          what: `it is declared monotone, and falls at ${placeOf(i, shape)} from x = ${x[i]} to ${(x[i] ?? 0) + 0.1}`,
          got: String(y),
          expected: `at least ${before[i]}`,
        });
    });
  }
}

function examineParity(tried: Tried, parity: 'odd' | 'even', domain: readonly [number, number]): void {
  for (const { run, x } of sizesOf(tried, domain)) {
    const before = run(x);
    run(x.map((y) => -y)).forEach((y, i) => {
      const expected = (parity === 'odd' ? -1 : 1) * (before[i] ?? 0);
      if (!near(y, expected, 1e-12))
        throw new ConformanceError({
          what: `it is declared ${parity}, and f(${-(x[i] ?? 0)}) is not ${parity === 'odd' ? '-' : ''}f(${x[i]})`,
          got: String(y),
          expected: String(expected),
        });
    });
  }
}

/** The same numbers, and far larger ones where the domain has them: a formula may change over far out. */
function sizesOf({ run, x, shape }: Tried, [low, high]: readonly [number, number]): Tried[] {
  return [1, 12, 100]
    .map((size) => ({ run, shape, x: x.map((y) => y * size) }))
    .filter((tried, i) => i === 0 || tried.x.every((y) => y > low && y < high));
}

function examineRows({ run, x, shape }: Tried): void {
  const columns = shape.at(-1) ?? 1;
  const y = run(x);
  for (let from = 0; from < y.length; from += columns) {
    const row = y.slice(from, from + columns);
    const total = row.reduce((a, b) => a + b, 0);
    if (!near(total, 1, 1e-12))
      throw new ConformanceError({
        what: `rows are declared to sum to 1, and row ${from / columns} does not`,
        got: `${total}, of [${row.join(', ')}]`,
        expected: '1',
        at: `at the input ${nested(x, shape)}`,
      });
  }
}

import {
  formatShape,
  type Initializer,
  PullbackError,
  RandomStream,
  type Shape,
  sizeOf,
} from '@pullback/core';
import { type Case, ConformanceError, guarded } from './case.ts';

/** A figure of the numbers for a shape, or the same for all. */
export type Moment = number | ((shape: Shape) => number);

export interface InitializerConformance {
  readonly name?: string;
  /** The mean that is meant; not examined when left out. */
  readonly mean?: Moment;
  /** The standard deviation that is meant; not examined when left out. Above 0 it says that numbers are drawn. */
  readonly deviation?: Moment;
  /** The interval in which all numbers lie. */
  readonly within?: readonly [number, number];
  /** Shapes whose moments are taken: each of a thousand numbers or more. Matrices and kernels when left out. */
  readonly shapes?: readonly Shape[];
}

const usual: readonly Shape[] = [
  [],
  [1],
  [5],
  [0],
  [4, 3],
  [3, 4],
  [0, 3],
  [3, 0],
  [1, 1],
  [2, 3, 4],
  [3, 3, 2, 5],
];
const large: readonly Shape[] = [
  [64, 32],
  [16, 128],
  [3, 3, 8, 32],
];

/**
 * The examination of an initializer: as many numbers as the shape has, finite, the same for the same seed and other ones for another,
 * with the moments that are meant. An initializer may refuse a shape, with an error of ours.
 */
export function conformInitializer(initializer: Initializer, options: InitializerConformance = {}): Case[] {
  const { name = 'the initializer', mean, deviation, within, shapes = large } = options;
  const accepted = (shape: Shape) => {
    try {
      initializer([...shape], RandomStream.of(1, 'weight'));
      return true;
    } catch (error) {
      if (error instanceof PullbackError) return false;
      throw error;
    }
  };
  const each = (what: string, run: () => void): Case => guarded(`${name}: ${what}`, run);
  return [
    each('the same again, and as many finite numbers as the shape has', () => {
      for (const shape of [...usual, ...shapes])
        if (accepted(shape)) examineInitializer(name, initializer, shape);
      if (![...usual, ...shapes].some(accepted))
        throw new ConformanceError({
          what: name,
          got: 'an error for every shape',
          expected: 'numbers for one',
        });
    }),
    each('its numbers come from the stream that it is given', () => {
      if (momentOf(deviation, [8, 8]) === undefined || momentOf(deviation, [8, 8]) === 0) return;
      for (const shape of shapes.filter(accepted)) {
        const [one, two] = [1, 2].map((seed) => initializer([...shape], RandomStream.of(seed, 'weight')));
        if (one?.join() === two?.join())
          throw new ConformanceError({
            what: `${name} of ${formatShape(shape)} for two seeds`,
            got: 'the same numbers',
            expected: 'others: all of them from the stream that is given',
          });
      }
    }),
    each('its moments are those that are meant', () => {
      for (const shape of shapes.filter(accepted)) examineMoments(name, initializer, shape, options);
    }),
    each('its numbers lie within their bounds', () => {
      if (within === undefined) return;
      const [low, high] = within;
      for (const shape of shapes.filter(accepted)) {
        const beyond = initializer([...shape], RandomStream.of(3, 'weight')).find(
          (x) => !(x >= low && x <= high),
        );
        if (beyond !== undefined)
          throw new ConformanceError({
            what: `a number of ${name}`,
            got: String(beyond),
            expected: `within [${low}, ${high}]`,
          });
      }
    }),
    ...(mean === undefined && deviation === undefined
      ? []
      : [
          each('rows and columns differ', () => {
            if (momentOf(deviation, [8, 8]) === 0 || deviation === undefined) return;
            for (const shape of shapes.filter(accepted)) examineRows(name, initializer, shape);
          }),
        ]),
  ];
}

/** That an initializer gives as many finite numbers as the shape has, and the same again. @throws ConformanceError */
export function examineInitializer(what: string, initializer: Initializer, shape: Shape): void {
  const called = `${what} for ${formatShape(shape)}`;
  const make = () => {
    const given = [...shape];
    const made = initializer(given, RandomStream.of(1, 'weight'));
    if (given.join() !== shape.join())
      throw new ConformanceError({
        what: `${called} changes the shape that it is given`,
        got: formatShape(given),
        expected: formatShape(shape),
      });
    return made;
  };
  const first = make();
  if (!(first instanceof Float64Array))
    throw new ConformanceError({
      what: called,
      got: Object.prototype.toString.call(first),
      expected: 'a Float64Array',
    });
  if (first.length !== sizeOf(shape))
    throw new ConformanceError({
      what: called,
      got: `${first.length} numbers`,
      expected: `${sizeOf(shape)}, as the shape has`,
    });
  const wrong = first.find((x) => !Number.isFinite(x));
  if (wrong !== undefined)
    throw new ConformanceError({
      what: `a number of ${called}`,
      got: String(wrong),
      expected: 'a finite one',
    });
  const before = first.join();
  const second = make();
  if (first === second && first.length > 0)
    throw new ConformanceError({
      what: `${called}, twice`,
      got: 'the same array',
      expected: 'an array for each',
    });
  if (second.join() !== before || first.join() !== before)
    throw new ConformanceError({
      what: `${called} is not pure: twice from the same seed`,
      got: `[${brief(second)}]`,
      expected: `[${before.slice(0, 60)}], as the first time`,
    });
}

function momentOf(moment: Moment | undefined, shape: Shape): number | undefined {
  return typeof moment === 'function' ? moment(shape) : moment;
}

/** Mean and deviation over two seeds, within five standard errors. */
function examineMoments(
  name: string,
  initializer: Initializer,
  shape: Shape,
  { mean, deviation }: InitializerConformance,
): void {
  const numbers = [1, 2].flatMap((seed) =>
    Array.from(initializer([...shape], RandomStream.of(seed, 'weight'))),
  );
  const n = numbers.length;
  const average = (own: readonly number[]) => own.reduce((total, x) => total + x, 0) / n;
  const middle = average(numbers);
  const variance = average(numbers.map((x) => (x - middle) ** 2));
  const fourth = average(numbers.map((x) => (x - middle) ** 4));
  const check = (what: string, got: number, expected: number | undefined, error: number) => {
    if (expected === undefined || Math.abs(got - expected) <= 5 * error + 1e-12) return;
    throw new ConformanceError({
      what: `the ${what} of ${name} for ${formatShape(shape)}`,
      got: String(got),
      expected: `${expected}, within ${Number((5 * error).toPrecision(2))}`,
    });
  };
  const wanted = momentOf(deviation, shape);
  check('mean', middle, momentOf(mean, shape), Math.sqrt(Math.max(variance, (wanted ?? 0) ** 2) / n));
  const spread = Math.sqrt(Math.max(fourth - variance ** 2, 0) / n) / (2 * Math.sqrt(variance) || 1);
  check('standard deviation', Math.sqrt(variance), wanted, Math.max(spread, 1e-3 * (wanted ?? 0)));
}

function examineRows(name: string, initializer: Initializer, shape: Shape): void {
  const width = shape.at(-1) ?? 1;
  const numbers = initializer([...shape], RandomStream.of(1, 'weight'));
  const rows = Array.from({ length: numbers.length / width }, (_, i) =>
    numbers.subarray(i * width, (i + 1) * width).join(),
  );
  const columns = Array.from({ length: width }, (_, k) => numbers.filter((__, i) => i % width === k).join());
  for (const [what, each] of [
    ['rows', rows],
    ['columns', columns],
  ] as const)
    if (repeated(each))
      throw new ConformanceError({
        what: `${what} of ${name} for ${formatShape(shape)}`,
        got: 'some that are the same: units that start alike stay alike',
        expected: 'numbers that were drawn for each',
      });
}

function brief(numbers: Float64Array): string {
  return numbers.join().slice(0, 60);
}

/** Whether two of them are the same, those of one number alone left out: mostly 0 is no repetition. */
function repeated(each: readonly string[]): boolean {
  const drawn = each.filter((line) => new Set(line.split(',')).size > 1);
  return new Set(drawn).size < drawn.length;
}

import { constant, type Loss, placementOf, type Reduction, type Shape, type Value } from '@pullback/core';
import { type Case, ConformanceError, callOf, guarded } from './case.ts';
import { type Example, numbersOf, type SearchOptions, search } from './example.ts';
import { examineJacobian, pullbackOf } from './jacobian.ts';
import { near } from './numbers.ts';
import { nested } from './numbers-as-text.ts';
import { type ParityOptions, parityCases } from './parity.ts';
import { refused } from './refusals.ts';
import { build, runner } from './runner.ts';
import { dataOf, examineRoundTrip, float64, type Names, type Spec } from './spec-round-trip.ts';

export interface LossConformance extends SearchOptions, ParityOptions {
  readonly name?: string;
  /** The interval of predictions; all numbers when left out. */
  readonly predictions?: readonly [number, number];
  /** The interval of targets; (0, 1), whose rows do not sum to 1, when left out. */
  readonly targets?: readonly [number, number];
  readonly reductions?: readonly Reduction[];
  /** Whether column layout has a meaning; true when left out. */
  readonly columns?: boolean;
  readonly tolerance?: number;
  /** The spec that names it, from the same options, and what makes models of specs. */
  readonly spec?: (options: { reduction: Reduction }) => Spec;
  readonly names?: Names;
}

/**
 * The examination of a loss: one number, its gradient against differences, its reduction over batches, errors of samples, layouts,
 * targets of a wrong shape, its trace, backends, and its spec.
 */
export function conformLoss(
  make: (options: { reduction: Reduction }) => Loss,
  options: LossConformance = {},
): Case[] {
  const {
    reductions = ['sum', 'mean'],
    predictions = [-Infinity, Infinity],
    targets = [0, 1],
    columns = true,
  } = options;
  const { tolerance = 2e-6 } = options;
  const limits = { empty: false, ...options };
  const row = placementOf('row');
  return reductions.flatMap((reduction) => {
    const loss = make({ reduction });
    const name = `${options.name ?? loss.name}, ${reduction}`;
    const each = (what: string, examine: (example: Example) => void): Case => ({
      name: `${name}: ${what}`,
      run: () => search(examine, limits, callOf(`conformLoss(() => ${options.name ?? loss.name}`, options)),
    });
    const shapeOf = ({ sizes: [n, p] }: Example): Shape => [n, p];
    const given = (example: Example) => [
      ...numbersOf(example, [shapeOf(example)], predictions),
      ...numbersOf(example, [shapeOf(example)], targets, 'targets'),
    ];
    const error = (shape: Shape, numbers: readonly Float64Array[], at = row): number => {
      const { inputs, outputs } = build((x, t) => forwardOf(loss, x, t, at), [shape, shape], 'float64');
      return runner(inputs, outputs)(numbers)[0]?.data[0] ?? Number.NaN;
    };
    const cases = [
      each('one number', (example) => {
        const { outputs } = build(
          (x, t) => forwardOf(loss, x, t, row),
          [shapeOf(example), shapeOf(example)],
          'float64',
        );
        const shape = outputs[0]?.shape ?? [];
        if (shape.length > 0)
          throw new ConformanceError({
            what: 'the shape of the error',
            got: `[${shape.join(', ')}]`,
            expected: '[]',
          });
      }),
      each('the gradient at the prediction by central differences', (example) => {
        const [x = new Float64Array(), t = new Float64Array()] = given(example);
        const shape = shapeOf(example);
        const target = (like: Value) => constant({ shape: like.shape, data: t }, { dtype: 'float64' });
        examineJacobian(
          {
            what: `the gradient of ${loss.name}`,
            f: (p) => forwardOf(loss, p, p && target(p), row),
            shapes: [shape],
            names: ['the prediction'],
            tolerance,
          },
          [x],
        );
      }),
      each('a finite gradient where the prediction is the target, and far from it', (example) => {
        const shape = shapeOf(example);
        const [x = new Float64Array(), t = new Float64Array()] = given(example);
        const { forward, backward } = pullbackOf({
          f: (p, q) => forwardOf(loss, p, q, row),
          shapes: [shape, shape],
        });
        for (const place of ['the target', 0, 1e-30, -1e-30, 100, -100, 1000, -1000]) {
          const inside = x.map((y, k) => {
            const moved = typeof place === 'number' ? place : (t[k] ?? 0);
            return moved > predictions[0] && moved < predictions[1] ? moved : y;
          });
          const value = forward([inside, t])[0]?.data[0] ?? Number.NaN;
          const slopes = backward[0]?.([inside, t, Float64Array.of(1)])[0]?.data ?? [];
          const wrong = Array.from(slopes).findIndex((slope) => !Number.isFinite(slope));
          if (Number.isFinite(value) && wrong < 0) continue;
          throw new ConformanceError({
            what: `the ${wrong < 0 ? 'error' : 'gradient'} of predictions of ${place}`,
            got: String(wrong < 0 ? value : slopes[wrong]),
            expected: 'a finite number',
            at: `at prediction = ${nested(inside, shape)}; target = ${nested(t, shape)}`,
          });
        }
      }),
      each(`the ${reduction} over samples of what each has alone`, (example) => {
        const [n, p] = example.sizes;
        const [x = new Float64Array(), t = new Float64Array()] = given(example);
        let total = 0;
        for (let i = 0; i < n; i++)
          total += error([1, p], [x.subarray(i * p, (i + 1) * p), t.subarray(i * p, (i + 1) * p)]);
        const expected = reduction === 'sum' ? total : total / n;
        const got = error([n, p], [x, t]);
        if (!near(got, expected, 1e-10))
          throw new ConformanceError({
            what: `the error of ${n} samples of ${p}`,
            got: String(got),
            expected: `${expected}, the ${reduction} of the errors of each`,
            at: `at prediction = ${nested(x, [n, p])}; target = ${nested(t, [n, p])}`,
          });
      }),
    ];
    if (loss.reduction !== reduction)
      cases.push({
        name: `${name}: says how it reduces`,
        run: () => {
          throw new ConformanceError({ what: 'reduction', got: loss.reduction, expected: reduction });
        },
      });
    if (loss.perSample !== undefined)
      cases.push(
        each('errors of samples add up to it', (example) => {
          const [n, p] = example.sizes;
          const numbers = given(example);
          const { inputs, outputs } = build(
            (x, t) => (x && t && loss.perSample?.(x, t, row)) ?? [],
            [
              [n, p],
              [n, p],
            ],
            'float64',
          );
          const errors = Array.from(runner(inputs, outputs)(numbers)[0]?.data ?? []);
          const total = errors.reduce((a, b) => a + b, 0);
          const got = error([n, p], numbers);
          const expected = reduction === 'sum' ? total : total / n;
          if (errors.length !== n || !near(got, expected, 1e-10))
            throw new ConformanceError({
              what: `${errors.length} errors of ${n} samples`,
              got: `a loss of ${got}`,
              expected: String(expected),
            });
        }),
      );
    if (columns)
      cases.push(
        each('the same with samples in columns', (example) => {
          const [n, p] = example.sizes;
          const numbers = given(example);
          const flipped = numbers.map((data) =>
            Float64Array.from({ length: n * p }, (_, k) => data[(k % n) * p + Math.floor(k / n)] ?? 0),
          );
          const [got, expected] = [error([p, n], flipped, placementOf('column')), error([n, p], numbers)];
          if (!near(got, expected, 1e-10))
            throw new ConformanceError({
              what: 'the error in column layout',
              got: String(got),
              expected: `${expected}, as in row layout`,
            });
        }),
      );
    const usual: Example = { sizes: [4, 3, 2], seed: 3 };
    const { spec, names } = options;
    cases.push(
      guarded(`${name}: refuses a target that would be broadcast`, () => {
        for (const target of [
          [2, 2],
          [3, 3],
          [1, 2],
          [3, 1],
        ])
          refused(`${name} of a prediction of [3, 2] with a target`, [target], () =>
            build((x, t) => forwardOf(loss, x, t, row), [[3, 2], target], 'float64'),
          );
      }),
      ...parityCases(
        name,
        () => ({
          f: (x, t) => forwardOf(loss, x, t, row),
          shapes: [shapeOf(usual), shapeOf(usual)],
          numbers: given(usual),
        }),
        options,
      ),
    );
    if (spec !== undefined && names !== undefined)
      cases.push(
        guarded(`${name}: its spec gives the same spec and the same loss`, async () => {
          const [x = new Float64Array(), t = new Float64Array()] = given(usual);
          const data = dataOf({ input: [3], layers: ['identity'], loss: spec({ reduction }) });
          const batch = { x: float64(shapeOf(usual), x), target: float64(shapeOf(usual), t) };
          await examineRoundTrip(names, data, batch, () => ({
            kind: 'loss',
            numbers: [error(shapeOf(usual), [x, t])],
          }));
        }),
      );
    return cases;
  });
}

function forwardOf(
  loss: Loss,
  x: Value | undefined,
  t: Value | undefined,
  at: ReturnType<typeof placementOf>,
): Value {
  if (x === undefined || t === undefined)
    throw new ConformanceError({ what: 'a loss', got: 'no prediction', expected: 'prediction and target' });
  return loss.forward(x, t, at);
}

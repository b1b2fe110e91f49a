import {
  type Layout,
  type Loss,
  oneHot,
  placeholder,
  placementOf,
  type Reduction,
  type Shape,
  transpose,
} from '@pullback/core';
import { ConformanceError } from './case.ts';
import { examineDiagonal, examineJacobian, pullbackOf } from './jacobian.ts';
import {
  acceptedBy,
  atEnds,
  batchOf,
  errorOf,
  type Form,
  graphOf,
  inColumns,
  type LossBatch,
  type LossGround,
  numbersOfLoss,
  numbersOfUse,
  ofPrediction,
  sampleOf,
  takes,
} from './loss-ground.ts';
import { near } from './numbers.ts';
import { nested } from './numbers-as-text.ts';
import { examinePrecision } from './precision.ts';
import { refused } from './refusals.ts';
import { build, runner } from './runner.ts';
import { upstream } from './vertex-by-vertex.ts';

const usual = { sizes: [4, 3, 2], seed: 3 } as const;

export function placeOfBatch({ shape, x, t }: LossBatch): string {
  return `at prediction = ${nested(x, shape)}; target = ${nested(t, shape)}`;
}

function formsOf({ perSample }: Loss): readonly Form[] {
  return perSample === undefined ? ['forward'] : ['forward', 'perSample'];
}

/** That the same graph is built each time, of nothing but prediction and target. @throws ConformanceError */
export function examineLossPurity(ground: LossGround): void {
  const { loss, name } = ground;
  const batch = batchOf(ground, usual);
  for (const form of formsOf(loss)) {
    const [first, second] = [1, 2].map(() => numbersOfUse(loss, form, batch).numbers);
    if (first?.some((x, i) => !Object.is(x, second?.[i])))
      throw new ConformanceError({
        what: `it is not pure: ${form} of ${name}, built twice`,
        got: `[${second?.join(', ')}]`,
        expected: `[${first.join(', ')}], the same as the first time`,
      });
    const { inputs, outputs } = build(
      (...given) => graphOf(loss, form, given),
      [batch.shape, batch.shape],
      'float64',
    );
    const stranger = upstream(outputs, inputs).find(({ node }) => node.kind === 'leaf');
    if (stranger !== undefined)
      throw new ConformanceError({
        what: `${form} of ${name} uses '${stranger.attributes['name'] ?? stranger.origin.path}', which it was not given`,
        got: 'a Value that was kept',
        expected: 'prediction and target alone',
      });
  }
}

/** That the error is one number and those of samples are one for each, of the prediction's dtype. @throws ConformanceError */
export function examineLossShapes(ground: LossGround, layouts: readonly Layout[]): void {
  const { loss } = ground;
  for (const layout of layouts)
    for (const n of [1, 3, 12]) {
      const rows = batchOf(ground, usual, [n, 3]);
      const batch = layout === 'row' ? rows : inColumns(rows);
      for (const form of formsOf(loss)) {
        const wanted: Shape = form === 'forward' ? [] : [n];
        if (!takes(() => numbersOfLoss(loss, form, batch, { layout })))
          throw new ConformanceError({
            what: `${form} of a prediction of [${batch.shape.join(', ')}]`,
            got: told(() => numbersOfLoss(loss, form, batch, { layout })),
            expected: form === 'forward' ? 'one number' : `an error for each of ${n} samples, in ${layout}s`,
          });
        const { shape } = numbersOfLoss(loss, form, batch, { layout });
        if (shape.join() !== wanted.join())
          throw new ConformanceError({
            what: `the shape of ${form === 'forward' ? 'the error' : 'perSample, the errors of samples'}, of ${n} samples in ${layout}s`,
            got: `[${shape.join(', ')}]`,
            expected: `[${wanted.join(', ')}]${form === 'forward' ? ', one number' : ', one for each sample'}`,
          });
      }
    }
  const { shape, x, t } = batchOf(ground, usual);
  for (const form of formsOf(loss)) {
    const { inputs, outputs } = build((...given) => graphOf(loss, form, given), [shape, shape], 'float64');
    examinePrecision(form, inputs, outputs, [x, t]);
  }
}

function told(run: () => unknown): string {
  try {
    run();
    return 'no error';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** That the whole is the sum or mean of what each sample has alone, for few samples and many. @throws ConformanceError */
export function examineReduction({ loss }: LossGround, reduction: Reduction, batch: LossBatch): void {
  const n = batch.shape[0] ?? 0;
  const total = Array.from({ length: n }, (_, i) => errorOf(loss, sampleOf(batch, i))).reduce(
    (a, b) => a + b,
    0,
  );
  const expected = reduction === 'sum' ? total : total / n;
  const got = errorOf(loss, batch);
  if (!near(got, expected, 1e-10))
    throw new ConformanceError({
      what: `the error of ${n} samples of [${batch.shape.slice(1).join(', ')}]`,
      got: String(got),
      expected: `${expected}, the ${reduction} of the errors of each`,
      at: placeOfBatch(batch),
    });
}

/** That column layout means the same. @throws ConformanceError */
export function examineColumns({ loss }: LossGround, batch: LossBatch): void {
  const [got, expected] = [errorOf(loss, inColumns(batch), 'column'), errorOf(loss, batch)];
  if (!near(got, expected, 1e-10))
    throw new ConformanceError({
      what: 'the error in column layout',
      got: String(got),
      expected: `${expected}, as in row layout`,
    });
}

/** That each sample's error is what it has alone, in its place, in both layouts. @throws ConformanceError */
export function examinePerSample({ loss }: LossGround, batch: LossBatch, layout: 'row' | 'column'): void {
  const n = batch.shape[0] ?? 0;
  const { numbers } = numbersOfLoss(loss, 'perSample', layout === 'row' ? batch : inColumns(batch), {
    layout,
  });
  // Of more axes than two an error for each place may be meant.
  if (batch.shape.length > 2 && numbers.length !== n) return;
  for (let i = 0; i < n; i++) {
    const expected = errorOf(loss, sampleOf(batch, i));
    if (numbers.length === n && near(numbers[i] ?? Number.NaN, expected, 1e-10)) continue;
    throw new ConformanceError({
      what: `perSample of sample ${i} of ${n}, samples in ${layout}s`,
      got: numbers.length === n ? String(numbers[i]) : `${numbers.length} errors`,
      expected: `${expected}, what forward gives for it alone`,
      at: placeOfBatch(batch),
    });
  }
}

/** The gradient of a form at the prediction, against differences. @throws ConformanceError */
export function examineGradient(
  ground: LossGround,
  form: Form,
  rows: LossBatch,
  layout: 'row' | 'column' = 'row',
): void {
  const { loss, name, tolerance } = ground;
  const batch = layout === 'row' ? rows : inColumns(rows);
  const what = `the gradient of ${form === 'forward' ? name : `perSample of ${name}`}${layout === 'column' ? ', samples in columns,' : ''}`;
  examineJacobian(
    {
      what,
      f: ofPrediction(loss, form, batch, layout),
      shapes: [batch.shape],
      names: ['the prediction'],
      tolerance,
    },
    [batch.x],
  );
}

/** Places that random numbers miss: the target itself, one beside it, ties, whole numbers; targets at the ends of their interval, too. */
export function specialPlaces(ground: LossGround, shape: Shape): (LossBatch & { readonly place: string })[] {
  const { predictions, targets } = ground;
  const own = batchOf(ground, usual, shape);
  const batches = targets.every(Number.isFinite) ? [own, atEnds(own, targets)] : [own];
  return batches.flatMap(({ x, t }) => {
    const inside = (given: Float64Array) =>
      Float64Array.from(given, (y, k) => (y > predictions[0] && y < predictions[1] ? y : (x[k] ?? 0)));
    const [first = 0] = x;
    return [
      { place: 'at the target', x: t },
      { place: 'one above the target', x: t.map((y) => y + 1) },
      { place: 'one below the target', x: t.map((y) => y - 1) },
      { place: 'at ties', x: x.map(() => first) },
      { place: 'at whole numbers', x: x.map((y) => Math.round(y)) },
    ].map(({ place, x: given }) => ({ place, shape, x: inside(given), t }));
  });
}

/** The gradient at such places; where scores are tied also along the direction in which all of them move. @throws ConformanceError */
export function examineSpecial(ground: LossGround, form: Form): void {
  const { loss, name, tolerance } = ground;
  for (const { place, ...batch } of specialPlaces(ground, [2, 3])) {
    const f = ofPrediction(loss, form, batch);
    const what = `the gradient of ${form === 'forward' ? name : `perSample of ${name}`} ${place}`;
    const examined = { what, f, shapes: [batch.shape], names: ['the prediction'], tolerance };
    examineJacobian(examined, [batch.x]);
    if (place === 'at ties') examineDiagonal(examined, [batch.x]);
  }
}

/** No NaN and nothing infinite at the target, near it and far from it, in both dtypes. @throws ConformanceError */
export function examineFinite(ground: LossGround, form: Form, { shape, x, t }: LossBatch): void {
  const { loss, predictions, targets } = ground;
  const inside = (moved: number, y: number) => (moved > predictions[0] && moved < predictions[1] ? moved : y);
  const places = ['the target', 0, 1e-30, -1e-30, 100, -100, 1000, -1000].map((place) => ({
    name: `predictions of ${place}`,
    x: x.map((y, k) => inside(typeof place === 'number' ? place : (t[k] ?? 0), y)),
    t,
    ends: false,
  }));
  const finite = (range: readonly [number, number]) => range.filter(Number.isFinite);
  const targetsAtEnds = finite(targets).map((end) => ({
    name: `targets of ${end}`,
    x,
    t: t.map(() => end),
    ends: true,
  }));
  const predictionsAtEnds = finite(predictions).flatMap((end) =>
    [...finite(targets), undefined].map((target) => ({
      name: `predictions of ${end}${target === undefined ? '' : ` and targets of ${target}`}`,
      x: x.map(() => end),
      t: target === undefined ? t : t.map(() => target),
      ends: true,
    })),
  );
  for (const dtype of ['float64', 'float32'] as const) {
    const { forward, backward, outputs } = pullbackOf(
      { f: (...given) => graphOf(loss, form, given), shapes: [shape, shape] },
      dtype,
    );
    const ones = new Float64Array(outputs[0]?.shape[0] ?? 1).fill(1);
    for (const place of [...places, ...targetsAtEnds, ...predictionsAtEnds]) {
      const value = forward([place.x, place.t])[0]?.data ?? [];
      const slopes = backward[0]?.([place.x, place.t, ones])[0]?.data ?? [];
      // At an end of an interval an error may be infinite, as -log 0 is.
      const wrong = (y: number) => (place.ends ? Number.isNaN(y) : !Number.isFinite(y));
      const found = [value, slopes].map((numbers) => Array.from(numbers).find(wrong));
      const which = found[0] === undefined ? 1 : 0;
      if (found[which] === undefined) continue;
      throw new ConformanceError({
        what: `${which === 0 ? (form === 'forward' ? 'the error' : 'perSample') : `the gradient of ${form}`} of ${place.name}, in ${dtype}`,
        got: String(found[which]),
        expected: place.ends ? 'no NaN' : 'a finite number',
        at: placeOfBatch({ shape, x: place.x, t: place.t }),
      });
    }
  }
}

/** The error of predictions that are all NaN is no number: training that went wrong must show. @throws ConformanceError */
export function examineHiddenNaN(ground: LossGround, form: Form, { shape, x, t }: LossBatch): void {
  const { inputs, outputs } = build(
    (...given) => graphOf(ground.loss, form, given),
    [shape, shape],
    'float64',
  );
  const found = runner(inputs, outputs)([x.map(() => Number.NaN), t])[0]?.data ?? [];
  const hidden = Array.from(found).find(Number.isFinite);
  if (hidden !== undefined)
    throw new ConformanceError({
      what: `${form === 'forward' ? 'the error' : 'perSample'} of predictions that are all NaN`,
      got: String(hidden),
      expected: 'NaN: a number hides that training went wrong',
      at: placeOfBatch({ shape, x, t }),
    });
}

/** A target of another shape is refused. @throws ConformanceError */
export function examineTargetShapes({ loss, name }: LossGround): void {
  for (const target of [
    [2, 2],
    [3, 3],
    [1, 2],
    [3, 1],
    [6, 2],
    [3, 4],
  ])
    refused(`${name} of a prediction of [3, 2] with a target`, [target], () =>
      build((...given) => graphOf(loss, 'forward', given), [[3, 2], target], 'float64'),
    );
}

/** Whole numbers for classes, where they are taken, mean the same as one-hot targets, in both layouts. @throws ConformanceError */
export function examineLabels(ground: LossGround, layouts: readonly Layout[]): void {
  const { loss } = ground;
  const labels = Float64Array.of(0, 2, 1, 2);
  const rows = batchOf(ground, usual, [4, 3]);
  const dtype = 'float64';
  for (const layout of layouts)
    for (const form of formsOf(loss)) {
      const at = placementOf(layout);
      const { shape, x } = layout === 'row' ? rows : inColumns(rows);
      const prediction = placeholder({ shape, dtype }, 'prediction');
      const classes = placeholder({ shape: [4], dtype: 'int32' }, 'labels');
      if (!takes(() => graphOf(loss, form, [prediction, classes], at))) continue;
      const one = oneHot(classes, 3, { dtype });
      const [got, wanted] = [classes, layout === 'row' ? one : transpose(one)].map((target) => {
        const made = graphOf(loss, form, [prediction, target], at);
        return Array.from(runner([prediction, classes], [made])([x, labels])[0]?.data ?? []);
      });
      if (got?.length !== wanted?.length || got?.some((y, i) => !near(y, wanted?.[i] ?? Number.NaN, 1e-10)))
        throw new ConformanceError({
          what: `${form} for the labels [${labels.join(', ')}], whole numbers that count classes from 0, samples in ${layout}s`,
          got: `[${got?.join(', ')}]`,
          expected: `[${wanted?.join(', ')}], as for one-hot targets`,
        });
    }
}

/** Targets that `check` takes of each sample alone it takes of all together, in both layouts. @throws ConformanceError */
export function examineCheck(ground: LossGround): void {
  const { loss, targets } = ground;
  const batch = batchOf(ground, usual, [12, 3]);
  for (const layout of ['row', 'column'] as const)
    for (const rows of [batch, atEnds(batch, targets)]) {
      const accepted = (own: LossBatch) => acceptedBy(loss, layout === 'row' ? own : inColumns(own), layout);
      const each = Array.from({ length: 12 }, (_, i) => accepted(sampleOf(rows, i)));
      if (each.every(Boolean) && !accepted(rows))
        throw new ConformanceError({
          what: `check of 12 samples in ${layout}s`,
          got: 'it refuses targets, each of which it takes alone',
          expected: 'the same answer for all together',
        });
    }
}

import type { Loss, Reduction } from '@pullback/core';
import { type Case, ConformanceError, callOf, guarded } from './case.ts';
import { type Example, type SearchOptions, search } from './example.ts';
import {
  batchOf,
  errorOf,
  type Form,
  graphOf,
  type LossGround,
  numbersOfLoss,
  takes,
} from './loss-ground.ts';
import { examineContinuity } from './loss-path.ts';
import {
  examineCheck,
  examineColumns,
  examineFinite,
  examineGradient,
  examineHiddenNaN,
  examineLabels,
  examineLossPurity,
  examineLossShapes,
  examinePerSample,
  examineReduction,
  examineSpecial,
  examineTargetShapes,
} from './loss-probes.ts';
import { type ParityOptions, parityCases } from './parity.ts';
import { dataOf, examineRoundTrip, float64, type Names, type Spec } from './spec-round-trip.ts';

export interface LossConformance extends SearchOptions, ParityOptions {
  readonly name?: string;
  /** The interval of predictions; all numbers when left out. */
  readonly predictions?: readonly [number, number];
  /** The interval of targets; (0, 1), whose rows do not sum to 1, when left out. */
  readonly targets?: readonly [number, number];
  /** Both when left out; for a factory that takes no options, what it says of itself. */
  readonly reductions?: readonly Reduction[];
  /** Whether column layout has a meaning; true when left out. */
  readonly columns?: boolean;
  readonly tolerance?: number;
  /** The spec that names it, from the same options, and what makes models of specs. */
  readonly spec?: (options: { reduction: Reduction }) => Spec;
  readonly names?: Names;
}

type MakeLoss = (options: { reduction: Reduction }) => Loss;

/**
 * The examination of a loss: one number that is pure, its gradient against differences also at the target and at ties, its continuity, its reduction
 * over batches, errors of samples and their gradient, layouts, targets of a wrong shape, labels, dtypes, its trace, backends, its spec.
 */
export function conformLoss(make: MakeLoss, options: LossConformance = {}): Case[] {
  // A factory without options has the reduction that it has.
  const own = make.length === 0 ? [make({ reduction: 'sum' }), make({ reduction: 'mean' })] : [];
  const said = new Set(own.map(({ reduction }) => reduction));
  const { reductions = said.size === 1 ? [...said] : (['sum', 'mean'] as const) } = options;
  return reductions.flatMap((reduction) => casesOf(make, reduction, options));
}

function casesOf(make: MakeLoss, reduction: Reduction, options: LossConformance): Case[] {
  const { predictions = [-Infinity, Infinity], targets = [0, 1], columns = true, tolerance = 2e-6 } = options;
  const loss = make({ reduction });
  const title = options.name ?? loss.name;
  const name = `${title}, ${reduction}`;
  const ground: LossGround = { loss, name: title, predictions, targets, tolerance };
  const layouts = columns ? (['row', 'column'] as const) : (['row'] as const);
  const forms: readonly Form[] = loss.perSample === undefined ? ['forward'] : ['forward', 'perSample'];
  const usual: Example = { sizes: [4, 3, 2], seed: 3 };
  const once = (what: string, examine: () => void): Case => guarded(`${name}: ${what}`, examine);
  const each = (what: string, examine: (example: Example) => void): Case => ({
    name: `${name}: ${what}`,
    run: () => search(examine, { empty: false, ...options }, callOf(`conformLoss(() => ${title}`, options)),
  });
  const many = () =>
    [
      [12, 3],
      [1, 3],
      [70, 2],
      [3, 17],
      [6, 2, 3],
    ].map((shape) => batchOf(ground, usual, shape));
  // Predictions of more axes are taken or refused.
  const taken = () => many().filter((batch) => batch.shape.length < 3 || takes(() => errorOf(loss, batch)));
  return [
    once('it is pure', () => examineLossPurity(ground)),
    once(`it says that it is a ${reduction}`, () => {
      if (loss.reduction !== reduction)
        throw new ConformanceError({ what: 'reduction', got: loss.reduction, expected: reduction });
    }),
    once('one number, and one for each sample', () => examineLossShapes(ground, layouts)),
    once('refuses a target that would be broadcast', () => examineTargetShapes(ground)),
    each(`the ${reduction} over samples of what each has alone`, (example) =>
      examineReduction(ground, reduction, batchOf(ground, example)),
    ),
    once(`the ${reduction} over many samples, and of more axes`, () => {
      for (const batch of taken()) examineReduction(ground, reduction, batch);
    }),
    ...(loss.perSample === undefined
      ? []
      : layouts.map((layout) =>
          once(`errors of samples, in ${layout}s`, () => {
            for (const batch of layout === 'row' ? taken() : many().slice(0, 4))
              examinePerSample(ground, batch, layout);
          }),
        )),
    ...(columns
      ? [
          each('the same with samples in columns', (example) =>
            examineColumns(ground, batchOf(ground, example)),
          ),
          once('the same with many samples in columns', () => {
            for (const batch of many().slice(0, 4)) examineColumns(ground, batch);
          }),
        ]
      : []),
    each('the gradient at the prediction by central differences', (example) =>
      examineGradient(ground, 'forward', batchOf(ground, example)),
    ),
    ...forms.flatMap((form) => [
      ...layouts.map((layout) =>
        once(`the gradient of ${form}, samples in ${layout}s`, () =>
          examineGradient(ground, form, batchOf(ground, usual), layout),
        ),
      ),
      once(`the gradient of ${form}, of many components`, () =>
        examineGradient(ground, form, batchOf(ground, usual, [2, 17])),
      ),
      once(`the gradient of ${form} at the target, at ties and at whole numbers`, () =>
        examineSpecial(ground, form),
      ),
      once(`${form} and its gradient are finite where the prediction is the target, and far from it`, () => {
        for (const shape of [
          [1, 1],
          [2, 3],
        ])
          examineFinite(ground, form, batchOf(ground, usual, shape));
      }),
      once(`${form} of a NaN is one`, () => examineHiddenNaN(ground, form, batchOf(ground, usual))),
    ]),
    once('it nowhere jumps', () => examineContinuity(ground)),
    once('whole numbers for classes, where they are taken', () => examineLabels(ground, layouts)),
    once('check takes what the loss is meant for', () => examineCheck(ground)),
    ...parityCases(
      name,
      () => {
        const { shape, x, t } = batchOf(ground, usual);
        return { f: (...given) => graphOf(loss, 'forward', given), shapes: [shape, shape], numbers: [x, t] };
      },
      options,
    ),
    ...specCases(ground, reduction, options),
  ];
}

function specCases(ground: LossGround, reduction: Reduction, { spec, names }: LossConformance): Case[] {
  if (spec === undefined || names === undefined) return [];
  return [
    guarded(`${ground.name}, ${reduction}: its spec gives the same spec and the same loss`, async () => {
      const { shape, x, t } = batchOf(ground, { sizes: [4, 3, 2], seed: 3 });
      const data = dataOf({ input: [3], layers: ['identity'], loss: spec({ reduction }) });
      const batch = { x: float64(shape, x), target: float64(shape, t) };
      await examineRoundTrip(names, data, batch, () => ({
        kind: 'loss',
        numbers: numbersOfLoss(ground.loss, 'forward', { shape, x, t }).numbers,
      }));
    }),
  ];
}

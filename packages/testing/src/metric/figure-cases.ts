import { type Case, ConformanceError, guarded } from '../case.ts';
import { type Examination, manners } from './examination.ts';
import { refuseNaN, refuseOther } from './figures.ts';
import { type MetricSamples, perfect, rowsOf, samplesAsText, samplesOf } from './samples.ts';
import { examineNoWeight, examineWeights } from './weights.ts';

/** That the figure is that of its formula, and a number wherever there is one. */
export function figureCases(at: Examination): Case[] {
  const { make, showing, rules } = at;
  const { reference, tolerance = 1e-9, columns = true, outputs = rules.outputs } = at.options;
  const cases = [
    at.each(
      'a number, and no NaN, of numbers',
      (metric, samples) => {
        refuseNaN('the figure', at.whole(metric, samples), samples);
      },
      manners,
    ),
    guarded(`${at.name}: no NaN of no samples`, () => {
      for (const place of outputs.keys()) {
        const none = samplesOf({ sizes: [0, place, 1], seed: 1 }, rules, 'plain');
        const figure = at.whole(make(), none);
        refuseNaN('the figure of no samples', figure);
        const wanted = reference === undefined ? 0 : (attempted(() => reference([], [])) ?? Number.NaN);
        if (Number.isNaN(wanted) && typeof figure === 'number')
          throw new ConformanceError({
            what: 'the figure of no samples, of which its formula has none',
            got: String(figure),
            expected: 'a DataError that says what is missing: a number would look like a figure',
          });
      }
    }),
    at.each(
      'in float32 as in float64',
      (metric, samples) => {
        for (const moved of shifted(samples, at))
          refuseOther(
            'the figure in float32',
            [at.whole(metric, moved, { dtype: 'float32' }), at.whole(metric, moved)],
            { why: 'as in float64', samples: moved, tolerance: 2e-3 },
          );
      },
      ['plain', 'small'],
    ),
  ];
  if (reference !== undefined)
    cases.push(
      at.each('the figure of its formula', (metric, samples) => {
        const { predictions, targets } = rowsOf(samples);
        const expected = attempted(() => reference(predictions, targets));
        if (expected !== undefined)
          refuseOther('the figure', [at.whole(metric, samples), expected], {
            why: 'by the formula over all samples',
            samples,
            tolerance,
          });
      }),
    );
  if (columns)
    cases.push(
      at.each(
        'the same with samples in columns',
        (metric, samples) => {
          refuseOther(
            'the figure in column layout',
            [at.whole(metric, samples, { layout: 'column' }), at.whole(metric, samples)],
            { why: 'as in row layout', samples },
          );
        },
        at.few,
      ),
    );
  if (make().weighted === true)
    cases.push(
      at.each(
        'weights of samples',
        (metric, samples, example) => {
          examineWeights(metric, samples, example, showing);
          examineNoWeight(metric, samples, showing);
        },
        at.few,
      ),
    );
  return at.options.anyTarget === true ? cases : [...cases, ...bestCases(at)];
}

/** That the figure of the targets themselves is the best one, and that of predictions that are no numbers is not. */
function bestCases(at: Examination): Case[] {
  const best = (samples: MetricSamples) => ({ ...samples, predictions: perfect(samples, at.rules) });
  return [
    at.each(
      'not perfect where every prediction is NaN',
      (metric, samples) => {
        if (new Set(samples.targets).size < 2) return;
        const lost = { ...samples, predictions: samples.predictions.map(() => Number.NaN) };
        const got = at.whole(metric, lost);
        if (typeof got === 'number' && got === at.whole(metric, best(samples)))
          throw new ConformanceError({
            what: 'the figure of predictions that are all NaN',
            got: `${got}, as of the targets themselves`,
            expected: 'NaN, a worse figure or a DataError',
            at: samplesAsText(lost),
          });
      },
      ['plain'],
    ),
    at.each(
      'no figure is better than that of the targets themselves',
      (metric, samples) => {
        const [most, other] = [at.whole(metric, best(samples)), at.whole(metric, samples)];
        if (metric.better === undefined || typeof most !== 'number' || typeof other !== 'number') return;
        const sign = metric.better === 'lower' ? -1 : 1;
        if (sign * other > sign * most + 1e-9)
          throw new ConformanceError({
            what: `the figure of other predictions, by a metric whose ${metric.better} figures are better`,
            got: String(other),
            expected: `none better than ${most}, that of the targets themselves`,
            at: samplesAsText(samples),
          });
      },
      ['plain', 'ties'],
    ),
  ];
}

/** The samples in numbers that float32 holds; and, where all numbers are allowed, far from 0. */
function shifted(samples: MetricSamples, { rules: { predictions, targets } }: Examination): MetricSamples[] {
  const unbounded = ([low, high]: readonly [number, number]) => low === -Infinity && high === Infinity;
  const far = typeof targets !== 'string' && unbounded(targets) && unbounded(predictions);
  return (far ? [0, 1e4] : [0]).map((shift) => ({
    ...samples,
    predictions: samples.predictions.map((x) => Math.fround(x + shift)),
    targets: samples.targets.map((t) => Math.fround(t + shift)),
  }));
}

function attempted(formula: () => number): number | undefined {
  try {
    return formula();
  } catch {
    return undefined;
  }
}

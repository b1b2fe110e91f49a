import {
  formatShape,
  type Metric,
  placeholder,
  placementOf,
  sizeOf,
  type Tensor,
  tensor,
} from '@pullback/core';
import { type Case, ConformanceError, guarded } from '../case.ts';
import { examineError } from '../refusals.ts';
import type { Examination } from './examination.ts';
import type { Showing } from './figures.ts';
import { samplesAsText } from './samples.ts';

/** That targets which fit are taken, and others refused: of another shape, and those that the author names. */
export function targetCases(at: Examination): Case[] {
  const { make, showing, rules } = at;
  const { refuses = [], anyTarget = false } = at.options;
  const dtype = rules.targets === 'labels' ? 'int32' : 'float64';
  const others = (width: number) =>
    rules.targets === 'labels'
      ? [[2], [4], [3, width + 1]]
      : [
          [2, width],
          [1, width],
          [3, width + 1],
        ];
  const cases = [
    at.each('takes the targets that it is meant for', (metric, samples) => {
      // Where there is no figure, as of one class, check may say so before.
      if (typeof at.whole(metric, samples) !== 'number') return;
      const { count, outputs, targets, labels } = samples;
      const target = tensor({ shape: labels ? [count] : [count, outputs], data: targets }, { dtype });
      try {
        metric.check?.(
          target,
          { shape: [count, outputs], dtype: 'float64' },
          { ...placementOf('row'), ...showing },
        );
      } catch (error) {
        throw new ConformanceError({
          what: 'an error of check',
          got: String(error),
          expected: 'none for such targets',
          at: samplesAsText(samples),
        });
      }
    }),
    ...refuses.map(({ outputs, target }) =>
      guarded(`${at.name}: refuses targets that it is not meant for`, () =>
        refuseTarget(make(), { outputs, target: tensor(target) }, showing),
      ),
    ),
  ];
  if (anyTarget) return cases;
  return [
    ...cases,
    guarded(`${at.name}: refuses targets of another shape`, () => {
      for (const outputs of rules.outputs)
        for (const shape of others(outputs)) {
          const target = tensor({ shape, data: new Float64Array(sizeOf(shape)) }, { dtype });
          refuseTarget(make(), { outputs, target, samples: 3 }, showing);
        }
    }),
  ];
}

interface Misfit {
  readonly outputs: number;
  readonly target: Tensor;
  readonly samples?: number;
}

/** @throws ConformanceError when neither `check` nor `observe` refuses the target, or not with an error of ours. */
function refuseTarget(
  metric: Metric,
  { outputs, target, samples = target.shape[0] ?? 0 }: Misfit,
  showing: Showing,
): void {
  const prediction = { shape: [samples, outputs], dtype: 'float64' } as const;
  const at = { ...placementOf('row'), ...showing };
  const what = `${metric.name} of a prediction of ${formatShape(prediction.shape)} with a target`;
  try {
    metric.check?.(target, prediction, at);
    metric.observe(placeholder(prediction, 'prediction'), placeholder(target, 'target'), at);
  } catch (error) {
    examineError(what, [[]], error);
    return;
  }
  throw new ConformanceError({
    what: `${what} of ${formatShape(target.shape)}${target.data.length > 8 ? '' : `, [${target.data.join(', ')}]`}`,
    got: 'no error',
    expected: 'a ShapeError or DataError, by check or observe, that says what was expected',
  });
}

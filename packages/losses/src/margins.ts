import {
  add,
  checkOptions,
  DataError,
  equal,
  type Loss,
  max,
  maximum,
  mul,
  select,
  square,
  sub,
  sum,
  weigh,
} from '@pullback/core';
import { checkTarget, componentLoss, type LossOptions, lossFields, lossOf } from './reduce.ts';

/** Margins of targets -1 and 1; a target that is missing, as NaN, may have a weight of 0. */
const ofSigns: Pick<Loss, 'check' | 'meaning'> = {
  meaning: { as: 'margins', exclusive: false },
  check: ({ data }) => {
    const wrong = data.findIndex((t) => t !== 1 && t !== -1 && !Number.isNaN(t));
    if (wrong >= 0)
      throw new DataError({
        got: `a target of ${data[wrong]}, number ${wrong}`,
        expected: '-1 or 1, the side on which the prediction shall be',
        hint: 'Of targets 0 and 1, 2 t - 1 makes such.',
      });
  },
};

/**
 * max(0, 1 - t x) for targets -1 and 1: nothing is wrong from a margin of 1 on; at the kink the derivative is half of -t.
 * @throws ShapeError when target and prediction differ in shape, DataError for targets other than -1 and 1.
 */
export function hinge(options: LossOptions = {}): Loss {
  const { reduction = 'mean' } = checkOptions('hinge', options, lossFields);
  return componentLoss('hinge', { reduction, ...ofSigns }, (x, t) => maximum(sub(1, mul(t, x)), 0));
}

/**
 * max(0, 1 - t x)^2 for targets -1 and 1.
 * @throws ShapeError when target and prediction differ in shape, DataError for targets other than -1 and 1.
 */
export function squaredHinge(options: LossOptions = {}): Loss {
  const { reduction = 'mean' } = checkOptions('squaredHinge', options, lossFields);
  return componentLoss('squaredHinge', { reduction, ...ofSigns }, (x, t) =>
    square(maximum(sub(1, mul(t, x)), 0)),
  );
}

/**
 * max(0, 1 + largest x of another class - x of the right one), for one-hot targets. Source: Crammer and Singer 2001.
 * @throws ShapeError when target and prediction differ in shape.
 */
export function categoricalHinge(options: LossOptions = {}): Loss {
  const { reduction = 'mean' } = checkOptions('categoricalHinge', options, lossFields);
  return lossOf({
    meaning: { as: 'margins', exclusive: true },
    name: 'categoricalHinge',
    reduction,
    errors: (x, t, { classAxis }) => {
      checkTarget(x, t);
      const along = { axis: classAxis, keepAxis: true };
      const others = max(select(equal(t, 1), -1e30, x), along);
      return maximum(sub(add(others, 1), sum(weigh(x, t), along)), 0);
    },
  });
}

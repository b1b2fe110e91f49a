import {
  abs,
  add,
  and,
  cast,
  defineLayer,
  equal,
  filled,
  greaterEqual,
  type Layer,
  less,
  select,
  sub,
  sum,
  type Value,
} from 'pullback';

export interface CriterionOptions {
  /** How near an output comes to its target. */
  readonly tolerance: number;
  /** How many patterns a sweep shows. */
  readonly patterns: number;
}

/**
 * The network, which while it learns also counts: `shown`, the patterns until now; `right`, how many of them in a row, up to now, had every
 * output within the tolerance; and `learned`, how many had been shown when a whole sweep of right ones began, -1 before. So any number
 * of steps may be run in one call, and the sweep is known that was the last to be needed.
 */
export function untilLearned(
  network: Layer<readonly [Value]>,
  { tolerance, patterns }: CriterionOptions,
): Layer<readonly [Value, Value]> {
  return defineLayer('criterion', (scope, pattern: Value, target: Value) => {
    const output = scope.apply(network, pattern);
    if (!scope.training) return output;
    const [shown, right, learned] = [
      scope.state('shown', [], filled(0)),
      scope.state('right', [], filled(0)),
      scope.state('learned', [], filled(-1)),
    ];
    const [now = 0, width = 0] = output.shape;
    const near = sum(cast(less(abs(sub(output, target)), tolerance), scope.dtype));
    const inARow = select(equal(near, now * width), add(right.value, now), 0);
    const before = add(shown.value, now - patterns);
    const first = and(less(learned.value, 0), greaterEqual(inARow, patterns));
    shown.set(add(shown.value, now));
    right.set(inARow);
    learned.set(select(first, before, learned.value));
    return output;
  });
}

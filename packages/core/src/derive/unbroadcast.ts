import { ShapeError } from '../errors.ts';
import type { Value } from '../graph/value.ts';
import { formatShape, type Shape, sameShape } from '../tensors/shape.ts';

interface Pair {
  readonly prediction: Value;
  readonly target: Value;
}

// Building a graph is synchronous: the pair that is being compared is a variable of the call stack, as the origin is.
let compared: Pair | undefined;

/**
 * Runs `make`, the formula of a loss. An operation in it that would repeat the prediction to fit what is made of the target, or the target
 * to fit what is made of the prediction, is refused: [n, 1] beside [n] would silently compare every sample with every other.
 * A Value that was reshaped, reduced or repeated on purpose may be repeated further.
 * @throws ShapeError
 */
export function unbroadcast<T>(prediction: Value, target: Value, make: () => T): T {
  const outer = compared;
  compared = { prediction, target };
  try {
    return make();
  } finally {
    compared = outer;
  }
}

/** Refuses operands of one operation that would be broadcast to `shape` against the rule of `unbroadcast`. @throws ShapeError */
export function checkBroadcast(operands: readonly Value[], shape: Shape): void {
  if (compared === undefined) return;
  const { prediction, target } = compared;
  for (const operand of operands) {
    if (sameShape(operand.shape, shape)) continue;
    for (const [name, own, other] of [
      ['prediction', prediction, target],
      ['target', target, prediction],
    ] as const) {
      const alike = (value: Value) => sameShape(value.shape, own.shape);
      if (!alike(operand) || !reaches(operand, own, alike)) continue;
      if (operands.some((beside) => beside !== operand && reaches(beside, other, () => true)))
        throw new ShapeError({
          got: `a prediction of ${formatShape(prediction.shape)} and a target of ${formatShape(target.shape)}, whose ${name} would be repeated to ${formatShape(shape)}`,
          expected: 'shapes that fit without that',
          hint: `Where it is meant, mul(${name}, ones(shape)) repeats it.`,
        });
    }
  }
}

/** Whether `from` is computed from `to` by way of Values that `through` holds for. */
function reaches(from: Value, to: Value, through: (value: Value) => boolean): boolean {
  const seen = new Set<Value>();
  const waiting = [from];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (value === to) return true;
    if (seen.has(value) || value === compared?.prediction || value === compared?.target) continue;
    seen.add(value);
    waiting.push(...value.inputs.filter(through));
  }
  return false;
}

import { DTypeError, OptionError, ShapeError } from '../errors.ts';
import { elementsPrimitive } from '../forms/elements.ts';
import { applyPrimitive } from '../graph/apply.ts';
import { Value } from '../graph/value.ts';
import * as scalar from '../scalar/operations.ts';
import { of3 } from '../scalar/scalar.ts';
import { formatShape, sameShape } from '../tensors/shape.ts';
import { commonShape, lift, type Operand } from './elementwise.ts';

const selectPrimitive = elementsPrimitive<readonly [Value, Value, Value], Readonly<Record<string, never>>>(
  'select',
  {
    infer: ([c, a, b]) => {
      if (c.dtype !== 'bool' || a.dtype !== b.dtype)
        throw new DTypeError({
          got: `select of ${c.dtype}, ${a.dtype} and ${b.dtype}`,
          expected: 'a bool and two operands of one dtype',
        });
      if (!sameShape(c.shape, a.shape) || !sameShape(a.shape, b.shape))
        throw new ShapeError({
          got: [c, a, b].map(({ shape }) => formatShape(shape)).join(),
          expected: 'one shape',
        });
      return a;
    },
    formula: of3(scalar.select),
    // Chosen, not multiplied by 0 and 1: what the other branch holds, NaN and infinity included, does not come through.
    vjp: (g, { inputs: [c] }) => [undefined, select(c, g, 0), select(c, 0, g)],
  },
);

/** a where the condition holds, else b, after broadcasting. The gradient goes to the one that was taken. */
export function select(condition: Value, a: Operand, b: Operand): Value {
  const like = a instanceof Value ? a : b;
  if (!(like instanceof Value))
    throw new OptionError({
      got: 'select of two numbers',
      expected: 'at least one Value',
      hint: 'constant(x) makes one.',
    });
  const shape = commonShape(condition, a, b);
  return applyPrimitive(
    selectPrimitive,
    [lift(condition, shape, 'bool'), lift(a, shape, like.dtype), lift(b, shape, like.dtype)],
    {},
  );
}

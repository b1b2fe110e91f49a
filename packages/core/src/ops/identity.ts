import { applyPrimitive } from '../graph/apply.ts';
import type { Primitive, Value } from '../graph/value.ts';

type Identity = Primitive<readonly [Value], Readonly<Record<string, number>>, Value>;

function identity(name: string, rules: Pick<Identity, 'vjp'> = {}): Identity {
  return {
    kind: 'identity',
    name,
    form: { kind: 'same' },
    infer: ([x]) => x,
    evaluate: ([x], [output]) => output.data.set(x.data),
    ...rules,
  };
}

const stopGradientPrimitive = identity('stopGradient');

/** x, through which no gradient flows. */
export function stopGradient(x: Value): Value {
  return applyPrimitive(stopGradientPrimitive, [x], {});
}

const barrierPrimitive = identity('barrier', { vjp: (gradient) => [gradient] });

let barriers = 0;

/**
 * x, behind which nothing is merged with what was computed before it: what a vjp computes again from a barrier
 * is computed again, not kept (gradient checkpointing).
 */
export function barrier(x: Value): Value {
  return applyPrimitive(barrierPrimitive, [x], { id: barriers++ });
}

import { apply, madeHere } from '../graph/apply.ts';
import type { InverseLink, Value } from '../graph/value.ts';
import { neg } from '../ops/arithmetic.ts';
import { log as logarithm } from '../ops/functions.ts';
import { filledWith } from '../ops/leaves.ts';
import { logSigmoid } from './sigmoid.ts';
import { logSoftmax } from './softmax.ts';

/** The logits that probabilities were made of, and how. */
export interface Logits {
  readonly link: InverseLink;
  readonly logits: Value;
}

/** The logits that `x` was made of by sigmoid or softmax, where the caller made it so himself; undefined where it is given. */
export function logitsOf(x: Value): Logits | undefined {
  const { node, inputs } = x.vertex;
  const [logits] = inputs;
  if (node.kind !== 'composite' || node.inverseLink === undefined || logits === undefined || !madeHere(x))
    return undefined;
  return { link: node.inverseLink, logits };
}

/**
 * The natural logarithm; gradient g / x. The logarithm of softmax(z), of sigmoid(z) and of 1 - sigmoid(z) is computed from z, so that it and its
 * gradient at z are finite and right where the probability is 0 in floating point. The gradient at the probability itself stays g / x.
 */
export function log(x: Value): Value {
  const made = logitsOf(x);
  if (made !== undefined) return logOfProbability(x, made);
  const complement = complementOf(x);
  return complement === undefined ? logarithm(x) : logOfComplement(x, complement.p, complement.logits);
}

function logOfProbability(x: Value, { link, logits }: Logits): Value {
  return apply<[Value, Value]>(
    {
      kind: 'composite',
      name: 'log',
      forward: (z) => (link.name === 'softmax' ? logSoftmax(z, { axis: link.axis }) : logSigmoid(z)),
      detour: { through: [1], forward: (_, p) => logarithm(p) },
    },
    logits,
    x,
  );
}

/** log (1 - sigmoid(z)) = log sigmoid(-z). */
function logOfComplement(x: Value, p: Value, logits: Value): Value {
  return apply<[Value, Value, Value]>(
    {
      kind: 'composite',
      name: 'log',
      forward: (z) => logSigmoid(neg(z)),
      detour: { through: [1, 2], forward: (_, y) => logarithm(y) },
    },
    logits,
    x,
    p,
  );
}

/** The p = sigmoid(z) of x = 1 - p. */
function complementOf(x: Value): { readonly p: Value; readonly logits: Value } | undefined {
  const [one, p] = x.inputs;
  if (
    x.vertex.node.name !== 'sub' ||
    x.vertex.node.kind !== 'elementwise' ||
    one === undefined ||
    p === undefined
  )
    return undefined;
  if (filledWith(one.vertex.node, one.vertex.attributes) !== 1 || !madeHere(x)) return undefined;
  const made = logitsOf(p);
  return made?.link.name === 'logistic' ? { p, logits: made.logits } : undefined;
}

import {
  cast,
  div,
  equal,
  expandDims,
  fill,
  gather,
  logSoftmax,
  mean,
  mul,
  neg,
  reshape,
  select,
  sum,
  type Value,
} from '@pullback/core';
import type { OperatorNode, Operators } from '../operator-node.ts';
import { gatherElements } from './indexing.ts';

/** -weight log p at the targets: x [n, classes, ...], targets [n, ...]. A target that is to be ignored counts as nothing. */
function likelihood(node: OperatorNode, x: Value): Value {
  const target = cast(node.x(1), 'int32');
  const ignored = node.int('ignore_index');
  const left = ignored === undefined ? fill(0, target.shape, 'bool') : equal(target, ignored);
  const safe = select(left, 0, target);
  const chosen = reshape(gatherElements(x, expandDims(safe, 1), 1), target.shape);
  const weights = node.maybe(2);
  const own =
    weights === undefined
      ? fill(1, target.shape, x.dtype)
      : reshape(gather(weights, reshape(safe, [-1])), target.shape);
  const weight = select(left, 0, own);
  const each = select(left, 0, mul(neg(chosen), own));
  const how = node.word('reduction', 'mean', 'sum', 'none');
  if (how === 'none') return each;
  if (how === 'sum') return sum(each);
  return weights === undefined && ignored === undefined ? mean(each) : div(sum(each), sum(weight));
}

/** Losses of classes. */
export const losses: Operators = {
  NegativeLogLikelihoodLoss: (node) => likelihood(node, node.x(0)),
  SoftmaxCrossEntropyLoss: (node) => {
    const logs = logSoftmax(node.x(0), { axis: 1 });
    return [likelihood(node, logs), logs];
  },
};

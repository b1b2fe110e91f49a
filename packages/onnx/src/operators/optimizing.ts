import { add, cast, div, equal, fill, mul, pow, select, sqrt, square, sub, type Value } from '@pullback/core';
import type { OperatorNode, Operators } from '../operator-node.ts';
import { range } from './axes.ts';

/** Steps of optimizers for several tensors: the inputs R and T, then all tensors, their gradients, and what is kept of each. */
function steps(
  kept: number,
  update: (node: OperatorNode, rate: Value, tensors: readonly Value[]) => readonly Value[],
) {
  return (node: OperatorNode): readonly Value[] => {
    const rate = node.x(0);
    const count = (node.inputs.length - 2) / (2 + kept);
    const made = range(count).map((i) =>
      update(
        node,
        rate,
        range(2 + kept).map((k) => node.x(2 + k * count + i)),
      ),
    );
    return range(1 + kept).flatMap((k) => made.flatMap((each) => each[k] ?? []));
  };
}

function regularized(node: OperatorNode, x: Value, g: Value): Value {
  const by = node.float('norm_coefficient', 0);
  return by === 0 ? g : add(g, mul(by, x));
}

function adagrad(node: OperatorNode, rate: Value, [x = rate, g = rate, h = rate]: readonly Value[]) {
  const slope = regularized(node, x, g);
  const sums = add(h, square(slope));
  const now = div(rate, add(1, mul(cast(node.x(1), rate.dtype), node.float('decay_factor', 0))));
  return [sub(x, div(mul(now, slope), add(sqrt(sums), node.float('epsilon', 1e-6)))), sums];
}

function adam(node: OperatorNode, rate: Value, [x = rate, g = rate, v = rate, h = rate]: readonly Value[]) {
  const [alpha, beta] = [node.float('alpha', 0.9), node.float('beta', 0.999)];
  const slope = regularized(node, x, g);
  const [average, squares] = [
    add(mul(alpha, v), mul(1 - alpha, slope)),
    add(mul(beta, h), mul(1 - beta, square(slope))),
  ];
  const count = cast(node.x(1), rate.dtype);
  const power = (base: number) => pow(fill(base, count.shape, count.dtype), count);
  const corrected = div(mul(rate, sqrt(sub(1, power(beta)))), sub(1, power(alpha)));
  const now = select(equal(count, 0), rate, corrected);
  const moved = sub(x, div(mul(now, average), add(sqrt(squares), node.float('epsilon', 1e-6))));
  return [mul(moved, 1 - node.float('norm_coefficient_post', 0)), average, squares];
}

function momentum(node: OperatorNode, rate: Value, [x = rate, g = rate, v = rate]: readonly Value[]) {
  const slope = regularized(node, x, g);
  const alpha = node.float('alpha', 0);
  const beta = select(equal(node.x(1), 0), 1, fill(node.float('beta', 0), node.x(1).shape, rate.dtype));
  const speed = add(mul(alpha, v), mul(beta, slope));
  const way =
    node.word('mode', 'standard', 'nesterov') === 'nesterov' ? add(slope, mul(alpha, speed)) : speed;
  return [sub(x, mul(rate, way)), speed];
}

/** Steps of optimizers as operators. */
export const optimizing: Operators = {
  'ai.onnx.preview.training:Adagrad': steps(1, adagrad),
  'ai.onnx.preview.training:Adam': steps(2, adam),
  'ai.onnx.preview.training:Momentum': steps(1, momentum),
};

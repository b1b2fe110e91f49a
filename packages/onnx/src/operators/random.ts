import { add, cast, div, fill, less, mul, normal, select, sub, uniform, type Value } from '@pullback/core';
import { dtypeFor, typeOfCode, types } from '../element-types.ts';
import { hostNumbers } from '../host-numbers.ts';
import type { OperatorNode, Operators, Typed } from '../operator-node.ts';

/** x / (1 - ratio) where a coin says so, while training; x itself else. The key is that of the model, not of the file. */
function dropout(node: OperatorNode): readonly Typed[] {
  const { value: x, type } = node.typed(0);
  const trains = node.opset >= 12 ? node.has(2) && hostNumbers(node.x(2))?.data[0] !== 0 : false;
  const ratio = node.opset >= 12 ? node.maybe(1) : undefined;
  const known = ratio === undefined ? node.float('ratio', 0.5) : hostNumbers(ratio)?.data[0];
  const whole = { value: fill(1, x.shape, 'bool'), type: types.bool };
  if (!(trains || node.around.training) || known === 0) return [{ value: x, type }, whole];
  const rate = known ?? cast(ratio ?? x, x.dtype);
  const kept = less(rate, cast(uniform(node.around.randomKey(), x.shape), x.dtype));
  const share = typeof rate === 'number' ? 1 - rate : sub(1, rate);
  return [
    { value: select(kept, typeof share === 'number' ? mul(x, 1 / share) : div(x, share), 0), type },
    { value: kept, type: types.bool },
  ];
}

function drawn(
  node: OperatorNode,
  shape: readonly number[],
  draw: (key: Value, shape: readonly number[]) => Value,
): Typed {
  const code = node.int('dtype', node.inputs[0]?.type.code ?? types.float.code);
  const type = typeOfCode(code, node.proto.opType);
  return { value: cast(draw(node.around.randomKey(), shape), dtypeFor(type, node.around.floats)), type };
}

const uniformly = (node: OperatorNode) => (key: Value, shape: readonly number[]) => {
  const [low, high] = [node.float('low', 0), node.float('high', 1)];
  return add(mul(uniform(key, shape), high - low), low);
};

const normally = (node: OperatorNode) => (key: Value, shape: readonly number[]) =>
  add(mul(normal(key, shape), node.float('scale', 1)), node.float('mean', 0));

/** Random numbers by our own counted generator: seeds of the file are not those of other programs. */
export const random: Operators = {
  Dropout: dropout,
  RandomUniform: (node) => drawn(node, node.ints('shape') ?? [], uniformly(node)),
  RandomUniformLike: (node) => drawn(node, node.x(0).shape, uniformly(node)),
  RandomNormal: (node) => drawn(node, node.ints('shape') ?? [], normally(node)),
  RandomNormalLike: (node) => drawn(node, node.x(0).shape, normally(node)),
  Bernoulli: (node) =>
    drawn(node, node.x(0).shape, (key, shape) => less(cast(uniform(key, shape), node.x(0).dtype), node.x(0))),
};

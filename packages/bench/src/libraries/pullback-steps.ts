// Steps that are written as functions of Values, through the product's public face.

import {
  adam,
  add,
  cast,
  constant,
  convolution,
  div,
  gradient,
  matmul,
  mean,
  mul,
  relu,
  reshape,
  scan,
  sigmoid,
  slice,
  sqrt,
  square,
  sub,
  sum,
  tanh,
  transpose,
  type Value,
  zeros,
} from 'pullback';
import type { StepName } from '../cases.ts';

type StepOf = (...given: readonly Value[]) => readonly Value[];

/** All but lenet, which is a model. */
export const stepsOf: Readonly<Record<Exclude<StepName, 'lenet'>, StepOf>> = {
  'conv-3x3': (...given) => {
    const [x, kernel, slope] = given as [Value, Value, Value];
    const y = convolution(x, kernel, { padding: 'same' });
    return [y, ...gradient(sum(mul(y, slope)), [x, kernel])];
  },
  'resnet-block': (...given) => {
    const [x, slope, ...weights] = given as [Value, Value, ...Value[]];
    const [w1, s1, t1, w2, s2, t2] = weights as [Value, Value, Value, Value, Value, Value];
    const inner = relu(normalized(convolution(x, w1, { padding: 'same' }), s1, t1));
    const outer = normalized(convolution(inner, w2, { padding: 'same' }), s2, t2);
    const loss = mean(mul(relu(add(x, outer)), slope));
    return [loss, ...gradient(loss, weights).map((g, i) => sub(weights[i] ?? g, mul(0.1, g)))];
  },
  lstm: recurrent,
  'lstm-256': recurrent,
  'adam-10m': (...given) => {
    const [g, step, first, second, weight] = given as [Value, Value, Value, Value, Value];
    const [moved] = adam({ learningRate: 0.001 }).update(
      [{ path: 'weights', weight, gradient: g, slots: { first, second } }],
      { learningRate: constant(0.001), step: reshape(cast(step, 'int32'), []) },
    );
    if (moved === undefined) throw new Error('an update of nothing');
    const { slots } = moved;
    return [add(step, 1), slots['first'] ?? first, slots['second'] ?? second, moved.weight];
  },
};

/** The mean squared error of the states of an LSTM, and its weights after a step. */
function recurrent(...given: readonly Value[]): readonly Value[] {
  const [x, target, ...weights] = given as [Value, Value, ...Value[]];
  const [kernel, inner, bias] = weights as [Value, Value, Value];
  const [n = 0, , units = 0] = target.shape;
  const steps = (v: Value) => transpose(v, [1, 0, 2]);
  const none = zeros([n, units]);
  const { outputs } = scan(
    ([h, c], now) => {
      const z = add(add(matmul(now, kernel), bias), matmul(h, inner));
      const gate = (i: number) => slice(z, [0, i * units], [n, (i + 1) * units]);
      const memory = add(mul(sigmoid(gate(1)), c), mul(sigmoid(gate(0)), tanh(gate(2))));
      const state = mul(sigmoid(gate(3)), tanh(memory));
      return { carries: [state, memory], outputs: state };
    },
    [none, none],
    steps(x),
  );
  const loss = mean(square(sub(outputs, steps(target))));
  return [loss, ...gradient(loss, weights).map((g, i) => sub(weights[i] ?? g, mul(0.1, g)))];
}

/** As batchNorm in training. */
function normalized(z: Value, scale: Value, shift: Value): Value {
  const over = { axis: [0, 1, 2], keepAxis: true };
  const centred = sub(z, mean(z, over));
  return add(mul(div(centred, sqrt(add(mean(square(centred), over), 1e-5))), scale), shift);
}

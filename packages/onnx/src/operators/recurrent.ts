import {
  abs,
  add,
  cast,
  clip,
  div,
  expm1,
  less,
  matmul,
  maximum,
  minimum,
  mul,
  reshape,
  select,
  sigmoid,
  softplus,
  stack,
  sub,
  tanh,
  transpose,
  UnsupportedError,
  type Value,
  zeros,
} from '@pullback/core';
import type { OperatorNode, Operators } from '../operator-node.ts';
import { along, range } from './axes.ts';

type Function1 = (x: Value) => Value;

/** An activation by name, with its two numbers. */
function activationOf(name: string, alpha: number | undefined, beta: number | undefined): Function1 {
  switch (name.toLowerCase()) {
    case 'sigmoid':
      return sigmoid;
    case 'tanh':
      return tanh;
    case 'relu':
      return (x) => maximum(x, 0);
    case 'affine':
      return (x) => add(mul(alpha ?? 1, x), beta ?? 0);
    case 'leakyrelu':
      return (x) => select(less(x, 0), mul(alpha ?? 0.01, x), x);
    case 'thresholdedrelu':
      return (x) => select(less(alpha ?? 1, x), x, 0);
    case 'scaledtanh':
      return (x) => mul(alpha ?? 1, tanh(mul(beta ?? 1, x)));
    case 'hardsigmoid':
      return (x) => minimum(maximum(add(mul(alpha ?? 0.2, x), beta ?? 0.5), 0), 1);
    case 'elu':
      return (x) => select(less(x, 0), mul(alpha ?? 1, expm1(minimum(x, 0))), x);
    case 'softsign':
      return (x) => div(x, add(1, abs(x)));
    case 'softplus':
      return softplus;
    default:
      throw new UnsupportedError({
        got: `the activation '${name}'`,
        expected: 'one of the ONNX specification',
      });
  }
}

/** The weights of one direction. */
interface Direction {
  readonly w: Value;
  readonly r: Value;
  /** Biases of inputs and of states, [gates x hidden] each. */
  readonly wb: Value | undefined;
  readonly rb: Value | undefined;
  readonly functions: readonly Function1[];
  readonly peepholes: Value | undefined;
}

/** One place: the input's share of the gates and the states before to the states after. */
type Step = (gates: Value, states: readonly Value[], at: Direction) => readonly Value[];

/** The parts of the last axis, `count` of equal size. */
function partsOf(x: Value, count: number): Value[] {
  const size = (x.shape.at(-1) ?? 0) / count;
  const axis = x.shape.length - 1;
  return range(count).map((i) => along(x, axis, i * size, (i + 1) * size));
}

function part(x: Value | undefined, i: number): Value | undefined {
  return x && reshape(along(x, 0, i, i + 1), x.shape.slice(1));
}

/** Runs a cell over all places, in both directions where there are two: Y [t, directions, n, hidden], and the last states. */
function recurrence(
  node: OperatorNode,
  {
    states,
    step,
    names,
  }: { readonly states: number; readonly step: Step; readonly names: readonly string[] },
): readonly Value[] {
  const batchFirst = node.int('layout', 0) === 1;
  const x = batchFirst ? transpose(node.x(0), [1, 0, 2]) : node.x(0);
  const [, n = 0] = x.shape;
  const hidden = node.int('hidden_size', node.x(2).shape[2] ?? 0);
  const directions = node.x(1).shape[0] ?? 1;
  const backwards = node.word('direction', 'forward', 'reverse', 'bidirectional');
  const lengths = node.maybe(4);
  const given = node.texts('activations') ?? range(directions).flatMap(() => names);
  const [alphas, betas] = [node.floats('activation_alpha'), node.floats('activation_beta')];
  const starts = range(states).map((k) => {
    const own = node.maybe(5 + k);
    return own && batchFirst ? transpose(own, [1, 0, 2]) : own;
  });
  const made = range(directions).map((d) => {
    const bias = part(node.maybe(3), d);
    const [wb, rb] = bias === undefined ? [] : partsOf(bias, 2);
    const functions = names.map((_, k) => {
      const at = d * names.length + k;
      return activationOf(given[at] ?? names[k] ?? '', alphas?.[at], betas?.[at]);
    });
    const direction: Direction = {
      w: part(node.x(1), d) ?? x,
      r: part(node.x(2), d) ?? x,
      wb,
      rb,
      functions,
      peepholes: part(node.maybe(7), d),
    };
    const first = starts.map((start) => part(start, d) ?? zeros([n, hidden], x.dtype));
    const reverse = backwards === 'reverse' || d === 1;
    return allPlaces(x, direction, { first, reverse, lengths, step });
  });
  const y = stack(
    made.map(({ outputs }) => outputs),
    { axis: 1 },
  );
  const last = range(states).map((k) => stack(made.map(({ states: own }) => own[k] ?? y)));
  if (!batchFirst) return [y, ...last];
  return [transpose(y, [2, 0, 1, 3]), ...last.map((state) => transpose(state, [1, 0, 2]))];
}

interface Run {
  readonly first: readonly Value[];
  readonly reverse: boolean;
  readonly lengths: Value | undefined;
  readonly step: Step;
}

function allPlaces(x: Value, at: Direction, { first, reverse, lengths, step }: Run) {
  const [t = 0, n = 0] = x.shape;
  // The share of the inputs is one product for all places.
  const shares = matmul(x, transpose(at.w, [1, 0]));
  const all = at.wb === undefined ? shares : add(shares, at.wb);
  let states = first;
  const outputs: Value[] = [];
  for (const i of range(t)) {
    const place = reverse ? t - 1 - i : i;
    const gates = reshape(along(all, 0, place, place + 1), [n, all.shape[2] ?? 0]);
    const next = step(gates, states, at);
    // Beyond its length a sample keeps its states and gives zeros.
    const inside = lengths && reshape(less(place, cast(lengths, 'int32')), [n, 1]);
    states = next.map((state, k) =>
      inside === undefined ? state : select(inside, state, states[k] ?? state),
    );
    const [output] = next;
    if (output !== undefined) outputs.push(inside === undefined ? output : select(inside, output, 0));
  }
  if (reverse) outputs.reverse();
  const width = first[0]?.shape[1] ?? 0;
  return { outputs: outputs.length === 0 ? zeros([0, n, width], x.dtype) : stack(outputs), states };
}

/** `x` within the bounds of `clip`, where it is given. */
function bounded(node: OperatorNode): Function1 {
  const bound = node.float('clip', 0);
  return bound > 0 ? (x) => clip(x, -bound, bound) : (x) => x;
}

function withState(gates: Value, h: Value, { r, rb }: Direction): Value {
  const sums = add(gates, matmul(h, transpose(r, [1, 0])));
  return rb === undefined ? sums : add(sums, rb);
}

const same: Function1 = (x) => x;

/** i, o, f, c of X W^T + H R^T + b; C' = f C + i c; H' = o h(C'). Source: Hochreiter and Schmidhuber 1997; Gers and Schmidhuber 2000 for peepholes. */
function lstm(node: OperatorNode): readonly Value[] {
  const within = bounded(node);
  const coupled = node.int('input_forget', 0) === 1;
  const step: Step = (gates, [h = gates, c = gates], at) => {
    const [f = same, g = same, last = same] = at.functions;
    const [i = gates, o = gates, forget = gates, news = gates] = partsOf(withState(gates, h, at), 4);
    const [pi, po, pf] = at.peepholes === undefined ? [] : partsOf(at.peepholes, 3);
    const peeped = (gate: Value, weight: Value | undefined, state: Value) =>
      f(within(weight === undefined ? gate : add(gate, mul(weight, state))));
    const input = peeped(i, pi, c);
    const kept = coupled ? sub(1, input) : peeped(forget, pf, c);
    const state = add(mul(kept, c), mul(input, g(within(news))));
    return [mul(peeped(o, po, state), last(state)), state];
  };
  return recurrence(node, { states: 2, step, names: ['Sigmoid', 'Tanh', 'Tanh'] });
}

/** z, r of X W^T + H R^T + b; H' = (1 - z) h + z H. Source: Cho et al. 2014. */
function gru(node: OperatorNode): readonly Value[] {
  const within = bounded(node);
  const linear = node.int('linear_before_reset', 0) === 1;
  const step: Step = (gates, [h = gates], { r, rb, functions: [f = same, g = same] }) => {
    const hidden = h.shape[1] ?? 0;
    const rows = (from: number, to: number) => transpose(along(r, 0, from * hidden, to * hidden), [1, 0]);
    const biased = (x: Value, from: number, to: number) =>
      rb === undefined ? x : add(x, along(rb, 0, from * hidden, to * hidden));
    const ofGates = add(along(gates, 1, 0, 2 * hidden), biased(matmul(h, rows(0, 2)), 0, 2));
    const [z = gates, reset = gates] = partsOf(f(within(ofGates)), 2);
    const inner = linear
      ? mul(reset, biased(matmul(h, rows(2, 3)), 2, 3))
      : biased(matmul(mul(reset, h), rows(2, 3)), 2, 3);
    const news = g(within(add(along(gates, 1, 2 * hidden, 3 * hidden), inner)));
    return [add(mul(sub(1, z), news), mul(z, h))];
  };
  return recurrence(node, { states: 1, step, names: ['Sigmoid', 'Tanh'] });
}

function rnn(node: OperatorNode): readonly Value[] {
  const within = bounded(node);
  const step: Step = (gates, [h = gates], at) => [(at.functions[0] ?? same)(within(withState(gates, h, at)))];
  return recurrence(node, { states: 1, step, names: ['Tanh'] });
}

/** Recurrent networks, a step after the other. */
export const recurrent: Operators = { LSTM: lstm, GRU: gru, RNN: rnn };

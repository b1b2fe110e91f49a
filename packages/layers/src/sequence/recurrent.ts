import {
  type Activation,
  add,
  checkCall,
  field,
  mul,
  parts,
  sigmoid,
  slice,
  sub,
  tanh,
  type Value,
} from '@pullback/core';
import { filled } from '../initializers.ts';
import { times } from '../products.ts';
import { type RecurrentLayer, type RecurrentOptions, recurrentFields, recurrentLayer } from './recurrence.ts';

export interface SimpleRnnOptions extends RecurrentOptions {
  /** tanh when left out. */
  readonly activation?: Activation;
}

export interface LstmOptions extends RecurrentOptions {
  /** The first bias of the forget gate; 1 when left out. Source: Jozefowicz et al. 2015. */
  readonly forgetBias?: number;
}

export const simpleRnnFields = { ...recurrentFields, activation: parts.activation };
export const lstmFields = { ...recurrentFields, forgetBias: field.number() };

/**
 * h' = a(x W + b + h U) at each place: x [n, t, p] to [n, t, units]. It is applied to x, to x and a mask [n, t], or to x, a mask and h [n, units]; where the
 * mask is 0 the state stays. Source: Elman 1990.
 * @throws ShapeError for other shapes, OptionError for wrong options or a column layout.
 */
export function simpleRnn(units: number, options: SimpleRnnOptions = {}): RecurrentLayer {
  checkCall('simpleRnn', { units }, options, simpleRnnFields);
  const { activation = tanh, ...rest } = options;
  return recurrentLayer('simpleRnn', 'Elman 1990', units, rest, {
    gates: 1,
    bias: filled(0),
    step: ({ h }, input, { recurrent }) => [activation(add(input, times(h, recurrent)))],
  });
}

/**
 * c' = s(f) c + s(i) tanh(g), h' = s(o) tanh(c') with [i f g o] = x W + b + h U and s the logistic function; inputs as for `simpleRnn`, with states h and c.
 * Sources: Hochreiter and Schmidhuber 1997; Gers et al. 2000 for f.
 * @throws ShapeError for other shapes, OptionError for wrong options or a column layout.
 */
export function lstm(units: number, options: LstmOptions = {}): RecurrentLayer {
  checkCall('lstm', { units }, options, lstmFields);
  const { forgetBias = 1, ...rest } = options;
  return recurrentLayer('lstm', 'Hochreiter and Schmidhuber 1997', units, rest, {
    gates: 4,
    hasMemory: true,
    bias: () =>
      Float64Array.from({ length: 4 * units }, (_, i) => (i >= units && i < 2 * units ? forgetBias : 0)),
    step: ({ h, c }, input, { recurrent }) => {
      const gate = gatesOf(add(input, times(h, recurrent)), units);
      const next = add(mul(sigmoid(gate(1)), c), mul(sigmoid(gate(0)), tanh(gate(2))));
      return [mul(sigmoid(gate(3)), tanh(next)), next];
    },
  });
}

/**
 * h' = (1 - s(z)) m + s(z) h, m = tanh(x W_m + b_m + s(r) (h U_m + d)), with [r z] = x W + b + h U; inputs as for `simpleRnn`.
 * Source: Cho et al. 2014, as in cuDNN: the reset gate stands behind the product, with the bias d, `recurrentBias`.
 * @throws ShapeError for other shapes, OptionError for wrong options or a column layout.
 */
export function gru(units: number, options: RecurrentOptions = {}): RecurrentLayer {
  checkCall('gru', { units }, options, recurrentFields);
  return recurrentLayer('gru', 'Cho et al. 2014', units, options, {
    gates: 3,
    hasCandidateBias: true,
    bias: filled(0),
    step: ({ h }, input, { recurrent, candidateBias }) => {
      const [given, own] = [gatesOf(input, units), gatesOf(times(h, recurrent), units)];
      const inner = candidateBias === undefined ? own(2) : add(own(2), candidateBias);
      const candidate = tanh(add(given(2), mul(sigmoid(add(given(0), own(0))), inner)));
      const update = sigmoid(add(given(1), own(1)));
      return [add(mul(sub(1, update), candidate), mul(update, h))];
    },
  });
}

/** The parts of [n, gates units], by their number. */
function gatesOf(z: Value, units: number): (gate: number) => Value {
  const [n = 0] = z.shape;
  return (gate) => slice(z, [0, gate * units], [n, (gate + 1) * units]);
}

import {
  add,
  field,
  formatShape,
  type Loss,
  mul,
  OptionError,
  type Placement,
  ShapeError,
  sameShape,
  sub,
  sum,
  UnknownNameError,
  unbroadcast,
  Value,
  weigh,
  within,
} from '@pullback/core';
import type { Mixture } from './walk.ts';

/** The result of a network: the prediction, or several by name. */
export type Predictions = Value | Readonly<Record<string, Value>>;

/** One loss, or one for each output by name. */
export type Losses = Loss | Readonly<Record<string, Loss>>;

/** An output of the network with its loss. The only output of a network has no name. */
export interface Head {
  readonly name: string;
  readonly loss: Loss;
  /** The factor of its error in the sum of all. */
  readonly weight: number;
}

/** @throws OptionError for weights that are no numbers, UnknownNameError for one of an output without a loss. */
export function headsOf(losses: Losses, weights: Readonly<Record<string, number>> = {}): readonly Head[] {
  const named: Readonly<Record<string, Loss>> = isLoss(losses) ? { '': losses } : losses;
  const names = Object.keys(named);
  if (names.length === 0) throw new OptionError({ got: 'no losses', expected: 'one for each output' });
  for (const [name, weight] of Object.entries(weights)) {
    if (!Object.hasOwn(named, name)) throw new UnknownNameError('loss', name, names);
    if (!Number.isFinite(weight))
      throw new OptionError({ got: `a weight of ${weight} for '${name}'`, expected: 'a finite number' });
  }
  return Object.entries(named).map(([name, loss]) => ({
    name,
    loss,
    weight: (Object.hasOwn(weights, name) ? weights[name] : undefined) ?? 1,
  }));
}

/** @throws OptionError for a network of several outputs. */
export function refuseSeveral(where: string, heads: readonly Head[]): void {
  if (heads.length !== 1 || heads[0]?.name !== '')
    throw new OptionError({
      got: `${where} of the outputs ${heads.map(({ name }) => name).join(', ')}`,
      expected: 'one output',
      hint: `${where}All(x) gives each by its name.`,
    });
}

function isLoss(losses: Losses): losses is Loss {
  return typeof losses['forward'] === 'function';
}

/** The predictions in the order of their losses. @throws OptionError when outputs and losses are not the same names. */
export function predictionsOf(output: Predictions, heads: readonly Head[]): readonly Value[] {
  const [only, ...others] = heads;
  if (output instanceof Value) {
    if (only?.name !== '' || others.length > 0)
      throw new OptionError({
        got: 'one output of the network',
        expected: `outputs ${heads.map(({ name }) => name).join(', ')}, as there are losses`,
      });
    return [output];
  }
  const names = Object.keys(output ?? {});
  const wanted = heads.map(({ name }) => name);
  if (names.length !== wanted.length || !wanted.every((name) => Object.hasOwn(output, name)))
    throw new OptionError({
      got:
        names.length === 0
          ? `${field.shown(output)} from the network`
          : `outputs ${names.join(', ')} of the network`,
      expected:
        names.length === 0
          ? 'a Value, or several by name'
          : only?.name === ''
            ? 'losses for them by name'
            : `${wanted.join(', ')}, as there are losses`,
    });
  return wanted.flatMap((name) => output[name] ?? []);
}

/** The error of an output of mixed samples: share e(y, t) + (1 - share) e(y, t') for each. @throws OptionError for a loss without perSample. */
export function mixedError(
  head: Head,
  prediction: Value,
  target: Value,
  at: Placement,
  { shares, partner, weights }: Mixture & { readonly weights: Value | undefined },
): Value {
  if (head.loss.perSample === undefined)
    throw new OptionError({
      got: `samples that were mixed, and the loss '${head.loss.name}'`,
      expected: 'a loss with perSample, the error of each sample',
    });
  const axis = at.sampleAxis < 0 ? target.shape.length + at.sampleAxis : at.sampleAxis;
  const part = (of: Value, share: Value) =>
    errorOf(head, prediction, of, at, weights === undefined ? share : mul(weights, share));
  return add(part(target, shares), part(partner(target, axis), sub(1, shares)));
}

type ErrorInputs = [target: Value, at: Placement, weights?: Value];

/**
 * The error of one output. With weights w_i of samples it is sum w_i e_i, or that over the number of samples, as the loss reduces.
 * @throws ShapeError for a loss that gives more than one number; OptionError for weights where a loss has no errors of samples.
 */
export function errorOf(
  { name, loss }: Head,
  prediction: Value,
  ...[target, at, weights]: ErrorInputs
): Value {
  return within(name === '' ? 'loss' : `loss/${name}`, () => {
    if (weights !== undefined) {
      if (loss.perSample === undefined)
        throw new OptionError({
          got: `weights of samples for the loss '${loss.name}'`,
          expected: 'a loss with perSample, the error of each sample',
        });
      const { perSample } = loss;
      const errors = unbroadcast(prediction, target, () => perSample.call(loss, prediction, target, at));
      if (!sameShape(errors.shape, weights.shape))
        throw new ShapeError({
          got: `${formatShape(errors.shape)} from perSample of the loss '${loss.name}'`,
          expected: `${formatShape(weights.shape)}: one error for each sample`,
        });
      const total = sum(weigh(errors, weights));
      const samples = prediction.shape.at(at.sampleAxis) ?? 1;
      return loss.reduction === 'sum' ? total : mul(total, 1 / samples);
    }
    const error = unbroadcast(prediction, target, () => loss.forward(prediction, target, at));
    if (error.shape.length > 0)
      throw new ShapeError({
        got: `${formatShape(error.shape)} from the loss '${loss.name}'`,
        expected: 'one number: a shape of []',
        hint: 'Sum or average over samples and components.',
      });
    return error;
  });
}

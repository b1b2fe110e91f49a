import {
  add,
  cast,
  type FloatDType,
  fill,
  formatShape,
  gradient,
  isFloat,
  labelled,
  meaningOf,
  mul,
  type Program,
  placeholder,
  ShapeError,
  select,
  slice,
  squeeze,
  sub,
  type TensorSpec,
  trace,
  type Updates,
  type Value,
  within,
} from '@pullback/core';
import type { Definition } from '../definition/definition.ts';
import { errorOf, mixedError, predictionsOf } from '../definition/outputs.ts';
import { type Build, type Parameter, Walk } from '../definition/walk.ts';
import { lossTotal, type Watched } from './metric-sums.ts';
import { planNames, shared } from './names.ts';
import { type Choice, choose } from './sample-selection.ts';

/** A Program whose inputs and outputs have names: `x/0`, `target/0`, `prediction/0`, `sampleWeights`, `weight:...`, `slot:...`, `state:...`, `total:...`, `order`, `cursor`. */
export interface Plan {
  readonly program: Program;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly specs: ReadonlyMap<string, TensorSpec>;
}

/** The specs of a batch: the model's inputs, its targets where there are some, weights of samples where there are some. */
export interface BatchSpecs {
  readonly inputs: readonly TensorSpec[];
  readonly targets: readonly TensorSpec[];
  readonly weights?: TensorSpec;
  /** Which of the samples a step takes; all of them when left out. */
  readonly choice?: Choice;
}

/** Samples without targets. */
export function samplesOf({ inputs, layout, dtype }: Definition, count: number): BatchSpecs {
  const shapes = Object.values(inputs).map((shape) =>
    layout === 'row' ? [count, ...shape] : [...shape, count],
  );
  return { inputs: shapes.map((shape) => ({ shape, dtype })), targets: [] };
}

/**
 * One walk through the network of `definition`, on a batch of `specs`; a second one where a layer is frozen in one place and trained in
 * another, which is known at its end.
 */
export function walkThrough(definition: Definition, specs: BatchSpecs, training: boolean) {
  const first = walkOnce(definition, specs, training);
  const { held } = first.walk;
  return held.size === 0 || !training ? first : walkOnce(definition, specs, training, { held });
}

function walkOnce(
  definition: Definition,
  specs: BatchSpecs,
  training: boolean,
  more: Pick<Build, 'held' | 'decoding'> = {},
) {
  const { dtype, layout, network, heads } = definition;
  const key = placeholder({ shape: [2], dtype: 'int32' }, shared.key);
  const step = placeholder({ shape: [], dtype: 'int32' }, shared.step);
  const walk = new Walk({ dtype, layout, training, key, step, ...more });
  const xs = specs.inputs.map((spec, i) => placeholder(spec, planNames.input(i)));
  const { sampleAxis } = definition.placement;
  const chosen = choose(specs.choice, xs[0]?.shape.at(sampleAxis) ?? 0, step);
  const batch = xs.map((x) => {
    const taken = chosen.take(x, sampleAxis);
    return isFloat(taken.dtype) ? taken : cast(taken, dtype);
  });
  const output = walk.run('network', network, ...batch);
  return { walk, xs, batch, predictions: predictionsOf(output, heads), chosen, key, step };
}

type Walked = ReturnType<typeof walkThrough>;

/** Targets that are bytes as floats; integers stay, since they name things. */
export function computable(x: Value, dtype: FloatDType): Value {
  return isFloat(x.dtype) || x.dtype === 'int32' ? x : cast(x, dtype);
}

/** prediction from inputs. */
function planPrediction(definition: Definition, specs: BatchSpecs): Plan {
  const walked = walkThrough(definition, specs, false);
  const names = new Names(walked);
  const { predictions } = walked;
  return names.plan(new Map(predictions.map((value, i) => [planNames.prediction(i), value])));
}

/**
 * prediction of the last place, where places come some at a time: what layers keep of those before, and their number, grow.
 * @param capacity how many places there may be in all.
 */
export function planDecoding(definition: Definition, specs: BatchSpecs, capacity: number): Plan {
  const position = placeholder({ shape: [], dtype: 'int32' }, planNames.position);
  const walked = walkOnce(definition, specs, false, { decoding: { position, capacity } });
  const names = new Names(walked);
  names.put(planNames.position, position);
  const caches = [...walked.walk.caches.values()];
  for (const { path, value } of caches) names.put(planNames.cache(path), value);
  const places = specs.inputs[0]?.shape[1] ?? 0;
  const outputs = walked.predictions.map((value, i) => {
    if (value.shape.length < 3 || value.shape[1] !== places)
      throw new ShapeError({
        got: `${formatShape(value.shape)} of the network, for ${places} new places`,
        expected: 'an output [n, t, ...] with a place for each',
      });
    const last = squeeze(slice(value, [0, places - 1], [value.shape[0] ?? 0, places]), 1);
    return [planNames.prediction(i), last] as const;
  });
  return names.plan(
    new Map<string, Value>([
      ...outputs,
      ...caches.map(({ path, next }) => [planNames.cache(path), next] as const),
      [planNames.position, add(position, places)],
    ]),
  );
}

/** total:loss and total:metrics grow by what a batch adds; nothing else changes. */
function planEvaluation(definition: Definition, specs: BatchSpecs, watched?: readonly Watched[]): Plan {
  const walked = walkThrough(definition, specs, false);
  const names = new Names(walked);
  const { totals } = observe(definition, specs, walked, watched, names);
  return names.plan(new Map([...totals, ...walked.chosen.next]));
}

/**
 * One step: forward, backward and update as one Program, whose new weights land in the old ones' buffers. (2.3, 2.6)
 * Without `watched` it belongs to no run, and nothing is added up.
 */
function planTraining(definition: Definition, specs: BatchSpecs, watched?: readonly Watched[]): Plan {
  const walked = walkThrough(definition, specs, true);
  const { walk, chosen, step } = walked;
  const names = new Names(walked);
  const { loss, totals } = observe(definition, specs, walked, watched, names);
  const parameters = walk.learned;
  const gradients = gradient(
    penalized(loss, parameters),
    parameters.map(({ value }) => value),
  );
  const outputs = new Map<string, Value>([['loss', loss], ...totals, ...chosen.next]);
  labelled({ path: 'optimizer', pass: 'update' }, () => {
    const base = names.add(shared.learningRate, { shape: [], dtype: definition.dtype });
    const factor = definition.optimizer.schedule?.(cast(step, definition.dtype));
    const learningRate = factor === undefined ? base : mul(base, factor);
    const optimized = parameters.map(({ path, value: weight }, i) => {
      const slots = Object.entries(definition.optimizer.slots(weight.spec)).map(
        ([slot, { spec }]) => [slot, names.add(`slot:${path}/${slot}`, spec)] as const,
      );
      return { path, weight, gradient: gradients[i] ?? weight, slots: Object.fromEntries(slots) };
    });
    const samples = fill(countedSamples(definition, walked), [], definition.dtype);
    const { optimizer } = definition;
    optimizer.update(optimized, { learningRate, step, samples }).forEach(({ weight, slots }, i) => {
      const parameter = parameters[i];
      if (parameter === undefined) return;
      const { path } = parameter;
      outputs.set(`weight:${path}`, constrained(parameter, weight, optimizer.updates?.(step, path)));
      for (const [slot, value] of Object.entries(slots)) outputs.set(`slot:${path}/${slot}`, value);
    });
    outputs.set(shared.step, add(step, 1));
  });
  for (const { path, next } of walk.states.values()) outputs.set(`state:${path}`, next);
  return names.plan(outputs);
}

/** How many samples the error of a step is a mean over; 1 for sums, in which every sample counts alike whatever the batch. */
function countedSamples({ heads, placement }: Definition, { predictions }: Walked): number {
  const means = heads.some(({ loss }) => loss.reduction === 'mean');
  return means ? (predictions[0]?.shape.at(placement.sampleAxis) ?? 1) : 1;
}

/** The next value of a weight at an update; between two of them it stays. */
function constrained({ constraints }: Parameter, weight: Value, updates: Updates | undefined): Value {
  if (constraints.size === 0) return weight;
  const next = [...constraints].reduce((w, constraint) => constraint(w), weight);
  return updates === undefined ? next : select(updates.now, next, weight);
}

const planners = {
  training: planTraining,
  evaluation: planEvaluation,
  prediction: planPrediction,
} satisfies Record<string, (definition: Definition, specs: BatchSpecs, watched?: readonly Watched[]) => Plan>;

export type PlanKind = keyof typeof planners;

/** The Program of that kind for batches of `specs`. */
export function planOf(
  kind: PlanKind,
  definition: Definition,
  specs: BatchSpecs,
  watched?: readonly Watched[],
): Plan {
  return planners[kind](definition, specs, watched);
}

/** The error, and what the regularisers of parameters add to it. */
function penalized(error: Value, parameters: readonly Parameter[]): Value {
  const penalties = parameters.flatMap(({ path, value, regularizers }) =>
    [...regularizers].map((regularizer) => labelled({ path, pass: 'forward' }, () => regularizer(value))),
  );
  return penalties.reduce((sum, penalty) => add(sum, penalty), error);
}

/** The weighted sum of the outputs' errors; and the sums that losses and metrics add to. */
function observe(
  { heads, placement, dtype }: Definition,
  specs: BatchSpecs,
  { predictions, chosen, walk: { mixture } }: Walked,
  watched: readonly Watched[] | undefined,
  names: Names,
) {
  const weights = specs.weights && chosen.take(names.add(planNames.weights, specs.weights), 0);
  const grown = (name: string, addend: Value): (readonly [string, Value])[] => {
    const more = cast(addend, dtype);
    const held = (total: string) => names.add(total, { shape: more.shape, dtype });
    const [total, rest] = [planNames.total(name), planNames.totalRest(name)];
    if (dtype === 'float64') return [[total, add(held(total), more)]];
    const { sum, error } = sumWithError(held(total), more);
    const left = add(held(rest), error);
    const next = add(sum, left);
    return [
      [total, next],
      [rest, sub(left, sub(next, sum))],
    ];
  };
  const outputs = heads.flatMap((head, i) => {
    const prediction = predictions[i];
    if (prediction === undefined) return [];
    const given = names.add(planNames.target(i), specs.targets[i] ?? prediction.spec);
    const target = computable(chosen.take(given, placement.sampleAxis), dtype);
    const error = mixture
      ? mixedError(head, prediction, target, placement, { ...mixture, weights })
      : errorOf(head, prediction, target, placement, weights);
    return [{ ...head, prediction, target, error }];
  });
  const totals = () => [
    ...outputs.flatMap(({ error, prediction, loss }, i) => {
      const samples = prediction.shape.at(placement.sampleAxis) ?? 1;
      return grown(lossTotal(i), mul(error, loss.reduction === 'mean' ? samples : 1));
    }),
    ...(watched ?? []).flatMap(({ metric, head, figure, total }) => {
      const output = outputs[head];
      if (output === undefined) return [];
      const { prediction, target } = output;
      const at = { ...placement, meaning: meaningOf(prediction, output.loss) };
      const counted = metric.weighted === true ? weights : undefined;
      const more = within(figure, () => metric.observe(prediction, target, at, counted));
      return metric.keeps === true ? [[planNames.kept(total), more] as const] : grown(total, more);
    }),
  ];
  return { loss: weightedSum(outputs), totals: new Map(watched === undefined ? [] : totals()) };
}

/**
 * a + b as it is rounded, and what the rounding took off: together they are the sum.
 * Source: Knuth 1969, The Art of Computer Programming, volume 2, 4.2.2, theorem B.
 */
function sumWithError(a: Value, b: Value): { readonly sum: Value; readonly error: Value } {
  const s = add(a, b);
  const ofB = sub(s, a);
  return { sum: s, error: add(sub(a, sub(s, ofB)), sub(b, ofB)) };
}

/** sum weight_i error_i; an error of weight 0 is left out, whatever it is. */
export function weightedSum(errors: readonly { readonly error: Value; readonly weight: number }[]): Value {
  const [first, ...others] = errors.flatMap(({ error, weight }) =>
    weight === 0 ? [] : [weight === 1 ? error : mul(error, weight)],
  );
  return others.reduce(add, first ?? fill(0, [], errors[0]?.error.dtype));
}

/** Gathers the named inputs of a Program. */
class Names {
  readonly #inputs = new Map<string, Value>();

  constructor({ xs, walk, chosen, key, step }: Walked) {
    xs.forEach((x, i) => {
      this.#inputs.set(planNames.input(i), x);
    });
    for (const [name, value] of chosen.inputs) this.#inputs.set(name, value);
    for (const { path, value } of walk.parameters.values()) this.#inputs.set(`weight:${path}`, value);
    for (const { path, value } of walk.states.values()) this.#inputs.set(`state:${path}`, value);
    this.#inputs.set(shared.key, key);
    this.#inputs.set(shared.step, step);
  }

  add(name: string, spec: TensorSpec): Value {
    const known = this.#inputs.get(name);
    if (known !== undefined) return known;
    const value = placeholder(spec, name);
    this.#inputs.set(name, value);
    return value;
  }

  put(name: string, value: Value): void {
    this.#inputs.set(name, value);
  }

  plan(outputs: ReadonlyMap<string, Value>): Plan {
    const program = trace([...this.#inputs.values()], [...outputs.values()]);
    const specs = [...this.#inputs, ...outputs].map(([name, { spec }]) => [name, spec] as const);
    return { program, inputs: [...this.#inputs.keys()], outputs: [...outputs.keys()], specs: new Map(specs) };
  }
}

import {
  add,
  cast,
  type FloatDType,
  formatShape,
  gradient,
  isFloat,
  labelled,
  type Metric,
  mul,
  type Program,
  placeholder,
  ShapeError,
  type TensorSpec,
  trace,
  type Value,
  within,
} from '@pullback/core';
import type { Definition } from './definition.ts';
import { type Variable, Walk } from './scope.ts';

/** A Program whose inputs and outputs have names: `x/0`, `target`, `weight:...`, `slot:...`, `state:...`, `total:...`. */
export interface Plan {
  readonly program: Program;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly specs: ReadonlyMap<string, TensorSpec>;
}

/** The specs of a batch: the model's inputs, and the target where there is one. */
export interface BatchSpecs {
  readonly inputs: readonly TensorSpec[];
  readonly target?: TensorSpec;
}

/** The names of what every Program of a model shares. */
export const shared = { step: 'step', key: 'key', learningRate: 'learningRate' } as const;

const metricIds = new WeakMap<Metric, number>();
let metricCount = 0;

/** The name of a metric's sums: metrics count by reference, so two of one name do not share them. */
export function metricTotal(metric: Metric): string {
  const id = metricIds.get(metric) ?? metricCount++;
  metricIds.set(metric, id);
  return `${metric.name} ${id}`;
}

/** One walk through the network of `definition`, on a batch of `specs`. */
export function walkThrough(definition: Definition, specs: BatchSpecs, training: boolean) {
  const { dtype, layout, network } = definition;
  const key = placeholder({ shape: [2], dtype: 'int32' }, shared.key);
  const step = placeholder({ shape: [], dtype: 'int32' }, shared.step);
  const walk = new Walk({ dtype, layout, training, key, step });
  const xs = specs.inputs.map((spec, i) => placeholder(spec, `x/${i}`));
  const prediction = walk.run('network', network, ...xs.map((x) => computable(x, dtype)));
  return { walk, xs, prediction, key, step };
}

/** Bytes and booleans as floats; integers stay, since they name things. */
function computable(x: Value, dtype: FloatDType): Value {
  return isFloat(x.dtype) || x.dtype === 'int32' ? x : cast(x, dtype);
}

/** prediction from inputs. */
export function planPrediction(definition: Definition, specs: BatchSpecs): Plan {
  const { walk, xs, prediction, key, step } = walkThrough(definition, specs, false);
  const names = new Names();
  names.take(xs, walk, { key, step });
  return names.plan(new Map([['prediction', prediction]]));
}

/** total:loss and total:metrics grow by what a batch adds; nothing else changes. */
export function planEvaluation(definition: Definition, specs: BatchSpecs, metrics: readonly Metric[]): Plan {
  const { walk, xs, prediction, key, step } = walkThrough(definition, specs, false);
  const names = new Names();
  names.take(xs, walk, { key, step });
  const { totals } = watch(definition, specs, prediction, metrics, names);
  return names.plan(totals);
}

/**
 * One step: forward, backward and update as one Program, whose new weights land in the old ones' buffers. (2.3, 2.6)
 */
export function planTraining(definition: Definition, specs: BatchSpecs, metrics: readonly Metric[]): Plan {
  const { walk, xs, prediction, key, step } = walkThrough(definition, specs, true);
  const names = new Names();
  names.take(xs, walk, { key, step });
  const { loss, totals } = watch(definition, specs, prediction, metrics, names);
  const parameters = walk.learned;
  const gradients = gradient(
    penalized(loss, parameters),
    parameters.map(({ value }) => value),
  );
  const outputs = new Map<string, Value>([['loss', loss], ...totals]);
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
    definition.optimizer.update(optimized, { learningRate, step }).forEach(({ weight, slots }, i) => {
      const { path = '', options } = parameters[i] ?? {};
      outputs.set(`weight:${path}`, options?.constraint?.(weight) ?? weight);
      for (const [slot, value] of Object.entries(slots)) outputs.set(`slot:${path}/${slot}`, value);
    });
    outputs.set(shared.step, add(step, 1));
  });
  for (const { path, next } of walk.states.values()) outputs.set(`state:${path}`, next);
  return names.plan(outputs);
}

/** The error, and what the regularisers of parameters add to it. */
function penalized(error: Value, parameters: readonly Variable[]): Value {
  const penalties = parameters.flatMap(({ path, value, options: { regularizer } }) =>
    regularizer === undefined ? [] : labelled({ path, pass: 'forward' }, () => regularizer(value)),
  );
  return penalties.reduce((sum, penalty) => add(sum, penalty), error);
}

function watch(
  { loss, placement, dtype }: Definition,
  specs: BatchSpecs,
  prediction: Value,
  metrics: readonly Metric[],
  names: Names,
) {
  const given = names.add('target', specs.target ?? prediction.spec);
  const target = computable(given, dtype);
  const error = within('loss', () => loss.forward(prediction, target, placement));
  if (error.shape.length > 0)
    throw new ShapeError({
      got: `${formatShape(error.shape)} from the loss '${loss.name}'`,
      expected: 'one number: a shape of []',
      hint: 'Sum or average over samples and components.',
      at: 'loss',
    });
  const samples = prediction.shape.at(placement.sampleAxis) ?? 1;
  const grown = (name: string, addend: Value): [string, Value] => {
    const more = cast(addend, dtype);
    const total = names.add(`total:${name}`, { shape: more.shape, dtype });
    return [`total:${name}`, add(total, more)];
  };
  const totals = new Map([
    grown('loss', mul(error, loss.reduction === 'mean' ? samples : 1)),
    ...metrics.map((metric) =>
      grown(
        metricTotal(metric),
        within(metric.name, () => metric.observe(prediction, target, placement)),
      ),
    ),
  ]);
  return { loss: error, totals };
}

/** Gathers the named inputs of a Program. */
class Names {
  readonly #inputs = new Map<string, Value>();

  add(name: string, spec: TensorSpec): Value {
    const known = this.#inputs.get(name);
    if (known !== undefined) return known;
    const value = placeholder(spec, name);
    this.#inputs.set(name, value);
    return value;
  }

  take(xs: readonly Value[], walk: Walk, { key, step }: { key: Value; step: Value }): void {
    xs.forEach((x, i) => {
      this.#inputs.set(`x/${i}`, x);
    });
    for (const { path, value } of walk.parameters.values()) this.#inputs.set(`weight:${path}`, value);
    for (const { path, value } of walk.states.values()) this.#inputs.set(`state:${path}`, value);
    this.#inputs.set(shared.key, key);
    this.#inputs.set(shared.step, step);
  }

  plan(outputs: ReadonlyMap<string, Value>): Plan {
    const program = trace([...this.#inputs.values()], [...outputs.values()]);
    const specs = [...this.#inputs, ...outputs].map(([name, { spec }]) => [name, spec] as const);
    return { program, inputs: [...this.#inputs.keys()], outputs: [...outputs.keys()], specs: new Map(specs) };
  }
}

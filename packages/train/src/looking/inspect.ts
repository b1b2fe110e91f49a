import {
  evaluate,
  formatShape,
  gradient,
  isFloat,
  placeholder,
  type Tensor,
  type TensorLike,
  tensor,
  UnknownNameError,
  type Value,
} from '@pullback/core';
import type { Definition } from '../definition/definition.ts';
import { errorOf } from '../definition/outputs.ts';
import type { Application } from '../definition/walk.ts';
import type { Weights } from '../model-options.ts';
import { planNames } from '../programs/names.ts';
import { weightedSum } from '../programs/observe.ts';
import { computable, walkThrough } from '../programs/walk-through.ts';
import type { Samples } from '../samples/samples.ts';
import { table } from './table.ts';

/** One line of an inspection: a value of the forward pass and the gradient that comes back to it. */
export interface Inspected {
  readonly path: string;
  /** `input`, `weight`, `loss`, or the kind of layer. */
  readonly kind: string;
  /** The equation or paper, where the layer names one. */
  readonly source: string;
  readonly value: Tensor;
  /** dE/dvalue, of the same shape; undefined for integers. */
  readonly gradient: Tensor | undefined;
}

/** Every stage of (2.3) on one batch, by path. */
export class Inspection {
  constructor(readonly entries: readonly Inspected[]) {}

  /** The value at a path, or at the one path that ends like it. @throws UnknownNameError */
  value(path: string): Tensor {
    return this.#entry(path).value;
  }

  /** The gradient at a path. @throws UnknownNameError */
  gradient(path: string): Tensor {
    const { gradient: found } = this.#entry(path);
    if (found === undefined)
      throw new UnknownNameError(
        'gradient',
        path,
        this.entries.map((entry) => entry.path),
      );
    return found;
  }

  toString(): string {
    const norm = (x: Tensor | undefined) =>
      x === undefined ? '-' : Math.sqrt([...x.data].reduce((sum, a) => sum + a * a, 0)).toPrecision(6);
    return table(
      ['path', 'node', 'equation', 'shape', '|value|', '|gradient|'],
      this.entries.map(({ path, kind, source, value, gradient: g }) => [
        path,
        kind,
        source,
        formatShape(value.shape),
        norm(value),
        norm(g),
      ]),
    );
  }

  #entry(path: string): Inspected {
    const exact = this.entries.filter((entry) => entry.path === path);
    const matches =
      exact.length > 0 ? exact : this.entries.filter((entry) => entry.path.endsWith(`/${path}`));
    const [found] = matches;
    if (found === undefined || matches.length > 1)
      throw new UnknownNameError(
        matches.length > 1 ? 'single value' : 'value',
        path,
        this.entries.map((entry) => entry.path),
      );
    return found;
  }
}

/** The graph of one batch in prediction, with the numbers of everything that it starts from: for tools that look at all of it. */
export interface ModelGraph {
  readonly loss: Value;
  readonly losses: readonly { readonly name: string; readonly kind: string; readonly value: Value }[];
  readonly predictions: readonly Value[];
  readonly inputs: readonly Value[];
  readonly parameters: readonly { readonly path: string; readonly value: Value }[];
  /** Every use of a layer, inner ones before those that they are in. */
  readonly applications: readonly Application[];
  readonly feeds: ReadonlyMap<Value, TensorLike>;
}

export function graphOf(
  definition: Definition,
  { inputs, targets }: Samples,
  weights: Weights,
  states: ReadonlyMap<string, Tensor>,
): ModelGraph {
  const { heads, placement } = definition;
  const specOf = ({ shape, dtype }: Tensor) => ({ shape, dtype: isFloat(dtype) ? definition.dtype : dtype });
  const specs = { inputs: inputs.map(specOf), targets: targets.map(specOf) };
  const { walk, xs, predictions, key, step } = walkThrough(definition, specs, false);
  const goals = specs.targets.map((spec, i) => placeholder(spec, planNames.target(i)));
  const errors = heads.flatMap((head, i) => {
    const [prediction, goal] = [predictions[i], goals[i]];
    return prediction && goal
      ? [{ ...head, error: errorOf(head, prediction, computable(goal, definition.dtype), placement) }]
      : [];
  });
  const feeds = new Map<Value, TensorLike>([
    [key, new Int32Array(2)],
    [step, { shape: [], data: new Int32Array(1) }],
  ]);
  goals.forEach((goal, i) => {
    feeds.set(goal, targets[i] ?? []);
  });
  xs.forEach((x, i) => {
    feeds.set(x, inputs[i] ?? []);
  });
  const parameters = [...walk.parameters.values()];
  for (const { path, value } of parameters) feeds.set(value, weights[path] ?? []);
  for (const { path, value } of walk.states.values()) feeds.set(value, states.get(path) ?? []);
  return {
    loss: weightedSum(errors),
    losses: errors.map(({ name, loss, error }) => ({ name, kind: loss.name, value: error })),
    predictions,
    inputs: xs,
    parameters,
    applications: walk.applications,
    feeds,
  };
}

/** Runs one batch on the host by the primitives' own meaning and keeps everything. */
export function inspectModel(names: readonly string[], graph: ModelGraph): Inspection {
  const { loss, losses, inputs, parameters, applications, feeds } = graph;
  const line = (path: string, kind: string, value: Value, source = '') => ({ path, kind, source, value });
  const listed = [
    ...inputs.map((value, i) => line(names[i] ?? '', 'input', value)),
    ...parameters.map(({ path, value }) => line(path, 'weight', value)),
    ...applications.flatMap(({ path, kind, source, outputs }) =>
      outputs.map((value, i) => line(i === 0 ? path : `${path}:${i}`, kind, value, source)),
    ),
    ...(losses.length > 1 ? losses.map(({ name, kind, value }) => line(`loss/${name}`, kind, value)) : []),
    line('loss', losses.map(({ kind }) => kind).join(' + '), loss),
  ];
  const differentiable = listed.filter(({ value }) => isFloat(value.dtype));
  const gradients = gradient(
    loss,
    differentiable.map(({ value }) => value),
  );
  const numbers = evaluate([...listed.map(({ value }) => value), ...gradients], feeds);
  return new Inspection(
    listed.map(({ path, kind, source, value }, i) => {
      const place = differentiable.findIndex((entry) => entry.value === value);
      return {
        path,
        kind,
        source,
        value: numbers[i] ?? tensor([]),
        gradient: place < 0 ? undefined : numbers[listed.length + place],
      };
    }),
  );
}

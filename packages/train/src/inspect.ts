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
import type { Samples } from './data.ts';
import type { Definition } from './definition.ts';
import { errorOf } from './heads.ts';
import type { Weights } from './model-options.ts';
import { planNames, walkThrough, weightedSum } from './plan.ts';
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

/** Runs one batch on the host by the primitives' own meaning and keeps everything. */
export function inspectModel(
  definition: Definition,
  { inputs, targets }: Samples,
  weights: Weights,
  states: ReadonlyMap<string, Tensor>,
): Inspection {
  const { heads, placement } = definition;
  const { walk, xs, predictions, key, step } = walkThrough(definition, { inputs, targets }, false);
  const goals = targets.map((target, i) => placeholder(target, planNames.target(i)));
  const errors = heads.flatMap((head, i) => {
    const [prediction, goal] = [predictions[i], goals[i]];
    return prediction && goal ? [{ ...head, error: errorOf(head, prediction, goal, placement) }] : [];
  });
  const loss = weightedSum(errors);
  const listed: { path: string; kind: string; source: string; value: Value }[] = [
    ...Object.keys(definition.inputs).map((path, i) => ({
      path,
      kind: 'input',
      source: '',
      value: xs[i] ?? loss,
    })),
    ...[...walk.parameters.values()].map(({ path, value }) => ({ path, kind: 'weight', source: '', value })),
    ...walk.applications.flatMap(({ path, kind, source, outputs }) =>
      outputs.map((value, i) => ({
        path: i === 0 ? path : `${path}:${i}`,
        kind,
        source: source ?? '',
        value,
      })),
    ),
    ...(errors.length > 1
      ? errors.map(({ name, loss: { name: kind }, error: value }) => ({
          path: `loss/${name}`,
          kind,
          source: '',
          value,
        }))
      : []),
    { path: 'loss', kind: heads.map(({ loss: { name } }) => name).join(' + '), source: '', value: loss },
  ];
  const differentiable = listed.filter(({ value }) => isFloat(value.dtype));
  const gradients = gradient(
    loss,
    differentiable.map(({ value }) => value),
  );
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
  for (const { path, value } of walk.parameters.values()) feeds.set(value, weights[path] ?? []);
  for (const { path, value } of walk.states.values()) feeds.set(value, states.get(path) ?? []);
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

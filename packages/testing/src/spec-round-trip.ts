import {
  evaluate,
  type FloatDType,
  gradient,
  type Shape,
  type Tensor,
  type TensorLike,
  tensorOf,
  type Value,
} from '@pullback/core';
import { ConformanceError } from './case.ts';
import { near } from './numbers.ts';

/** A name, or an object with the name as `type` and options beside it. */
export type Spec = string | { readonly type: string; readonly [option: string]: unknown };

type AnySpec = string | { readonly type: string };

/** A model as data. */
export interface ModelData {
  readonly input: Shape | Readonly<Record<string, Shape>>;
  readonly layers: readonly AnySpec[];
  readonly loss: AnySpec;
  readonly optimizer: AnySpec;
  readonly backend?: AnySpec;
  readonly seed?: number;
  readonly dtype?: FloatDType;
  readonly layout?: 'row' | 'column';
}

/** A model that was made from data, as the examination needs it: the Model of pullback is one. */
export interface NamedModel {
  spec(): unknown;
  graph(
    batch: { x: Tensor; target: Tensor },
    options: { dtype: FloatDType },
  ): Promise<{
    readonly loss: Value;
    readonly predictions: readonly Value[];
    readonly parameters: readonly { readonly path: string; readonly value: Value }[];
    readonly feeds: ReadonlyMap<Value, TensorLike>;
  }>;
  step(batch: { x: Tensor; y: Tensor }): unknown;
  weights(): Promise<Readonly<Record<string, { readonly data: ArrayLike<number> }>>>;
}

/** Where names are bound: `{ createModel: (spec) => createModel(container, spec) }`. The built-in names must be among them. */
export interface Names {
  createModel(spec: ModelData): Promise<NamedModel>;
}

const usual = {
  loss: 'halfSquaredError',
  optimizer: { type: 'sgd', learningRate: 0.1 },
  backend: 'cpu',
  dtype: 'float64',
  seed: 5,
} as const;

/** A model of data, with the usual ones for what is left out. */
export function dataOf(given: Partial<ModelData> & Pick<ModelData, 'input' | 'layers'>): ModelData {
  return { ...usual, ...given };
}

/**
 * The model of some data, and the one of what the first says that it was made from, after a way through JSON.
 * @throws ConformanceError when that is other data, or when the data was changed.
 */
export async function bothModels({ createModel }: Names, data: ModelData): Promise<[NamedModel, NamedModel]> {
  const before = JSON.stringify(data);
  const first = await createModel(data);
  const told = JSON.stringify(first.spec());
  for (const [what, got] of [
    ['the data after a model was made from it', JSON.stringify(data)],
    ['the spec of a model', told],
  ] as const)
    if (canonical(got) !== canonical(before))
      throw new ConformanceError({ what, got: String(got), expected: before });
  return [first, await createModel(JSON.parse(told))];
}

function canonical(json: string): string {
  return JSON.stringify(JSON.parse(json), (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

export function float64(shape: Shape, data: ArrayLike<number>): Tensor {
  const tensor = tensorOf({ shape, dtype: 'float64' });
  tensor.data.set(Array.from(data));
  return tensor;
}

/**
 * Both models predict on a batch the numbers that the thing itself gives.
 * @param own the same prediction, from the numbers of the model's parameters in order.
 */
export async function examineRoundTrip(
  names: Names,
  data: ModelData,
  batch: { readonly x: Tensor; readonly target: Tensor },
  own: (parameters: readonly { readonly path: string; readonly tensor: Tensor }[]) => {
    readonly kind: 'prediction' | 'loss';
    readonly numbers: ArrayLike<number>;
  },
): Promise<void> {
  const results = [];
  for (const model of await bothModels(names, data)) {
    const { predictions, loss, parameters, feeds } = await model.graph(batch, { dtype: 'float64' });
    const weights = evaluate(
      parameters.map(({ value }) => value),
      feeds,
    );
    const { kind, numbers } = own(
      parameters.map(({ path }, i) => ({ path, tensor: weights[i] ?? float64([], [0]) })),
    );
    const [value] = kind === 'loss' ? [loss] : predictions;
    results.push({ kind, numbers, got: value === undefined ? [] : Array.from(evaluate(value, feeds).data) });
  }
  const [first, again] = results;
  if (first === undefined || again === undefined) return;
  refuseOther(
    `the ${first.kind} of a model made from the spec`,
    first.got,
    first.numbers,
    'as without the spec',
  );
  refuseOther(
    `the ${first.kind} of a model made from that model's spec`,
    again.got,
    first.got,
    'as the first gives',
  );
}

function refuseOther(what: string, got: ArrayLike<number>, expected: ArrayLike<number>, why: string): void {
  const same =
    got.length === expected.length &&
    Array.from(got).every((x, i) => near(x, expected[i] ?? Number.NaN, 1e-12));
  if (!same)
    throw new ConformanceError({
      what,
      got: `[${Array.from(got).join(', ')}]`,
      expected: `[${Array.from(expected).join(', ')}], ${why}`,
    });
}

/**
 * Three steps of a model whose optimizer comes from a spec are three updates by the optimizer itself.
 * @param update one update: numbers of weights, their gradients and the step, counted from 0, to new weights.
 */
export async function examineTraining(
  names: Names,
  optimizer: Spec,
  update: (weights: readonly Tensor[], gradients: readonly Tensor[], step: number) => readonly Tensor[],
): Promise<void> {
  const dense: Spec = { type: 'dense', units: 2 };
  const data = dataOf({ input: [3], layers: [dense], optimizer });
  const x = float64(
    [4, 3],
    Array.from({ length: 12 }, (_, i) => Math.sin(2 * i + 1)),
  );
  const y = float64(
    [4, 2],
    Array.from({ length: 8 }, (_, i) => Math.cos(3 * i)),
  );
  for (const model of await bothModels(names, data)) {
    const { loss, parameters, feeds } = await model.graph({ x, target: y }, { dtype: 'float64' });
    const values = parameters.map(({ value }) => value);
    const slopes = gradient(loss, values);
    let weights: readonly Tensor[] = evaluate(values, feeds);
    for (let step = 0; step < 3; step++) {
      const at = new Map(feeds);
      values.forEach((value, i) => {
        const tensor = weights[i];
        if (tensor !== undefined) at.set(value, tensor);
      });
      weights = update(weights, evaluate(slopes, at), step);
      model.step({ x, y });
    }
    const got = await model.weights();
    parameters.forEach(({ path }, i) => {
      refuseOther(
        `'${path}' after three steps of a model made from the spec`,
        got[path]?.data ?? [],
        weights[i]?.data ?? [],
        'as by the optimizer itself',
      );
    });
  }
}

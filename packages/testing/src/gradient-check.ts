import {
  add,
  constant,
  evaluate,
  type FloatDType,
  gradient,
  isFloat,
  mul,
  RandomStream,
  sizeOf,
  sum,
  type Tensor,
  type TensorLike,
  type Value,
} from '@pullback/core';
import { difference, hasKink } from './differences.ts';

/** A model as the check needs it: `Model` of @pullback/train is one. */
export interface CheckedModel<B> {
  graph(
    batch: B,
    options: { dtype: FloatDType },
  ): Promise<{
    readonly loss: Value;
    readonly losses: readonly { readonly name: string; readonly kind: string; readonly value: Value }[];
    readonly predictions: readonly Value[];
    readonly parameters: readonly { readonly path: string; readonly value: Value }[];
    readonly applications: readonly {
      readonly path: string;
      readonly kind: string;
      readonly inputs: readonly Value[];
      readonly outputs: readonly Value[];
    }[];
    readonly feeds: ReadonlyMap<Value, TensorLike>;
  }>;
}

/** A layer whose gradient is not that of what it computes. */
export interface WrongGradient {
  readonly path: string;
  readonly kind: string;
  /** The derivative along a random direction, by the vjp and by central differences. */
  readonly got: number;
  readonly expected: number;
}

/** Three directions each: a wrong entry shows in almost every one. */
const directions = 3;

/**
 * Checks a whole model on a batch, in float64 and in prediction: for every use of a layer the derivative of its outputs at its inputs and its
 * parameters along random directions, by its vjp and by central differences; and the losses at the predictions.
 * @returns the wrong ones, inner layers before those that they are in; nothing when all agree.
 */
export async function gradientCheck<B>(
  model: CheckedModel<B>,
  batch: B,
  { tolerance = 1e-5, seed = 1 }: { readonly tolerance?: number; readonly seed?: number } = {},
): Promise<readonly WrongGradient[]> {
  const { parameters, applications, losses, predictions, feeds } = await model.graph(batch, {
    dtype: 'float64',
  });
  const parts = [
    ...applications.map(({ path, kind, inputs, outputs }) => {
      const own = parameters.filter((parameter) => parameter.path.startsWith(`${path}/`));
      return { path, kind, inputs: [...inputs, ...own.map(({ value }) => value)], outputs };
    }),
    ...losses.map(({ name, kind, value }) => ({
      path: name === '' ? 'loss' : `loss/${name}`,
      kind,
      inputs: predictions,
      outputs: [value],
    })),
  ];
  const wrong: WrongGradient[] = [];
  for (const { path, kind, inputs, outputs } of parts) {
    const starts = inputs.filter(({ dtype }) => isFloat(dtype));
    if (starts.length === 0) continue;
    for (let i = 0; i < directions; i++) {
      const found = along(starts, outputs, feeds, RandomStream.of(seed + i, path));
      if (Math.abs(found.got - found.expected) <= tolerance * Math.max(1, Math.abs(found.expected))) continue;
      if (found.kink) continue;
      wrong.push({ path, kind, got: found.got, expected: found.expected });
      break;
    }
  }
  return wrong;
}

/** d <u, F> along v at the inputs, for random u and v. */
function along(
  inputs: readonly Value[],
  outputs: readonly Value[],
  feeds: ReadonlyMap<Value, TensorLike>,
  random: RandomStream,
): { readonly got: number; readonly expected: number; readonly kink: boolean } {
  const drawn = ({ shape }: Value) => Float64Array.from({ length: sizeOf(shape) }, () => random.normal());
  const weighted = outputs
    .filter(({ dtype }) => isFloat(dtype))
    .map((output) =>
      sum(mul(output, constant({ shape: output.shape, data: drawn(output) }, { dtype: 'float64' }))),
    );
  const [first, ...others] = weighted;
  if (first === undefined) return { got: 0, expected: 0, kink: false };
  const total = others.reduce((a, b) => add(a, b), first);
  const at = evaluate(inputs, feeds);
  const v = inputs.map(drawn);
  const slopes = evaluate(gradient(total, inputs), feeds);
  const got = slopes.reduce(
    (n, { data }, i) => n + Float64Array.from(data).reduce((s, x, k) => s + x * (v[i]?.[k] ?? 0), 0),
    0,
  );
  const moved = (step: number): number => {
    const changed = new Map(feeds);
    inputs.forEach((input, i) => {
      const { shape, data } = at[i] as Tensor;
      changed.set(input, { shape, data: Float64Array.from(data, (x, k) => x + step * (v[i]?.[k] ?? 0)) });
    });
    return evaluate(total, changed).data[0] ?? Number.NaN;
  };
  const found = difference((step) => moved(step / 10), 0);
  return { got, expected: 10 * found.value, kink: hasKink(found) || found.error > 1e-6 };
}

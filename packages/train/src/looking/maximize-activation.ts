import {
  add,
  type Backend,
  checkOptions,
  div,
  type FieldsOf,
  field,
  formatShape,
  gradient,
  isFloat,
  mean,
  mul,
  OptionError,
  slice,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  trace,
  UnknownNameError,
  type Value,
} from '@pullback/core';
import { targetFields } from '../option-fields.ts';
import type { Targeted } from '../samples/batch.ts';
import type { ModelGraph } from './inspect.ts';

/** The parts of a model that are looked at. */
export interface Shown {
  readonly backend: Backend;
  graph(batch: Targeted): Promise<ModelGraph>;
}

export interface ActivationOptions {
  /** The layer: a path such as `network/3`, or the end of one. */
  readonly path: string;
  /** Which of its units: the index along the last axis of its output, that of channels. */
  readonly unit: number;
  /** How often the input is moved; 64 when left out. */
  readonly steps?: number;
  /** How far it is moved at a step, as the root of the mean square of all elements; 0.05 when left out. */
  readonly rate?: number;
  /** The share of the input that a step takes away, so that what the unit does not ask for fades; 0 when left out. */
  readonly decay?: number;
}

const activationFields = {
  path: field.needed(field.one<string>('a path', (x) => typeof x === 'string')),
  unit: field.needed(field.whole({ from: 0 })),
  steps: field.whole({ from: 1 }),
  rate: field.number({ above: 0 }),
  decay: field.number({ from: 0, below: 1 }),
} satisfies FieldsOf<ActivationOptions>;

/**
 * Inputs that one unit answers to more than to `batch.x`, one for each sample of it: `x <- (1 - decay) x + rate g / rms(g)`, with g the gradient
 * of the unit's output, averaged over the places of a feature map, by x. Of a network with one input of floats, in prediction.
 * @returns [samples, ...input], to be drawn as a picture.
 * @throws UnknownNameError for a layer that there is not; OptionError for a unit beyond its output, or an input of integers.
 * @see Erhan, Bengio, Courville and Vincent 2009, Visualizing higher-layer features of a deep network
 */
export async function maximizeActivation(
  model: Shown,
  batch: Targeted,
  options: ActivationOptions,
): Promise<Tensor> {
  checkOptions('maximizeActivation', batch, targetFields);
  const { steps = 64, ...chosen } = checkOptions('maximizeActivation', options, activationFields);
  const graph = await model.graph(batch);
  const x = onlyInput(graph);
  const moved = ascended(x, activationOf(graph, chosen), chosen);
  const [values, feeds] = [[...graph.feeds.keys()], [...graph.feeds.values()]];
  const { backend } = model;
  const executable = await backend.compile(trace(values, [moved]));
  const buffers = values.map(({ spec }) => backend.allocate(spec));
  try {
    buffers.forEach((buffer, i) => {
      backend.write(buffer, tensor(feeds[i] ?? [], { dtype: buffer.spec.dtype }).data);
    });
    const place = buffers.filter((_, i) => values[i] === x);
    executable.bind(buffers, place).run(steps);
    const [data] = await Promise.all(place.map((buffer) => backend.read(buffer)));
    return tensor({ shape: x.shape, data: data ?? [] }, { dtype: x.dtype });
  } finally {
    executable.dispose?.();
    for (const buffer of buffers) backend.free(buffer);
  }
}

function onlyInput({ inputs }: ModelGraph): Value {
  const [x, ...others] = inputs;
  if (x !== undefined && others.length === 0 && isFloat(x.dtype)) return x;
  throw new OptionError({
    got: `a network of ${inputs.length} inputs: ${inputs.map(({ dtype, shape }) => `${dtype}${formatShape(shape)}`).join(', ')}`,
    expected: 'one input of floats, which can be moved by a gradient',
  });
}

/** The outputs of one unit, [samples], averaged over the places of a feature map. */
function activationOf({ applications }: ModelGraph, { path, unit }: ActivationOptions): Value {
  const found = applications.filter((each) => each.path === path || each.path.endsWith(`/${path}`));
  const [y, ...others] = found.flatMap(({ outputs }) => outputs);
  if (y === undefined || others.length > 0)
    throw new UnknownNameError(
      y === undefined ? 'layer' : 'single output of a layer',
      path,
      applications.map((each) => each.path),
    );
  const units = y.shape.at(-1) ?? 0;
  if (unit >= units)
    throw new OptionError({
      got: `unit ${unit}`,
      expected: `one of the ${units} units of ${formatShape(y.shape)}`,
      at: path,
    });
  const none = y.shape.slice(0, -1).map(() => 0);
  const own = slice(y, [...none, unit], [...y.shape.slice(0, -1), unit + 1]);
  return mean(own, { axis: axesOfSample(own) });
}

/** x a step further up, each sample by its own gradient. */
function ascended(x: Value, activation: Value, { rate = 0.05, decay = 0 }: ActivationOptions): Value {
  const [g = x] = gradient(sum(activation), [x]);
  const size = sqrt(mean(square(g), { axis: axesOfSample(x), keepAxis: true }));
  const step = div(g, add(size, 1e-12));
  return add(sub(x, mul(decay, x)), mul(rate, step));
}

function axesOfSample({ shape }: Value): number[] {
  return shape.slice(1).map((_, i) => i + 1);
}

import {
  halfSquaredError,
  Model,
  momentum,
  type Tensor,
  tensor,
  uniformly,
  type Weights,
  weightDecay,
} from 'pullback';
import { untilLearned } from './criterion.ts';
import type { Patterns, Simulation } from './simulation.ts';

export type BackendName = 'cpu' | 'wasm';

/** What came of one start. */
export interface Run {
  readonly seed: number;
  /** The sweeps after which every output was right; undefined for a run that failed. */
  readonly sweeps: number | undefined;
  /** The share of what is held out that the learned network got right, where something is. */
  readonly heldOut: number | undefined;
}

/** Sweeps in one call. What a run is counted in does not depend on it. */
const block = 50;

/** Where the network's own weights stand in a model. */
const prefix = 'network/0/';

/** The simulation's network with the weights of `seed`, in float64. */
export async function modelOf(simulation: Simulation, seed: number, backend: BackendName): Promise<Model> {
  const { network, patterns, learning } = simulation;
  const { rate, momentum: alpha = 0.9, decay = 0, start = 0.5, tolerance = 0.1 } = learning;
  const { length } = patterns.inputs;
  const changes = momentum({ learningRate: rate, momentum: alpha });
  return Model.create({
    network: untilLearned(network(uniformly({ low: -start, high: start })), { tolerance, patterns: length }),
    input: { pattern: [patterns.inputs[0]?.length ?? 0], target: [patterns.targets[0]?.length ?? 0] },
    loss: halfSquaredError(),
    optimizer: decay === 0 ? changes : weightDecay(changes, { rate: decay / rate }),
    dtype: 'float64',
    seed,
    backend,
  });
}

/** Learns with the weights of `seed` until everything is right, or the limit is reached. */
export async function train(simulation: Simulation, seed: number, backend: BackendName): Promise<Run> {
  const { patterns, learning, heldOut } = simulation;
  using model = await modelOf(simulation, seed, backend);
  for (let done = 0; done <= learning.limit; done += block) {
    sweep(model, simulation, block);
    const [learned = -1] = (await model.states())['network/learned']?.data ?? [];
    const sweeps = Math.ceil(learned / patterns.inputs.length);
    if (learned < 0) continue;
    if (sweeps > learning.limit) break;
    if (heldOut === undefined) return { seed, sweeps, heldOut: undefined };
    const right = heldOut.count(await outputsOf(model, heldOut.patterns));
    return { seed, sweeps, heldOut: right / heldOut.of };
  }
  return { seed, sweeps: undefined, heldOut: undefined };
}

/** Shows every pattern `sweeps` times. */
export function sweep(model: Model, { patterns, learning }: Simulation, sweeps: number): void {
  const { inputs, targets } = patterns;
  const batch = { x: { pattern: inputs, target: targets }, y: targets };
  if (learning.updates === 'pattern') model.step(batch, { times: sweeps * inputs.length, batchSize: 1 });
  else model.step(batch, { times: sweeps });
}

/** The output units' activations for every pattern. */
export async function outputsOf(model: Model, { inputs, targets }: Patterns): Promise<number[][]> {
  return rowsOf(await model.predict({ pattern: inputs, target: targets }));
}

/** The rows of a matrix. */
export function rowsOf({ shape, data }: Tensor): number[][] {
  const [rows = 0, width = 0] = shape;
  return Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * width, (i + 1) * width)));
}

/** The error over all patterns, E = 1/2 sum (t - o)^2. */
export async function errorOf(model: Model, { inputs, targets }: Patterns): Promise<number> {
  const { loss = Number.NaN } = await model.evaluate({ pattern: inputs, target: targets }, targets);
  return loss;
}

/** The weights by their paths within the network. */
export async function weightsOf(model: Model): Promise<Weights> {
  const entries = Object.entries(await model.weights());
  return Object.fromEntries(entries.map(([path, weight]) => [path.slice(prefix.length), weight]));
}

/** Puts weights in that were printed, by their paths within the network. */
export async function loadPrinted(
  model: Model,
  printed: Readonly<Record<string, readonly number[] | readonly (readonly number[])[]>>,
): Promise<void> {
  const entries = Object.entries(printed).map(([path, numbers]) => [`${prefix}${path}`, tensor(numbers)]);
  await model.load(Object.fromEntries(entries));
}

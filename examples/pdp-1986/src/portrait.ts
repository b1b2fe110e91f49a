import type { Model, Weights } from 'pullback';
import type { Simulation } from './simulation.ts';
import {
  type BackendName,
  errorOf,
  loadPrinted,
  modelOf,
  outputsOf,
  rowsOf,
  sweep,
  weightsOf,
} from './train.ts';

/** One run as it is drawn: the error on its way, and the weights that it came to. */
export interface Portrait {
  readonly seed: number;
  readonly sweeps: number;
  /** Pairs of sweeps and error. */
  readonly curve: readonly (readonly [number, number])[];
  readonly weights: Weights;
  readonly outputs: readonly (readonly number[])[];
  /** The activations that are shown for every pattern, where some are. */
  readonly codes: readonly (readonly number[])[] | undefined;
}

/** How many points a curve has, about. */
const points = 200;

/** The run of `seed` again, for exactly so many sweeps. */
export async function portray(
  simulation: Simulation,
  seed: number,
  sweeps: number,
  backend: BackendName,
): Promise<Portrait> {
  using model = await modelOf(simulation, seed, backend);
  const curve: [number, number][] = [[0, await errorOf(model, simulation.patterns)]];
  const part = Math.max(1, Math.floor(sweeps / points));
  for (let done = 0; done < sweeps; ) {
    const now = Math.min(part, sweeps - done);
    sweep(model, simulation, now);
    done += now;
    curve.push([done, await errorOf(model, simulation.patterns)]);
  }
  return {
    seed,
    sweeps,
    curve,
    weights: await weightsOf(model),
    outputs: await outputsOf(model, simulation.patterns),
    codes: await codesOf(model, simulation),
  };
}

async function codesOf(model: Model, { codes, patterns }: Simulation): Promise<number[][] | undefined> {
  if (codes === undefined) return undefined;
  const { inputs, targets } = patterns;
  const seen = await model.inspect({ x: { pattern: inputs, target: targets }, target: targets });
  return rowsOf(seen.value(`0/${codes}`));
}

/** The outputs of the simulation's network with the weights that were printed. */
export async function outputsOfPrinted(simulation: Simulation, backend: BackendName): Promise<number[][]> {
  using model = await modelOf(simulation, 1, backend);
  await loadPrinted(model, simulation.publishedWeights?.weights ?? {});
  const outputs = await outputsOf(model, simulation.patterns);
  return outputs;
}

import type { Weights } from 'pullback';
import type { Wiring } from '../simulation.ts';

/** One weight between two units. */
export interface Link {
  readonly from: string;
  readonly to: string;
  readonly weight: number;
}

export interface Wired {
  readonly links: readonly Link[];
  /** The bias of every unit that has one. */
  readonly biases: ReadonlyMap<string, number>;
}

/** The weights of layers by the units that they join. */
export function wired(wiring: readonly Wiring[], weights: Weights): Wired {
  const links = wiring.flatMap(({ layer, from, to }) => {
    const kernel = weights[`${layer}/kernel`]?.data ?? [];
    return from.flatMap((source, i) =>
      to.map((unit, k) => ({ from: source, to: unit, weight: kernel[i * to.length + k] ?? 0 })),
    );
  });
  const biases = wiring.flatMap(({ layer, to }) => {
    const bias = weights[`${layer}/bias`]?.data ?? [];
    return to.map((unit, k) => [unit, bias[k] ?? 0] as const);
  });
  return { links, biases: new Map(biases) };
}

/** A weight as it is printed: -6.4, 2.2, 12. */
export function printed(weight: number): string {
  return Math.abs(weight) >= 10 ? weight.toFixed(0) : weight.toFixed(1);
}

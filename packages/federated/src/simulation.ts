import type { Federation } from './federation.ts';
import type { Update, Weights } from './updates.ts';

/** The task of a client in a round. */
export interface Task {
  readonly round: number;
  readonly weights: Weights;
}

/** Somebody who has data, and trains on them alone. */
export interface Client {
  readonly name: string;
  /** Trains from the weights of a round. @returns what was learned, or undefined where it drops out. */
  train(task: Task): Promise<Omit<Update, 'round' | 'client'> | undefined>;
}

export interface SimulationOptions {
  readonly rounds: number;
  /** Told after every round how many updates counted in it. */
  readonly ended?: (round: number, counted: number) => void | Promise<void>;
}

/** Rounds with clients of this process, one after the other: the same numbers as with clients elsewhere. */
export async function simulate(
  federation: Federation,
  clients: readonly Client[],
  { rounds, ended }: SimulationOptions,
): Promise<void> {
  const byName = new Map(clients.map((client) => [client.name, client]));
  for (let i = 0; i < rounds; i++) {
    for (const name of federation.begin([...byName.keys()])) {
      const { round, weights } = federation;
      const learned = await byName.get(name)?.train({ round, weights });
      if (learned !== undefined) federation.offer({ ...learned, round, client: name });
    }
    const counted = federation.end();
    await ended?.(federation.round, counted);
  }
}

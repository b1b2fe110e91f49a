import { checkOptions, type FieldsOf, field } from '@pullback/core';
import type { Federation } from './federation.ts';
import type { Client } from './simulation.ts';

export interface ServeOptions {
  readonly rounds: number;
  /** Milliseconds that a round waits for updates, at most 2^31 - 1; those that come later are left out. Without end when left out. */
  readonly deadline?: number;
  /** Told after every round how many updates counted in it. */
  readonly ended?: (round: number, counted: number) => void | Promise<void>;
  /** Told of an update that was refused, and of a client that failed: the round goes on without it. */
  readonly failed?: (client: string, failure: unknown) => void;
}

const fields = {
  rounds: field.needed(field.whole({ from: 0 })),
  // A timer of more rings at once.
  deadline: field.number({ above: 0, to: 2 ** 31 - 1 }),
  ended: field.callable<NonNullable<ServeOptions['ended']>>('a function'),
  failed: field.callable<NonNullable<ServeOptions['failed']>>('a function'),
} satisfies FieldsOf<ServeOptions>;

/**
 * Rounds with clients elsewhere, all of a round at the same time: `client.train` sends them the weights, and waits for what they learned.
 * @param clients those that are there when a round begins; it may wait until there are enough.
 * @throws OptionError
 */
export async function serve(
  federation: Federation,
  clients: () => readonly Client[] | Promise<readonly Client[]>,
  options: ServeOptions,
): Promise<void> {
  const { rounds, deadline, ended, failed } = checkOptions('serve', options, fields);
  for (let i = 0; i < rounds; i++) {
    const byName = new Map((await clients()).map((client) => [client.name, client]));
    const chosen = federation.begin([...byName.keys()]);
    const { round, weights } = federation;
    const ask = async (name: string) => {
      try {
        const learned = await byName.get(name)?.train({ round, weights });
        // Of a round that has ended it is left out.
        if (learned !== undefined) federation.offer({ ...learned, round, client: name });
      } catch (failure) {
        failed?.(name, failure);
      }
    };
    await inTime(Promise.all(chosen.map(ask)), deadline);
    const counted = federation.end();
    await ended?.(round, counted);
  }
}

/** Waits for work, or until so many milliseconds have passed. */
async function inTime(work: Promise<unknown>, milliseconds: number | undefined): Promise<void> {
  if (milliseconds === undefined) {
    await work;
    return;
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}

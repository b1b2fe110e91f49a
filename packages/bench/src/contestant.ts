import type { Entry } from './entries.ts';
import type { Calls, Counted, Kind } from './protocol.ts';

/** A library in a process of its own, told when to work; it sleeps while others do. */
export interface Contestant {
  readonly entry: Entry;
  /** @throws Error with what the process says, or when it ends. */
  ask<K extends Kind>(kind: K, ...args: Parameters<Calls[K]>): Promise<Awaited<ReturnType<Calls[K]>>>;
  end(): Promise<void>;
}

/** Starts a process. */
export type Opener = (entry: Entry, counted?: Counted) => Promise<Contestant>;

/**
 * Where threads meet, as int32 places of the memory that they work on: each on a cache line of its own. Every number is written by one side or by
 * compare-and-exchange.
 */
export const meeting = {
  /** How often threads have come to a meeting point. */
  arrived: 32,
  /** How many sleep until the next arrival. */
  sleepers: 40,
  /** `arrived` when the job began. */
  base: 48,
} as const;

/** Bytes at the start of the memory that are kept for this. */
export const reserved = 256;

/** Workers that there is room for. */
export const mostWorkers = 128;

/** The int32 places of a small memory through which the workers of a process are told. */
export const control = {
  /** Changes when there is a job; workers sleep on it. */
  generation: 0,
  /** Which binding the job is, and how many steps. */
  binding: 16,
  times: 17,
  /** The state of each worker, from here on. */
  states: 32,
  /** How many messages were posted to each worker: one that has more to read leaves for its event loop. */
  posted: 32 + mostWorkers,
  /** How many there are. */
  places: 32 + 2 * mostWorkers,
} as const;

export const states = {
  /** In its event loop, or not there yet. */
  away: 0,
  /** Waiting for a job. */
  attending: 1,
  /** Promised for a job. */
  taken: 2,
} as const;

/**
 * Where threads meet, as int32 places of the shared memory: each on a cache line of its own. Every number is written by one side or by
 * compare-and-exchange.
 */
export const control = {
  /** Changes when there is a job; workers sleep on it. */
  generation: 16,
  /** How often threads have come to a meeting point. */
  arrived: 32,
  /** How many sleep until the next arrival. */
  sleepers: 40,
  /** `arrived` when the job began. */
  base: 48,
  /** Which binding the job is, and how many steps. */
  binding: 64,
  times: 65,
  /** How many messages were posted to each worker: one that has more to read leaves for its event loop. */
  posted: 80,
  /** What each worker does, from here on. */
  states: 96,
} as const;

/** Bytes at the start of the memory that are kept for this. */
export const reserved = 1024;

/** Workers that there is room for. */
export const mostWorkers = 128;

export const states = {
  /** In its event loop, or not there yet. */
  away: 0,
  /** Waiting for a job. */
  attending: 1,
  /** Promised for a job. */
  taken: 2,
} as const;

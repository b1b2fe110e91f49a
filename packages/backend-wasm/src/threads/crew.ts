import { control, states } from './control.ts';
import { startWorker, type Thread } from './worker.ts';

/** A binding as workers are told of it. */
export interface Task {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly globals: Readonly<Record<string, number>>;
  /** Byte address of an int32 that is 0: how many workers have it. */
  readonly ready: number;
}

/**
 * The workers of the process, which all backends share: as many as the one with the most threads asked for, and none once nobody does. They wait for
 * jobs awake for a while, then asleep, then leave for their event loops, where they can be told of new bindings.
 */
class Crew {
  readonly #control = new Int32Array(new SharedArrayBuffer(4 * control.places));
  readonly #threads: Thread[] = [];
  #tasks = 0;
  #users = 0;

  /** How many workers there are. */
  get size(): number {
    return this.#threads.length;
  }

  /** Counts in somebody who may ask for workers. */
  join(): void {
    this.#users++;
  }

  leave(): void {
    this.#users--;
    if (this.#users > 0) return;
    for (const thread of this.#threads) void thread.terminate();
    this.#threads.length = 0;
    this.#control.fill(0);
  }

  /** Tells the first `workers` of a task; they are started where they are not there. @returns its number. */
  share(task: Task, workers: number): number {
    for (let place = this.#threads.length; place < workers; place++) {
      this.#threads.push(startWorker());
      this.#post(place, { control: this.#control, place });
    }
    const binding = this.#tasks++;
    for (let place = 0; place < workers; place++) this.#post(place, { ...task, binding });
    return binding;
  }

  forget(binding: number): void {
    for (let place = 0; place < this.#threads.length; place++) this.#post(place, { forget: binding });
  }

  #post(place: number, message: unknown): void {
    // Counted before it is sent: a worker that has read it must not think that there is less.
    Atomics.add(this.#control, control.posted + place, 1);
    this.#threads[place]?.postMessage(message);
    Atomics.notify(this.#control, control.generation);
  }

  /** Has the first `workers` do `times` steps of a task while `own` is done here; false, and nothing done, when they are not all there. */
  run(binding: number, workers: number, times: number, own: () => void): boolean {
    const numbers = this.#control;
    for (let place = 0; place < workers; place++) {
      const state = control.states + place;
      const before = Atomics.compareExchange(numbers, state, states.attending, states.taken);
      if (before === states.attending) continue;
      for (let k = 0; k < place; k++) Atomics.store(numbers, control.states + k, states.attending);
      // Any message brings them back, once they have read it.
      if (before === states.away) this.#call(workers);
      return false;
    }
    Atomics.store(numbers, control.binding, binding);
    Atomics.store(numbers, control.times, times);
    Atomics.add(numbers, control.generation, 1);
    Atomics.notify(numbers, control.generation);
    own();
    for (let place = 0; place < workers; place++)
      Atomics.store(numbers, control.states + place, states.attending);
    return true;
  }

  #called = 0;

  /** At most one call in a hundredth of a second: workers that are starting need time, not messages. */
  #call(workers: number): void {
    const now = performance.now();
    if (now - this.#called < 10) return;
    this.#called = now;
    for (let place = 0; place < workers; place++) this.#post(place, {});
  }
}

let crew: Crew | undefined;

/** The crew of this process, made when it is first asked for: where there are no threads there is no memory to share either. */
export function theCrew(): Crew {
  crew ??= new Crew();
  return crew;
}

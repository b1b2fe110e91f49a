import { meeting } from './control.ts';
import { type Task, theCrew } from './crew.ts';

/** A binding that workers may take part in. */
export interface Shared {
  readonly id: number;
  readonly task: Task;
}

/** The share of a pool in the crew. */
interface Membership {
  readonly shared: Set<number>;
  joined: boolean;
}

/** Pools that nobody holds any more leave, and bindings that nobody holds are forgotten. */
const leaving = new FinalizationRegistry<Membership>(leave);
const forgetting = new FinalizationRegistry<{ readonly id: number; readonly of: Membership }>(({ id, of }) =>
  forget(of, id),
);

/** The workers of one backend: they belong to the process, and work on any memory. */
export class Pool {
  readonly #membership: Membership = { shared: new Set(), joined: false };
  #jobs = 0;
  /** Whether bindings share at once and ask every time, however long they take: for tests of what workers do. */
  always = false;

  constructor(
    readonly memory: WebAssembly.Memory,
    readonly size: number,
  ) {
    leaving.register(this, this.#membership, this);
  }

  /** Jobs that all threads did together. */
  get jobs(): number {
    return this.#jobs;
  }

  /** Tells the workers of a module with these globals, on behalf of `holder`; they are started where they are not there. */
  share(holder: object, { module, globals, ready }: Omit<Task, 'memory'>): Shared {
    if (!this.#membership.joined) theCrew().join();
    this.#membership.joined = true;
    const task = { module, globals, ready, memory: this.memory };
    const id = theCrew().share(task, this.size - 1);
    this.#membership.shared.add(id);
    const shared = { id, task };
    forgetting.register(holder, { id, of: this.#membership }, shared);
    return shared;
  }

  forget(shared: Shared): void {
    forgetting.unregister(shared);
    forget(this.#membership, shared.id);
  }

  /** Runs `own`, the first thread's part, with the parts of the workers; false, and nothing done, when they are not all there. */
  run({ id, task: { ready } }: Shared, times: number, own: (thread: number, times: number) => void): boolean {
    const workers = this.size - 1;
    if (Atomics.load(new Int32Array(this.memory.buffer, ready, 1), 0) !== workers) return false;
    const numbers = new Int32Array(this.memory.buffer, 0, meeting.base + 1);
    Atomics.store(numbers, meeting.base, Atomics.load(numbers, meeting.arrived));
    const done = theCrew().run(id, workers, times, () => own(0, times));
    if (done) this.#jobs++;
    return done;
  }

  dispose(): void {
    leaving.unregister(this);
    leave(this.#membership);
  }
}

function forget({ shared }: Membership, id: number): void {
  if (shared.delete(id)) theCrew().forget(id);
}

function leave(membership: Membership): void {
  for (const id of [...membership.shared]) forget(membership, id);
  if (membership.joined) theCrew().leave();
  membership.joined = false;
}

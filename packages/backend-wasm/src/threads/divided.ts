/** How the steps of a binding are run. */
export interface Ways {
  /** By this thread alone. */
  alone(times: number): void;
  /** By all threads; false, and nothing done, when they are not all there. */
  together(times: number): boolean;
  /** Tells the workers of the binding. */
  share(): void;
}

/** Milliseconds that a binding runs for before workers hear of it: starting one costs some thirty. */
const worthStarting = 250;
/** Together pays where a step takes less than this part of the time that it takes alone: elsewhere there is no processor for the others. */
const gain = 0.8;
/** Steps of a trial. */
const few = 4;
/** Milliseconds after which a long call looks again which way is faster. */
const slice = 50;
/** A trial that did not pay is made again after so many times as long as it took, and after twice as many each time. */
const [firstPause, longestPause] = [50, 20_000];

/**
 * Runs steps alone or together, as they are faster: where other programs have the processors, threads that wait for each other take longer than one, and the
 * time of processors besides. The bits are the same.
 */
export class Divided {
  #spent = 0;
  #isShared = false;
  #together = false;
  /** Milliseconds of a step, of late. */
  #alone = Number.POSITIVE_INFINITY;
  /** Calls together in a row that did not pay. */
  #slow = 0;
  #pause = 0;
  #factor = firstPause;

  constructor(readonly ways: Ways) {}

  /** Shares at once, and asks the workers every time: for tests of what they do. */
  always = false;

  run(times: number): void {
    if (this.always) {
      this.#share();
      if (!this.ways.together(times)) this.ways.alone(times);
      return;
    }
    for (let left = times; left > 0; ) {
      const some = Math.min(left, Math.max(few, Math.floor(slice / this.#alone)));
      left -= some;
      if (this.#together) this.#runTogether(some);
      else if (!this.#isShared || this.#pause > 0) this.#runAlone(some);
      else left += some - this.#try(Math.min(some, few));
    }
  }

  #runAlone(times: number): void {
    const took = timed(() => this.ways.alone(times));
    const step = took / times;
    this.#alone = this.#alone === Number.POSITIVE_INFINITY ? step : 0.75 * this.#alone + 0.25 * step;
    this.#pause -= took;
    this.#spent += took;
    if (this.#spent >= worthStarting) this.#share();
  }

  #share(): void {
    if (!this.#isShared) this.ways.share();
    this.#isShared = true;
  }

  /** A few steps together, to see. @returns how many were done. */
  #try(times: number): number {
    let done = false;
    const took = timed(() => {
      done = this.ways.together(times);
    });
    if (!done) this.#runAlone(times);
    else if (took / times < gain * this.#alone) {
      this.#together = true;
      this.#factor = firstPause;
      this.#slow = 0;
    } else this.#rest(took);
    return times;
  }

  #runTogether(times: number): void {
    let done = false;
    const took = timed(() => {
      done = this.ways.together(times);
    });
    if (!done) {
      this.#runAlone(times);
      return;
    }
    this.#slow = took / times < gain * this.#alone ? 0 : this.#slow + 1;
    // One slow call may be chance.
    if (this.#slow < 3) return;
    this.#together = false;
    this.#rest(took);
  }

  /** No trial for a while. */
  #rest(took: number): void {
    this.#pause = Math.min(longestPause, took * this.#factor);
    this.#factor *= 2;
  }
}

/** Milliseconds. */
function timed(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

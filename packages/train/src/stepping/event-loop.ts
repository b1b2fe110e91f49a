import { callTime } from './call-pace.ts';

interface Host {
  readonly MessageChannel: typeof MessageChannel;
  readonly setImmediate?: (callback: () => void) => unknown;
}

/** Gives the event loop its turns. */
export class Turns {
  #last = performance.now();

  /** Whether the event loop had no turn for the time of a call. */
  get due(): boolean {
    return performance.now() - this.#last >= callTime;
  }

  async take(): Promise<void> {
    await turn();
    this.#last = performance.now();
  }
}

/** A timer would wait 1 to 4 ms; `setImmediate`, where it is there, and a message take microseconds. */
function turn(): Promise<void> {
  const { setImmediate, MessageChannel }: Host = globalThis;
  return new Promise((resolve) => {
    if (setImmediate !== undefined) {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      // An open port would keep some hosts running for ever.
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

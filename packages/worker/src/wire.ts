import { field, OptionError } from '@pullback/core';
import { errorOf, type Failure, failureOf } from './failures.ts';
import { listen, type Port } from './port.ts';

type Handler = (...given: never[]) => unknown;

type Message<Result> =
  | { readonly id: number; readonly call: string; readonly given: readonly unknown[] }
  | { readonly id: number; readonly result: Result }
  | { readonly id: number; readonly failure: Failure };

/** As it is heard: the handler and who calls it agree on what it gives. */
type Heard = Message<never>;
type Sent = Message<unknown>;

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (why: Error) => void;
}

/** Calls across a channel, in both directions: each end answers those of the other by its handlers. */
export class Wire {
  readonly #port: Port;
  readonly #handlers: ReadonlyMap<string, Handler>;
  readonly #waiting = new Map<number, Waiting>();
  #ended: Error | undefined;
  #calls = 0;

  constructor(port: Port, handlers: Readonly<Record<string, Handler>>) {
    this.#port = port;
    this.#handlers = new Map(Object.entries(handlers));
    listen(port, {
      message: (data) => {
        if (isMessage(data)) void this.#hear(data);
      },
      ended: (why) => this.end(why),
    });
  }

  /**
   * The result of a handler of the other end.
   * @param moved arrays whose memory goes over and is gone here; others are copied.
   * @throws OptionError for what is no data, and whatever the handler throws.
   */
  async call<T>(call: string, given: readonly unknown[], moved: readonly ArrayBuffer[] = []): Promise<T> {
    if (this.#ended !== undefined) throw this.#ended;
    const id = this.#calls++;
    const answered = new Promise<T>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    try {
      this.#port.postMessage({ id, call, given } satisfies Sent, [...moved]);
    } catch (why) {
      this.#waiting.delete(id);
      throw new OptionError({
        got: `what cannot be sent to a worker: ${why instanceof Error ? why.message : field.shown(why)}`,
        expected: 'data: numbers, texts, arrays and plain objects',
        hint: 'Metrics are given by name; what is code belongs into the file of the worker.',
      });
    }
    return answered;
  }

  /** No call is answered any more. */
  end(why: Error): void {
    this.#ended ??= why;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }

  async #hear(message: Heard): Promise<void> {
    if ('call' in message) return this.#answer(message.id, message.call, message.given);
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ('failure' in message) waiting?.reject(errorOf(message.failure));
    else waiting?.resolve(message.result);
  }

  async #answer(id: number, call: string, given: readonly unknown[]): Promise<void> {
    try {
      const handler = this.#handlers.get(call);
      if (handler === undefined)
        throw new OptionError({ got: `the call '${call}'`, expected: [...this.#handlers.keys()].join(', ') });
      const result: unknown = await Reflect.apply(handler, undefined, given);
      this.#port.postMessage(
        { id, result } satisfies Sent,
        this.#ended === undefined ? buffersOf(result) : [],
      );
    } catch (thrown) {
      this.#port.postMessage({ id, failure: failureOf(thrown) } satisfies Sent, []);
    }
  }
}

function isMessage(data: unknown): data is Heard {
  return (
    typeof data === 'object' &&
    data !== null &&
    'id' in data &&
    ('call' in data || 'result' in data || 'failure' in data)
  );
}

/** The memory of all typed arrays in data, each once: what a handler gives is made for the one who called. */
export function buffersOf(data: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (ArrayBuffer.isView(data)) {
    if (data.buffer instanceof ArrayBuffer) found.add(data.buffer);
  } else if (typeof data === 'object' && data !== null)
    for (const part of Object.values(data)) if (typeof part === 'object') buffersOf(part, found);
  return [...found];
}

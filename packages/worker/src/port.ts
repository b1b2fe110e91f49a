import { UnsupportedError } from '@pullback/core';

/** Either end of a channel: a Worker or a MessagePort of a page or of Node, or a worker's own side. */
export interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener?(kind: string, heard: (event: { readonly data?: unknown }) => void): void;
  on?(kind: string, heard: (data: unknown) => void): void;
  /** MessagePorts wait until they are started. */
  start?(): void;
  close?(): void;
  terminate?(): unknown;
}

/** A listener at a port: it hears messages, and that nothing more will come. */
export interface Hearing {
  message(data: unknown): void;
  /** The other end failed, or is gone. */
  ended(why: Error): void;
}

export function listen(port: Port, { message, ended }: Hearing): void {
  if (port.on !== undefined) {
    port.on('message', message);
    port.on('error', (why) => ended(why instanceof Error ? why : new Error(String(why))));
    port.on('messageerror', () => ended(new Error('a message could not be read')));
    port.on('exit', (code) => ended(new Error(`the worker ended with ${code}`)));
    port.on('close', () => ended(new Error('the worker closed its port')));
  } else {
    port.addEventListener?.('message', ({ data }) => message(data));
    port.addEventListener?.('error', (event) =>
      ended(new Error(String(Object(event).message ?? 'the worker failed'))),
    );
    port.addEventListener?.('messageerror', () => ended(new Error('a message could not be read')));
  }
  port.start?.();
}

const threads = 'node:worker_threads';

/** The way from inside of a worker to who made it. @throws UnsupportedError outside of a worker. */
export async function parentPort(): Promise<Port> {
  const scope: { readonly postMessage?: Port['postMessage']; readonly document?: unknown } & Port =
    Object(globalThis);
  if (typeof scope.postMessage === 'function' && scope.document === undefined) return scope;
  try {
    const { parentPort }: { readonly parentPort: Port | null } = await import(
      /* webpackIgnore: true */ /* @vite-ignore */ threads
    );
    if (parentPort !== null) return parentPort;
  } catch {
    // No Node.
  }
  throw new UnsupportedError({
    got: 'serve outside of a worker',
    expected: 'a worker, or a port as its second argument',
  });
}

import { createHash, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import {
  type Client,
  decodeMessage,
  encodeMessage,
  type Federation,
  type ServeOptions,
  serve,
  type Task,
} from '@pullback/federated';
import { type WebSocket, WebSocketServer } from 'ws';
import { done, refused } from './socket.ts';

export interface ServerOptions extends ServeOptions {
  readonly federation: Federation;
  readonly port: number;
  /** Whoever does not know it is sent away. */
  readonly token: string;
  /** A round begins when so many clients are there. */
  readonly clients: number;
}

/** Milliseconds within which a client says who it is. */
const patience = 5000;

/** A client at the other end of a connection. */
class Distant implements Client {
  #waiting: ((bytes: Uint8Array | undefined) => void) | undefined;

  constructor(
    readonly name: string,
    readonly socket: WebSocket,
  ) {
    socket.on('message', (data) => this.#came(data instanceof Buffer ? data : undefined));
    socket.on('close', () => this.#came(undefined));
  }

  /** Sends the weights, and waits for what comes; a client that goes away drops out. */
  async train(task: Task) {
    const coming = new Promise<Uint8Array | undefined>((resolve) => {
      this.#waiting = resolve;
    });
    this.socket.send(await encodeMessage(task));
    const bytes = await coming;
    if (bytes === undefined) return undefined;
    const { round, samples = 0, weights } = await decodeMessage(bytes);
    return round === task.round ? { samples, weights } : undefined;
  }

  #came(bytes: Uint8Array | undefined): void {
    this.#waiting?.(bytes);
    this.#waiting = undefined;
  }
}

/** Listens for clients, and makes rounds with those that are there. */
export async function startServer(options: ServerOptions) {
  const { federation, port, token, clients: wanted, ...rounds } = options;
  const members = new Map<string, Distant>();
  let arrived = () => {};
  // An update has the size of the weights, and a little more for its own header.
  const { length } = await encodeMessage({ round: 0, weights: federation.weights });
  const server = new WebSocketServer({ port, maxPayload: length + 1024 });
  await new Promise((resolve) => server.once('listening', resolve));
  server.on('connection', (socket) => {
    socket.on('error', () => socket.terminate());
    const late = setTimeout(() => socket.close(refused, 'no word'), patience);
    socket.once('message', (data) => {
      clearTimeout(late);
      const name = nameIn(String(data), token);
      if (name === undefined || members.has(name)) {
        socket.close(refused, name === undefined ? 'not the token' : 'a name that is taken');
        return;
      }
      members.set(name, new Distant(name, socket));
      socket.on('close', () => members.delete(name));
      arrived();
    });
    socket.on('close', () => clearTimeout(late));
  });
  const enough = async () => {
    while (members.size < wanted)
      await new Promise<void>((resolve) => {
        arrived = resolve;
      });
    return [...members.values()];
  };
  const finished = serve(federation, enough, rounds).finally(() => {
    for (const { socket } of members.values()) socket.close(done);
    server.close();
  });
  const address = server.address() as AddressInfo;
  return { port: address.port, finished };
}

/** The name of a client that knows the token. */
function nameIn(text: string, token: string): string | undefined {
  let hello: unknown;
  try {
    hello = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof hello !== 'object' || hello === null || !('name' in hello && 'token' in hello)) return undefined;
  const { name, token: given } = hello;
  const fits = typeof name === 'string' && /^[\w -]{1,64}$/.test(name) && typeof given === 'string';
  return fits && timingSafeEqual(digest(given), digest(token)) ? name : undefined;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

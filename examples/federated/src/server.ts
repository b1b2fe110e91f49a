import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  type Client,
  decodeMessage,
  encodeMessage,
  type Federation,
  type Message,
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
  #asked:
    | { readonly round: number; resolve(message?: Message): void; reject(failure: unknown): void }
    | undefined;

  constructor(
    readonly name: string,
    readonly socket: WebSocket,
  ) {
    socket.on('message', (data) => void this.#came(data instanceof Buffer ? data : new Uint8Array()));
    socket.on('close', () => this.#asked?.resolve());
  }

  /** Sends the weights, and waits for what was learned from them; a client that goes away drops out. @throws CheckpointError, DataError */
  async train(task: Task) {
    const bytes = await encodeMessage(task);
    if (this.socket.readyState !== this.socket.OPEN) return undefined;
    const message = await new Promise<Message | undefined>((resolve, reject) => {
      this.#asked = { round: task.round, resolve, reject };
      this.socket.send(bytes);
    });
    return message && { samples: message.samples ?? 0, weights: message.weights };
  }

  async #came(bytes: Uint8Array): Promise<void> {
    const asked = this.#asked;
    try {
      const message = await decodeMessage(bytes);
      // One of an earlier round is late: that of this round may still come.
      if (message.round === asked?.round) asked.resolve(message);
    } catch (failure) {
      asked?.reject(failure);
    }
  }
}

/** Listens for clients, and makes rounds with those that are there. Rejects where the port is taken. */
export async function startServer(options: ServerOptions) {
  const { federation, port, token, clients: wanted, ...rounds } = options;
  const members = new Map<string, Distant>();
  let arrived = () => {};
  // An update has the size of the weights, and a little more for its own header.
  const { length } = await encodeMessage({ round: 0, weights: federation.weights });
  const server = new WebSocketServer({ port, maxPayload: length + 1024 });
  await once(server, 'listening');
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

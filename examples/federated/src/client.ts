import { type Client, decodeMessage, encodeMessage } from '@pullback/federated';
import { done, type Hello, type Socket } from './socket.ts';

/**
 * Trains for a server until its last round is over: in a page and in Node alike.
 * @param told of every round.
 */
export function take(
  socket: Socket,
  token: string,
  client: Client,
  told: (round: number) => void = () => {},
): Promise<void> {
  socket.binaryType = 'arraybuffer';
  const answer = async (data: unknown) => {
    if (!(data instanceof ArrayBuffer)) return;
    const { round, weights } = await decodeMessage(data);
    told(round);
    const learned = await client.train({ round, weights });
    if (learned !== undefined) socket.send(await encodeMessage({ round, ...learned }));
  };
  // One task after the other: the server may have begun a round before the last one was learned.
  let answered = Promise.resolve();
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () =>
      socket.send(JSON.stringify({ name: client.name, token } satisfies Hello)),
    );
    socket.addEventListener('message', ({ data }) => {
      answered = answered.then(() => answer(data)).catch(reject);
    });
    socket.addEventListener('error', () => reject(new Error('there is no connection to the server')));
    socket.addEventListener('close', ({ code, reason }) =>
      code === done ? resolve() : reject(new Error(`the server closed the connection: ${code} ${reason}`)),
    );
  });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Client, decodeMessage, encodeMessage, Federation, simulate } from '@pullback/federated';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { take } from '../src/client.ts';
import { type ServerOptions, startServer } from '../src/server.ts';
import { done } from '../src/socket.ts';
import { learner, makeModel } from '../src/task.ts';

const names = ['anna', 'ben'];
const token = 'a word';
const federation = async () =>
  new Federation({ weights: await (await makeModel()).weights(), share: 0.8, seed: 5 });
const server = async (more: Partial<ServerOptions> = {}) =>
  startServer({ federation: await federation(), port: 0, token, clients: names.length, rounds: 3, ...more });
const connect = (port: number) => new WebSocket(`ws://localhost:${port}`);

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function inProcess(port: number, name: string, piece: number): Promise<number | null> {
  const script = fileURLToPath(new URL('../src/client-main.ts', import.meta.url));
  const words = ['--conditions=@pullback/source', '--import', 'tsx', script, `ws://localhost:${port}`, name];
  const child = spawn(process.execPath, [...words, String(piece), String(names.length)], {
    env: { ...process.env, FEDERATED_TOKEN: token },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.push(child);
  return new Promise((resolve) => child.on('close', resolve));
}

describe('a server of WebSockets', () => {
  test('with clients that are processes comes to the same bits as a simulation in one', async () => {
    const own = await federation();
    const clients = await Promise.all(names.map((name, i) => learner(name, i, names.length)));
    const chosen: number[] = [];
    await simulate(own, clients, { rounds: 3, ended: (_, counted) => void chosen.push(counted) });
    const theirs = await federation();
    const counts: number[] = [];
    const { port, finished } = await server({
      federation: theirs,
      ended: (_, counted) => void counts.push(counted),
    });
    const ends = await Promise.all(names.map((name, i) => inProcess(port, name, i)));
    await finished;
    expect(ends).toEqual([0, 0]);
    expect(counts).toEqual(chosen);
    expect(theirs.weights).toEqual(own.weights);
    expect(theirs.weights).not.toEqual((await federation()).weights);
  });

  test('sends away who does not know the token, whose name is taken, or who says nothing that it understands', async () => {
    const { port, finished } = await server({ clients: 2, rounds: 1 });
    const anna = await learner('anna', 0, 2);
    await expect(take(connect(port), 'another word', anna)).rejects.toThrow('4001 not the token');
    const socket = connect(port);
    const first = take(socket, token, anna);
    await new Promise((resolve) => socket.on('open', resolve));
    await expect(take(connect(port), token, anna)).rejects.toThrow('4001 a name that is taken');
    for (const text of ['{', '7', '{"name":"ben"}', '{"name":"../ben","token":"a word"}']) {
      const socket = connect(port);
      socket.on('open', () => socket.send(text));
      expect(await new Promise((resolve) => socket.on('close', resolve))).toBe(4001);
    }
    await Promise.all([first, take(connect(port), token, await learner('ben', 1, 2)), finished]);
  });

  test('goes on without clients that go away, or send what does not fit', async () => {
    const failed: string[] = [];
    const counts: number[] = [];
    const all = new Federation({ weights: await (await makeModel()).weights() });
    const { port, finished } = await server({
      federation: all,
      clients: 3,
      rounds: 1,
      ended: (_, counted) => void counts.push(counted),
      failed: (name, failure) => void failed.push(`${name}: ${failure}`),
    });
    const good = take(connect(port), token, await learner('good', 0, 1));
    const say = (name: string, answer: (socket: WebSocket) => void) => {
      const socket = connect(port);
      socket.on('open', () => socket.send(JSON.stringify({ name, token })));
      socket.on('message', () => answer(socket));
    };
    say('gone', (socket) => socket.terminate());
    say('wrong', (socket) => socket.send(new Uint8Array(50)));
    await Promise.all([good, finished]);
    expect(counts).toEqual([1]);
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatch(/^wrong: CheckpointError/);
  });

  test('takes the update of a client whose last one was late', async () => {
    const counts: number[] = [];
    const all = new Federation({ weights: await (await makeModel()).weights() });
    const { port, finished } = await server({
      ...{ federation: all, clients: 1, rounds: 2 },
      ended: (_, counted) => void counts.push(counted),
    });
    const socket = connect(port);
    const anna = await learner('anna', 0, 1);
    const slow: Client = {
      name: 'anna',
      async train(task) {
        const learned = await anna.train(task);
        if (learned !== undefined) socket.send(await encodeMessage({ round: task.round - 1, ...learned }));
        return learned;
      },
    };
    await Promise.all([take(socket, token, slow), finished]);
    expect(counts).toEqual([1, 1]);
  });

  test('says so where its port is taken', async () => {
    const other = new WebSocketServer({ port: 0 });
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(server({ port })).rejects.toThrow('EADDRINUSE');
    other.close();
  });

  test('takes no message that is larger than an update', async () => {
    const counts: number[] = [];
    const { port, finished } = await server({ clients: 1, rounds: 1, ended: (_, n) => void counts.push(n) });
    const socket = connect(port);
    socket.on('open', () => socket.send(JSON.stringify({ name: 'large', token })));
    socket.on('message', () => socket.send(new Uint8Array(100_000)));
    expect(await new Promise((resolve) => socket.on('close', resolve))).toBe(1009);
    await finished;
    expect(counts).toEqual([0]);
  });
});

test('a client does one task after the other', async () => {
  const weights = { w: { shape: [1], data: Float32Array.of(1) } };
  const server = new WebSocketServer({ port: 0 });
  await once(server, 'listening');
  server.on('connection', (socket) => {
    const rounds: number[] = [];
    socket.on('message', async (data, isBinary) => {
      if (!isBinary) for (const round of [1, 2]) socket.send(await encodeMessage({ round, weights }));
      else if (rounds.push((await decodeMessage(data as Buffer)).round) === 2) socket.close(done);
    });
  });
  const seen: string[] = [];
  const client: Client = {
    name: 'anna',
    async train({ round }) {
      seen.push(`begins ${round}`);
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
      seen.push(`ends ${round}`);
      return { samples: 1, weights };
    },
  };
  await take(connect((server.address() as AddressInfo).port), token, client);
  server.close();
  expect(seen).toEqual(['begins 1', 'ends 1', 'begins 2', 'ends 2']);
});

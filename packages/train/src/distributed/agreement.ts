import { RankError, type Reducer } from '@pullback/core';
import { Sha256 } from '@pullback/safetensors';
import type { Counts } from '../fitting/fit.ts';
import { planNames } from '../programs/names.ts';
import type { Store } from '../running/numbers.ts';
import { Turns } from '../stepping/event-loop.ts';
import { bytesOfArray, floatsOf } from './parts.ts';

/** How far training is, with the base learning rate. */
export type Standing = Counts & { readonly learningRate: number };

/** So many bytes are hashed before the event loop is asked whether it wants a turn. */
const hashed = 2 ** 20;

/** The bytes of rank 0, on every rank. */
export async function fromFirst(reducer: Reducer, bytes: Uint8Array): Promise<Uint8Array> {
  const outgoing = Array.from({ length: reducer.size }, () =>
    reducer.rank === 0 ? bytes : new Uint8Array(),
  );
  return (await reducer.exchange(outgoing))[0] ?? new Uint8Array();
}

/** Lets rank 0 alone do something: all have its result, which JSON can hold, or its error. */
export async function onFirst<T>(reducer: Reducer, work: () => Promise<T>): Promise<T> {
  let failure: unknown;
  let mine: { readonly result?: T; readonly failure?: string } = {};
  if (reducer.rank === 0)
    try {
      mine = { result: await work() };
    } catch (error) {
      failure = error;
      mine = { failure: error instanceof Error ? error.message : String(error) };
    }
  const text = await fromFirst(reducer, new TextEncoder().encode(JSON.stringify(mine)));
  if (failure !== undefined) throw failure;
  const told: typeof mine = JSON.parse(new TextDecoder().decode(text));
  if (told.failure !== undefined) throw new RankError({ got: `an error of rank 0: ${told.failure}` });
  // JSON leaves out what is undefined.
  return told.result as T;
}

/** The SHA-256 of all that a checkpoint would hold, and of how far training is. */
async function digest(store: Store, standing: Standing): Promise<string> {
  const sha = new Sha256();
  const turns = new Turns();
  sha.update(bytesOfArray(listed(standing)));
  for (const name of store.names().filter(planNames.isLasting)) {
    sha.update(new TextEncoder().encode(name));
    const bytes = bytesOfArray(await store.read(name));
    for (let at = 0; at < bytes.length; at += hashed) {
      sha.update(bytes.subarray(at, at + hashed));
      if (turns.due) await turns.take();
    }
  }
  return sha.hex();
}

async function digests(reducer: Reducer, store: Store, standing: Standing): Promise<readonly string[]> {
  const mine = new TextEncoder().encode(await digest(store, standing));
  const all = await reducer.exchange(Array.from({ length: reducer.size }, () => mine));
  return all.map((bytes) => new TextDecoder().decode(bytes));
}

/** @throws RankError where the numbers of a rank are not those of rank 0. */
export async function refuseDifferent(reducer: Reducer, store: Store, standing: Standing): Promise<void> {
  const [first, ...others] = await digests(reducer, store, standing);
  const wrong = others.flatMap((each, i) => (each === first ? [] : [i + 1]));
  if (wrong.length > 0)
    throw new RankError({
      got: `other weights, slots, states or counts on rank ${wrong.join(', ')} than on rank 0`,
      expected: 'the same bits on every rank',
      hint: 'Every rank has to make the same calls on the same data: nothing may be changed on one of them alone.',
    });
}

/** Puts the numbers of rank 0 on every rank, where there are others. @returns how far training is there. */
export async function agree(reducer: Reducer, store: Store, standing: Standing): Promise<Standing> {
  const [first, ...others] = await digests(reducer, store, standing);
  if (others.every((each) => each === first)) return standing;
  for (const name of store.names().filter(planNames.isLasting)) {
    const own = await store.read(name);
    const bytes = await fromFirst(reducer, bytesOfArray(own));
    if (reducer.rank > 0) {
      bytesOfArray(own).set(bytes);
      store.write(name, own);
    }
  }
  const told = floatsOf(await fromFirst(reducer, bytesOfArray(listed(standing))), new Float64Array());
  const [steps = 0, epochs = 0, batches = 0, learningRate = 0] = told;
  return { steps, epochs, batches, learningRate };
}

function listed({ steps, epochs, batches, learningRate }: Standing): Float64Array {
  return Float64Array.of(steps, epochs, batches, learningRate);
}

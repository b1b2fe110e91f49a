import { checkOptions, DataError, type FieldsOf, field, type Tensor } from '@pullback/core';
import { openSafetensors, writeSafetensors } from '@pullback/safetensors';
import type { Weights } from './updates.ts';

/** Weights on their way between a server and a client. */
export interface Message {
  readonly round: number;
  readonly weights: Weights;
  /** From a client: how many samples it learned from. */
  readonly samples?: number | undefined;
}

const fields = {
  round: field.needed(field.whole({ from: 0 })),
  weights: field.needed(field.anything<Weights>('weights')),
  samples: field.whole({ from: 1 }),
} satisfies FieldsOf<Message>;

/** A message as the bytes of a safetensors file. @throws OptionError */
export async function encodeMessage(message: Message): Promise<Uint8Array<ArrayBuffer>> {
  const { round, weights, samples } = checkOptions('encodeMessage', message, fields);
  const chunks: Uint8Array[] = [];
  const target = new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk.slice()) });
  const metadata = { round: String(round), ...(samples !== undefined && { samples: String(samples) }) };
  await writeSafetensors(target, weights, { metadata });
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/**
 * The message of bytes that somebody sent. Its weights are checked by `offer`, and by `model.load`.
 * @throws CheckpointError for bytes that are no safetensors file, OptionError for an index of several, DataError for one without a round.
 */
export async function decodeMessage(bytes: Uint8Array | ArrayBuffer): Promise<Message> {
  const file = await openSafetensors(bytes);
  const { round, samples } = file.metadata;
  const weights: (readonly [path: string, of: Tensor])[] = [];
  for await (const [path, tensor] of file.tensors()) weights.push([path, tensor()]);
  return {
    round: wholeOf('round', round),
    // A path may be __proto__.
    weights: Object.fromEntries(weights),
    samples: samples === undefined ? undefined : wholeOf('samples', samples),
  };
}

function wholeOf(name: string, text: string | undefined): number {
  const number = text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number))
    throw new DataError({ got: `${name} ${text}`, expected: 'a whole number in the metadata of a message' });
  return number;
}

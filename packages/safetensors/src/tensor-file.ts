import { CheckpointError, type Tensor, UnknownNameError } from '@pullback/core';
import { type ByteReader, broken } from './files/byte-reader.ts';
import { decodeHeader, headerLength, type Stored, tensorFrom } from './header.ts';

/** A file whose header was read and checked; its elements come when they are wanted. */
export interface TensorFile {
  /** Every tensor by name, in the order of the file. */
  readonly stored: ReadonlyMap<string, Stored>;
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * One tensor: no other bytes are read. Tensors of a stream come in its order.
   * @throws UnknownNameError, CheckpointError for one that cannot be read.
   */
  read(name: string): Promise<Tensor>;
  /**
   * The tensors that are wanted, all when left out, in the order of the file. The function that comes with a name makes the tensor.
   * A stream that was gone through to the end must end where its header says.
   */
  tensors(wanted?: (name: string) => boolean): AsyncIterable<readonly [name: string, tensor: () => Tensor]>;
  close(): Promise<void>;
}

/** @throws CheckpointError for a header that breaks the format: before anything of the size that it claims is allocated. */
export async function tensorFile(reader: ByteReader): Promise<TensorFile> {
  const length = headerLength(reader.head, reader.size);
  const { stored, metadata } = decodeHeader(await reader.read(8, length), reader.size);
  const end = [...stored.values()].reduce(
    (last, { start, bytes }) => Math.max(last, start + bytes),
    8 + length,
  );
  return {
    stored,
    metadata,
    read: async (name) => {
      const found = storedAs(stored, name);
      return tensorFrom(name, found, await reader.read(found.start, found.bytes));
    },
    tensors: async function* (wanted = () => true) {
      for (const [name, each] of stored) {
        if (!wanted(name)) continue;
        const bytes = await reader.read(each.start, each.bytes);
        yield [name, () => tensorFrom(name, each, bytes)] as const;
      }
      await reader.end(end);
    },
    close: () => reader.close(),
  };
}

/** @throws UnknownNameError */
export function storedAs<T>(stored: ReadonlyMap<string, T>, name: string): T {
  const found = stored.get(name);
  if (found === undefined) throw new UnknownNameError('tensor', name, stored.keys());
  return found;
}

/** Whether a file begins as JSON does: as the length of a header, eight bytes of text are far too many. */
export function isText(head: Uint8Array): boolean {
  return head[0] === 0x7b && head.subarray(4).some((byte) => byte !== 0);
}

/** The longest text that is read as JSON. */
const longestText = 2 ** 29;

/** @throws CheckpointError for text that is no JSON. */
export async function jsonOf(reader: ByteReader): Promise<object> {
  if ((reader.size ?? 0) > longestText)
    throw broken(`text of ${reader.size} bytes`, `at most ${longestText}`);
  const bytes = await reader.rest(0);
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8').decode(bytes));
    if (typeof json === 'object' && json !== null) return json;
  } catch {}
  throw new CheckpointError({
    got: 'text that is no JSON',
    expected: 'a safetensors file, or JSON',
    at: 'the file',
  });
}

/** Files of the safetensors format as it is published, put together by hand. */

export function file(header: unknown, elements: Uint8Array = new Uint8Array(0), length?: bigint): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([size, json, elements]);
}

export const f32 = (...xs: number[]) => new Uint8Array(Float32Array.from(xs).buffer);

/** A stream of parts of `size` bytes. */
export function inParts(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
      controller.close();
    },
  });
}

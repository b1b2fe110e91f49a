/** Bytes of instructions, nested as the expressions are; flattened once, when their function is done. */
export type Code = readonly (number | Code)[];

export const types = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = (typeof types)[keyof typeof types];

/** The function `write`, whose results for small numbers are made once. */
export function remembered<T>(write: (n: number) => T): (n: number) => T {
  const known: T[] = [];
  return (n) => {
    if (n < 0 || n >= 4096) return write(n);
    const own = known[n] ?? write(n);
    known[n] = own;
    return own;
  };
}

/** LEB128 of a number from 0 to 2^32 - 1. */
export const unsigned = remembered((n: number): readonly number[] => {
  const bytes: number[] = [];
  let rest = n >>> 0;
  do {
    const more = rest > 127;
    bytes.push((rest & 127) | (more ? 128 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
});

/** LEB128 of an int32. */
export const signed = remembered((n: number): readonly number[] => {
  const bytes: number[] = [];
  for (let rest = n | 0; ; rest >>= 7) {
    const byte = rest & 127;
    const last = (rest >> 7 === 0 && (byte & 64) === 0) || (rest >> 7 === -1 && (byte & 64) !== 0);
    bytes.push(last ? byte : byte | 128);
    if (last) return bytes;
  }
});

/** A length and a UTF-8 name. */
export function text(name: string): Code {
  const bytes = [...new TextEncoder().encode(name)];
  return [unsigned(bytes.length), bytes];
}

/** The bytes of `code`, in order. */
export function flat(code: Code): Uint8Array<ArrayBuffer> {
  let bytes = new Uint8Array(256);
  let length = 0;
  // Every byte of a module comes through here, before anything of it runs fast: hence loops by index.
  const walk = (part: Code): void => {
    for (let i = 0; i < part.length; i++) {
      const item = part[i];
      if (typeof item === 'object') walk(item);
      else if (item !== undefined) {
        if (length === bytes.length) {
          const wider = new Uint8Array(4 * length);
          wider.set(bytes);
          bytes = wider;
        }
        bytes[length++] = item;
      }
    }
  };
  walk(code);
  return bytes.slice(0, length);
}

/** How many bytes `code` is. */
export function lengthOf(code: Code): number {
  let length = 0;
  for (let i = 0; i < code.length; i++) {
    const item = code[i];
    length += typeof item === 'object' ? lengthOf(item) : 1;
  }
  return length;
}

/** A text that is the same for equal bytes. */
export function textOf(code: Code): string {
  let written = '';
  for (let i = 0; i < code.length; i++) {
    const item = code[i];
    if (typeof item === 'object') written += textOf(item);
    else if (item !== undefined) written += String.fromCharCode(item);
  }
  return written;
}

/** Pieces one after the other. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let length = 0;
  for (const piece of pieces) {
    bytes.set(piece, length);
    length += piece.length;
  }
  return bytes;
}

/** Pieces behind the number of their bytes. */
export function sized(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  return joined([Uint8Array.from(unsigned(size)), ...pieces]);
}

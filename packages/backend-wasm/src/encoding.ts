/** Bytes of instructions, nested as the expressions are; flattened once, at the end. */
export type Code = readonly (number | Code)[];

export const types = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = (typeof types)[keyof typeof types];

/** LEB128 of a number from 0 to 2^32 - 1. */
export function unsigned(n: number): number[] {
  const bytes: number[] = [];
  let rest = n >>> 0;
  do {
    const more = rest > 127;
    bytes.push((rest & 127) | (more ? 128 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
}

/** LEB128 of an int32. */
export function signed(n: number): number[] {
  const bytes: number[] = [];
  for (let rest = n | 0; ; rest >>= 7) {
    const byte = rest & 127;
    const last = (rest >> 7 === 0 && (byte & 64) === 0) || (rest >> 7 === -1 && (byte & 64) !== 0);
    bytes.push(last ? byte : byte | 128);
    if (last) return bytes;
  }
}

/** A length and a UTF-8 name. */
export function text(name: string): Code {
  const bytes = [...new TextEncoder().encode(name)];
  return [unsigned(bytes.length), bytes];
}

/** The bytes of `code` behind their number. */
export function sized(code: Code): Code {
  const bytes = flat(code);
  return [unsigned(bytes.length), bytes];
}

export function flat(code: Code): number[] {
  const bytes: number[] = [];
  const walk = (part: Code): void => {
    for (const item of part)
      if (typeof item === 'number') bytes.push(item);
      else walk(item);
  };
  walk(code);
  return bytes;
}

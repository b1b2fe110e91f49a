import { type Code, types } from '../encoding.ts';
import { call, copyMemory, get, i32, repeat } from '../instructions.ts';
import type { Defined } from '../kernels/loop.ts';
import type { Locals } from '../module.ts';

/** Where a part finds its buffers: addresses in the table, from this number on. */
export interface Row {
  readonly row: number;
}

/** A kernel of a step; one without a row has its addresses in its code. */
export interface CallPart extends Defined, Partial<Row> {
  /** Whether it takes long enough to be worth a meeting of threads. */
  readonly divided: boolean;
}

/** So many bytes are copied to the first address of a row from the second. */
export interface CopyPart extends Row {
  readonly bytes: number;
}

/** Parts that are done again and again, each time with rows that lie `rows` further on. */
export interface LoopPart {
  readonly length: number;
  readonly rows: number;
  readonly before: readonly CopyPart[];
  readonly parts: readonly Part[];
  readonly after: readonly CopyPart[];
}

/** The parts of a step: kernels, calls of the host, and loops. */
export type Part = CallPart | { readonly host: number } | { readonly loop: LoopPart };

export interface Around {
  readonly locals: Locals;
  /** The scratch memory of who calls. */
  readonly scratch: Code;
  readonly onHost: (kernel: number) => Code;
  /** The address of a row of the table in the first step of every loop around it. */
  readonly rowAt: (row: number) => Code;
  /** The bytes from there to that of the step; none outside of loops. */
  readonly moved?: Code;
}

export function isDivided(part: Part): boolean {
  if ('loop' in part) return part.loop.parts.some(isDivided);
  return 'divided' in part && part.divided;
}

/** The last operands of the function of a kernel. */
export function givenTo({ row }: Partial<Row>, { rowAt, moved }: Pick<Around, 'rowAt' | 'moved'>): Code[] {
  if (row === undefined) return [];
  return [moved === undefined ? rowAt(row) : i32.add(rowAt(row), moved)];
}

export function copyOf({ bytes, row }: CopyPart, around: Pick<Around, 'rowAt' | 'moved'>): Code {
  const [at = []] = givenTo({ row }, around);
  return copyMemory(i32.load(at), i32.load(at, 4), i32.const(bytes));
}

/** `body` for each step of a loop, given how far its rows have moved on. */
export function overSteps(
  { length, rows }: LoopPart,
  { locals, moved }: Pick<Around, 'locals' | 'moved'>,
  body: (moved: Code) => Code,
): Code {
  const local = locals.make(types.i32);
  const bytes = i32.const(length * rows * 4);
  const [from, end] = moved === undefined ? [i32.const(0), bytes] : [moved, i32.add(moved, bytes)];
  return length === 0 || rows === 0 ? [] : repeat(local, from, end, rows * 4, body(get(local)));
}

/** All parts, one after the other, by one thread. */
export function callsOf(parts: readonly Part[], around: Around): Code {
  return parts.map((part): Code => {
    if ('host' in part) return around.onHost(part.host);
    if ('loop' in part) {
      const { before, after } = part.loop;
      return [
        before.map((copy) => copyOf(copy, around)),
        overSteps(part.loop, around, (moved) => callsOf(part.loop.parts, { ...around, moved })),
        after.map((copy) => copyOf(copy, around)),
      ];
    }
    if (part.units === 0) return [];
    const units = [i32.const(0), i32.const(part.units)];
    return call(part.index, ...units, around.scratch, ...givenTo(part, around));
  });
}

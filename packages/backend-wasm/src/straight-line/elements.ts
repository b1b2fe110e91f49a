import { bytesOf, type DType, sizeOf, type TensorSpec } from '@pullback/core';
import type { Code } from '../encoding.ts';
import { set, shuffle, v128 } from '../instructions.ts';
import type { Lane, LaneOptions } from '../lane.ts';
import type { Locals } from '../module.ts';
import { loadFour } from '../scalar/memory.ts';
import { type Register, RegisterWriter } from './registers.ts';

/**
 * Names an element, which is a lane of a register or a number; those of one register are numbered in its order. A value is the list of its
 * elements in row-major order.
 */
export type Element = number;

/** Elements side by side, as one register holds them; where there is none, the lane may hold anything. */
export type Pack = readonly (Element | undefined)[];

type Place = { readonly register: Register; readonly lane: number } | { readonly number: number };

/** A lane of a register, with its place in a pack. */
interface Source {
  readonly register: Register;
  readonly lane: number;
}

/** A register in which a step leaves what the next one reads. */
interface Carried {
  readonly input: number;
  readonly block: number;
  readonly local: number;
  readonly register: Register;
}

/** How many elements of a dtype a register holds. */
export function lanesOf(dtype: DType): 2 | 4 {
  return dtype === 'float64' ? 2 : 4;
}

/** The elements of a Program while its code is written: where each one is, and how they are brought side by side. */
export class Elements {
  readonly #places: Place[] = [];
  readonly #numbers = new Map<string, Element>();
  readonly #gathered = new Map<string, Register>();
  readonly #carried: Carried[] = [];
  readonly registers: RegisterWriter;
  /** How many shuffles there are. */
  shuffles = 0;

  constructor(locals: Locals, options: LaneOptions) {
    this.registers = new RegisterWriter(locals, options);
    // Movement primitives that put zeros between elements name them so.
    this.number(0);
  }

  number(x: number): Element {
    const key = Object.is(x, -0) ? '-0' : String(x);
    const known = this.#numbers.get(key) ?? this.#places.push({ number: x }) - 1;
    this.#numbers.set(key, known);
    return known;
  }

  numberOf(element: Element): number | undefined {
    const place = this.#places[element];
    return place !== undefined && 'number' in place ? place.number : undefined;
  }

  laneOf(element: Element): number | undefined {
    const place = this.#places[element];
    return place !== undefined && 'register' in place ? place.lane : undefined;
  }

  /** The elements of a register. */
  enter(register: Register, lanes: number): Element[] {
    return Array.from({ length: lanes }, (_, lane) => this.#places.push({ register, lane }) - 1);
  }

  /**
   * The elements of an input, loaded before the first step, as far as they are read.
   * @param changing whether a step gives them new values, in registers.
   */
  input(input: number, { shape, dtype }: TensorSpec, address: Code, changing: boolean): Element[] {
    const lanes = lanesOf(dtype);
    const size = sizeOf(shape);
    return Array.from({ length: Math.ceil(size / lanes) }, (_, block) => {
      const offset = block * lanes * bytesOf(dtype);
      const load = (lane: Lane): Code =>
        dtype === 'float64' ? v128.load(address, offset) : loadFour(dtype, address, offset, lane)[0];
      const register = changing
        ? this.registers.loadChanging(load, (local, own) =>
            this.#carried.push({ input, block, local, register: own }),
          )
        : this.registers.load(load);
      return this.enter(register, Math.min(lanes, size - block * lanes));
    }).flat();
  }

  /** The register in which the elements of a pack are in order. */
  gather(pack: Pack, dtype: DType): Register {
    const key = keyOf(pack, dtype);
    const known = this.#gathered.get(key);
    if (known !== undefined) return known;
    const register = this.#assemble(this.#withNumbers(pack, dtype));
    this.#gathered.set(key, register);
    return register;
  }

  /** Reads a pack behind the last step, as it was in that step. */
  result(pack: Pack, dtype: DType): Code {
    const register = this.gather(pack, dtype);
    const code = this.registers.read(register);
    return this.#carried.some((one) => one.register === register) ? this.registers.copy(register) : code;
  }

  /** Gives inputs that a step changes their new values, all at once. */
  advance(nextOf: (input: number) => readonly Element[], dtypeOf: (input: number) => DType): Code {
    const values: Code[] = [];
    const moves: Code[] = [];
    // Grows while it is walked: what comes from an input that was not read so far makes that one carried too.
    for (const { input, block, local } of this.#carried) {
      const lanes = lanesOf(dtypeOf(input));
      const next = nextOf(input).slice(block * lanes, (block + 1) * lanes);
      values.push(this.registers.read(this.gather(padded(next, lanes), dtypeOf(input))));
      moves.unshift(set(local, []));
    }
    return [this.registers.step, values, moves];
  }

  /** How many instructions of a step the packs take that are not at hand. */
  cost(packs: readonly { readonly pack: Pack; readonly dtype: DType }[]): number {
    const counted = new Set<string>();
    let cost = 0;
    for (const { pack, dtype } of packs) {
      const key = keyOf(pack, dtype);
      if (counted.has(key) || this.#gathered.has(key)) continue;
      counted.add(key);
      const sources = this.#sourcesOf(pack);
      const registers = new Set(sources.map((source) => source?.register));
      registers.delete(undefined);
      const numbers = pack.some((element) => element !== undefined && this.numberOf(element) !== undefined)
        ? 1
        : 0;
      const different = registers.size + numbers;
      if (registers.size === 0 || (different === 1 && inOrder(sources))) continue;
      const shuffles = Math.max(1, different - 1);
      // What stands before the steps takes a register or a load.
      const fixed = sources.every((source) => source === undefined || source.register.fixed);
      cost += fixed ? shuffles / 4 : shuffles;
    }
    return cost;
  }

  #sourcesOf(pack: Pack): (Source | undefined)[] {
    return pack.map((element) => {
      const place = element === undefined ? undefined : this.#places[element];
      return place !== undefined && 'register' in place ? place : undefined;
    });
  }

  /** Where the elements of a pack are; its numbers are in order in one register. */
  #withNumbers(pack: Pack, dtype: DType): (Source | undefined)[] {
    const numbers = pack.map((element) => (element === undefined ? undefined : this.numberOf(element)));
    const first = numbers.find((x) => x !== undefined);
    const sources = this.#sourcesOf(pack);
    if (first === undefined) return sources;
    const bytes = bytesIn(
      numbers.map((x) => x ?? first),
      dtype,
    );
    const register = this.registers.constant(v128.const(bytes));
    return sources.map(
      (source, lane) => source ?? (numbers[lane] === undefined ? undefined : { register, lane }),
    );
  }

  #assemble(sources: readonly (Source | undefined)[]): Register {
    const [first, second, ...others] = new Set(sources.flatMap((source) => source?.register ?? []));
    if (first === undefined) return this.registers.constant(v128.const(new Array(16).fill(0)));
    if (second === undefined && inOrder(sources)) return first;
    if (others.length === 0) return this.#shuffled(first, second ?? first, sources);
    // Each half first, from the one or two registers that it comes from.
    const half = sources.length / 2;
    const halves = [sources.slice(0, half), sources.slice(half)].map((part) => this.#half(part));
    const [low = first, high = low] = halves.map(({ register }) => register);
    return this.#shuffled(
      low,
      high,
      halves.flatMap(({ sources: part }) => part),
    );
  }

  /** The lanes of one half of a pack, in one register. */
  #half(part: readonly (Source | undefined)[]): { register: Register; sources: (Source | undefined)[] } {
    const [first, second] = new Set(part.flatMap((source) => source?.register ?? []));
    if (first === undefined || second === undefined)
      return { register: first ?? this.#assemble([]), sources: [...part] };
    const register = this.#shuffled(first, second, [...part, ...part]);
    return { register, sources: part.map((source, lane) => source && { register, lane }) };
  }

  #shuffled(a: Register, b: Register, sources: readonly (Source | undefined)[]): Register {
    const lanes = sources.map((source, lane) =>
      source === undefined ? lane : source.lane + (source.register === a ? 0 : sources.length),
    );
    const [register = a] = this.registers.make([a, b], 1, (lane, [x = [], y = []]) => [
      lane.keep(shuffle(x, y, lanes)),
    ]);
    this.shuffles++;
    return register;
  }
}

/** `list` with places for what is missing. */
export function padded<T>(list: readonly (T | undefined)[], length: number): (T | undefined)[] {
  return list.length === length ? [...list] : Array.from({ length }, (_, i) => list[i]);
}

function keyOf(pack: Pack, dtype: DType): string {
  return `${dtype} ${pack.join()}`;
}

function inOrder(sources: readonly (Source | undefined)[]): boolean {
  return sources.every((source, lane) => source === undefined || source.lane === lane);
}

/** Numbers as lanes: bools are masks, bytes int32. */
function bytesIn(numbers: readonly number[], dtype: DType): number[] {
  const typed =
    dtype === 'float32'
      ? Float32Array.from(numbers)
      : dtype === 'float64'
        ? Float64Array.from(numbers)
        : Int32Array.from(numbers, (x) => (dtype === 'bool' ? -x : x));
  return [...new Uint8Array(typed.buffer)];
}

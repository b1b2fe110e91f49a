import {
  type DType,
  emitInOrder,
  operandsOf,
  type Scalar,
  type ScalarType,
  scalarOperations,
  UnsupportedError,
} from '@pullback/core';
import type { Code } from '../encoding.ts';
import { types } from '../encoding.ts';
import { f32x4, f64x2, get, i32x4, i64x2, set, v128, when } from '../instructions.ts';
import type { Four, Lane } from '../lane.ts';
import { castHeld } from './casts.ts';
import { callHost } from './each-double.ts';
import { eachWide, joinWords, type Wide, widenMask, wordsOf } from './halves.ts';
import { type Held, narrow, narrowMask, wide } from './held.ts';
import { quotient, remainder } from './quotients.ts';

type One = (x: Code) => Code;
type Two = (a: Code, b: Code) => Code;

const shapes = { float32: f32x4, float64: f64x2, int32: i32x4 } as const;

/** Writes the instructions of a formula for four elements; operands may be read several times. */
export function writeFormula(
  lane: Lane,
  result: Scalar,
  operands: readonly Four[],
  dtypes: readonly DType[],
): Four {
  const one = operands.some((four, i) => dtypes[i] === 'float64' && four.length === 1);
  const writer = new LaneWriter(lane, result, one ? 1 : 2);
  return writer.write(operands);
}

/** Four elements of one dtype as another; operands may be read several times. */
export function castFour(lane: Lane, x: Four, from: DType, to: DType): Four {
  const [operand] = operandsOf([from]);
  return operand === undefined ? x : writeFormula(lane, scalarOperations.cast(operand, to), [x], [from]);
}

class LaneWriter {
  readonly #held = new Map<Scalar, Held>();
  readonly #uses = new Map<Scalar, number>();

  constructor(
    readonly lane: Lane,
    readonly result: Scalar,
    /** How many registers float64 takes. */
    readonly registers: 1 | 2,
  ) {}

  write(operands: readonly Four[]): Four {
    this.#count(this.result, new Set());
    emitInOrder(this.result, {
      emit: (scalar) => {
        if (scalar.operation === 'operand') this.#held.set(scalar, this.#operand(scalar, operands));
        else this.#put(scalar, this.#made(scalar));
      },
      branch: (scalar, rare) => this.#branch(scalar, rare),
    });
    const held = this.#of(this.result);
    return this.result.type === 'bool' ? [narrowMask(held)] : held.registers;
  }

  #count(scalar: Scalar, seen: Set<Scalar>): void {
    if (seen.has(scalar)) return;
    seen.add(scalar);
    for (const operand of scalar.operands) {
      this.#uses.set(operand, (this.#uses.get(operand) ?? 0) + 1);
      this.#count(operand, seen);
    }
  }

  #operand({ type, number }: Scalar, operands: readonly Four[]): Held {
    const registers = operands[number] ?? [[]];
    return { registers, isWide: type === 'float64' };
  }

  /** Keeps what is read more than once. */
  #put(scalar: Scalar, held: Held): void {
    const again = (this.#uses.get(scalar) ?? 0) > 1 && scalar.operation !== 'number';
    this.#held.set(scalar, again ? this.#kept(held) : held);
  }

  #kept({ registers, isWide }: Held): Held {
    return { registers: this.lane.keepAll(registers), isWide };
  }

  #of(scalar: Scalar | undefined): Held {
    const held = scalar && this.#held.get(scalar);
    return held ?? narrow([]);
  }

  /** Kept, for code that reads it several times. */
  #twice(scalar: Scalar): Held {
    const isKept = scalar.operation === 'operand' || scalar.operation === 'number';
    const held =
      isKept || (this.#uses.get(scalar) ?? 0) > 1 ? this.#of(scalar) : this.#kept(this.#of(scalar));
    this.#held.set(scalar, held);
    return held;
  }

  #branch(scalar: Scalar, rare: () => void): void {
    const [condition, rareSide, usual] = scalar.operands;
    if (condition === undefined || rareSide === undefined || usual === undefined) return;
    const { lane } = this;
    const mask = this.#twice(condition);
    const results = this.#of(usual).registers.map((register) => {
      const local = lane.locals.make(types.v128);
      lane.statements.push(set(local, register));
      return local;
    });
    const before = lane.statements.length;
    rare();
    const masks = this.#maskFor(usual.type, mask);
    const other = this.#of(rareSide).registers;
    const chosen = results.map((local, i) =>
      set(local, v128.bitselect(other[i] ?? [], get(local), masks[i] ?? [])),
    );
    const branch = [lane.statements.splice(before), chosen];
    const any = mask.registers.map(v128.anyTrue).reduce((a, b) => v128.or(a, b));
    lane.statements.push(when(mask.registers.length === 1 ? any : this.#anyOf(mask), branch));
    const [low = 0, high] = results;
    const registers: Wide = high === undefined ? [get(low)] : [get(low), get(high)];
    this.#held.set(scalar, { registers, isWide: usual.type === 'float64' });
  }

  #anyOf({ registers: [low, high = low] }: Held): Code {
    return v128.anyTrue(v128.or(low, high));
  }

  /** A mask for the registers of a type. */
  #maskFor(type: ScalarType, mask: Held): Wide {
    if (type !== 'float64') return [narrowMask(mask)];
    return mask.isWide ? mask.registers : widenMask(this.lane.keep(mask.registers[0]), this.registers);
  }

  #made(scalar: Scalar): Held {
    const { operation, type, operands, number } = scalar;
    const [a, b, c] = operands;
    const from = a?.type ?? type;
    switch (operation) {
      case 'number':
        return this.#number(type, number);
      case 'add':
      case 'sub':
      case 'mul':
      case 'equal':
      case 'less':
      case 'lessEqual':
      case 'min':
      case 'max':
        return from === 'bool' ? this.#masks(scalar) : this.#numeric(operation, from, a, b);
      case 'and':
      case 'or':
      case 'xor':
      case 'not':
        return type === 'bool'
          ? this.#masks(scalar)
          : narrow(bitwise[operation](this.#code(a), this.#code(b)));
      case 'neg':
      case 'abs':
        return this.#each(shapes[from === 'bool' ? 'int32' : from][operation], a);
      case 'sqrt':
      case 'floor':
      case 'ceil':
      case 'nearest':
      case 'trunc':
        return this.#each(from === 'float64' ? f64x2[operation] : f32x4[operation], a);
      case 'lower':
      case 'higher':
        return this.#bounded(operation, a, b);
      case 'count':
        return this.#multiplyAdd('madd', a, b, c);
      case 'madd':
      case 'nmadd':
        return this.#multiplyAdd(operation, a, b, c);
      case 'shl':
      case 'shrS':
      case 'shrU':
        return narrow(i32x4[operation](this.#code(a), number));
      case 'select':
        return this.#select(type, a, b, c);
      case 'bits':
      case 'fromBits':
        return this.#of(a);
      default:
        return this.#composed(scalar);
    }
  }

  /** An operation that takes several instructions, or a call. */
  #composed({ operation, type, operands, dtype, host }: Scalar): Held {
    const { lane, registers } = this;
    const [a, b] = operands;
    const from = a?.type ?? type;
    switch (operation) {
      case 'div':
        if (type !== 'int32') return this.#eachTwo(type === 'float64' ? f64x2.div : f32x4.div, a, b);
        return narrow(quotient(lane, this.#code2(a), this.#code2(b)));
      case 'rest':
        return remainder(lane, type, this.#held2(a), this.#held2(b));
      case 'scale':
        return this.#scale(type, a, b);
      case 'cast':
        return castHeld(lane, this.#held2(a), from, dtype, registers);
      case 'high':
        return narrow(wordsOf(this.#held2(a).registers, 'upper'));
      case 'low':
        return narrow(wordsOf(this.#held2(a).registers, 'lower'));
      case 'fromWords':
        return wide(joinWords(this.#code2(b), this.#code2(a), registers));
      case 'host':
        if (host !== undefined) return wide(callHost(lane, host, this.#held2(a).registers));
        break;
    }
    throw new UnsupportedError({
      got: `the operation '${operation}' of ${type} in a formula on the wasm backend`,
      expected: 'an operation of `scalar`',
    });
  }

  #code(scalar: Scalar | undefined): Code {
    return this.#of(scalar).registers[0];
  }

  #held2(scalar: Scalar | undefined): Held {
    return scalar === undefined ? narrow([]) : this.#twice(scalar);
  }

  #code2(scalar: Scalar | undefined): Code {
    return this.#held2(scalar).registers[0];
  }

  #each(f: One, a: Scalar | undefined): Held {
    const { registers, isWide } = this.#of(a);
    return { registers: eachWide(f, [registers]), isWide };
  }

  #eachTwo(f: Two, a: Scalar | undefined, b: Scalar | undefined): Held {
    const [x, y] = [this.#of(a), this.#of(b)];
    return { registers: eachWide(f, [x.registers, y.registers]), isWide: x.isWide };
  }

  #number(type: ScalarType, value: number): Held {
    const { lane, registers } = this;
    if (type === 'float64') {
      const one = lane.constant(f64x2.const(value));
      return wide(registers === 1 ? [one] : [one, one]);
    }
    if (type === 'float32') return narrow(lane.constant(f32x4.const(value)));
    return narrow(lane.constant(i32x4.const(type === 'bool' ? -value : value)));
  }

  #numeric(
    operation: keyof typeof names,
    from: 'float32' | 'float64' | 'int32',
    a: Scalar | undefined,
    b: Scalar | undefined,
  ): Held {
    if (from === 'int32') return narrow(ofInt32[operation](this.#code(a), this.#code(b)));
    return this.#eachTwo(shapes[from][names[operation]], a, b);
  }

  /** Of masks: as wide as the widest that all have, so that none is widened. */
  #masks({ operation, operands }: Scalar): Held {
    const held = operands.map((operand) => this.#of(operand));
    const f = masks[operation as keyof typeof masks];
    if (held.every(({ isWide }) => isWide))
      return wide(
        eachWide(
          (x = [], y = []) => f(x, y),
          held.map(({ registers }) => registers),
        ),
      );
    const [x = [], y = []] = held.map(narrowMask);
    return narrow(f(x, y));
  }

  #bounded(operation: 'lower' | 'higher', a: Scalar | undefined, b: Scalar | undefined): Held {
    const name = operation === 'lower' ? 'pmin' : 'pmax';
    return this.#eachTwo(a?.type === 'float32' ? f32x4[name] : f64x2[name], a, b);
  }

  /** One rounding of float32 where the machine has it and results may differ between machines; float64 has the bits of the host. */
  #multiplyAdd(
    operation: 'madd' | 'nmadd',
    a: Scalar | undefined,
    b: Scalar | undefined,
    c: Scalar | undefined,
  ): Held {
    const held = [a, b, c].map((operand) => this.#of(operand).registers);
    if (a?.type === 'float64') {
      return wide(
        eachWide(
          (x = [], y = [], z = []) =>
            operation === 'madd' ? f64x2.add(f64x2.mul(x, y), z) : f64x2.sub(z, f64x2.mul(x, y)),
          held,
        ),
      );
    }
    const [[x] = [[]], [y] = [[]], [z] = [[]]] = held;
    if (this.lane.options.relaxed)
      return narrow(operation === 'madd' ? f32x4.relaxedMadd(x, y, z) : f32x4.relaxedNmadd(x, y, z));
    return narrow(operation === 'madd' ? f32x4.add(f32x4.mul(x, y), z) : f32x4.sub(z, f32x4.mul(x, y)));
  }

  #select(
    type: ScalarType,
    condition: Scalar | undefined,
    a: Scalar | undefined,
    b: Scalar | undefined,
  ): Held {
    const [x, y] = [this.#of(a), this.#of(b)];
    const mask = this.#of(condition);
    if (type !== 'bool') {
      const masksOf = this.#maskFor(type, mask);
      return {
        registers: eachWide(
          (p = [], q = [], m = []) => v128.bitselect(p, q, m),
          [x.registers, y.registers, masksOf],
        ),
        isWide: x.isWide,
      };
    }
    return narrow(v128.bitselect(narrowMask(x), narrowMask(y), narrowMask(mask)));
  }

  /** x times the float whose exponent is n: the last bits of n + bias, added to a number whose last bit counts 1. */
  #scale(type: ScalarType, a: Scalar | undefined, b: Scalar | undefined): Held {
    const { lane } = this;
    if (type === 'float64') {
      const shifter = lane.constant(f64x2.const(1.5 * 2 ** 52 + 1023));
      return this.#eachTwo((x, n) => f64x2.mul(x, i64x2.shl(f64x2.add(n, shifter), 52)), a, b);
    }
    const shifter = lane.constant(f32x4.const(1.5 * 2 ** 23 + 127));
    return this.#eachTwo((x, n) => f32x4.mul(x, i32x4.shl(f32x4.add(n, shifter), 23)), a, b);
  }
}

const names = {
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  equal: 'eq',
  less: 'lt',
  lessEqual: 'le',
  min: 'min',
  max: 'max',
} as const;

const ofInt32: Readonly<Record<keyof typeof names, Two>> = {
  add: i32x4.add,
  sub: i32x4.sub,
  mul: i32x4.mul,
  equal: i32x4.eq,
  less: i32x4.ltS,
  lessEqual: i32x4.leS,
  min: i32x4.minS,
  max: i32x4.maxS,
};

const bitwise = {
  and: v128.and,
  or: v128.or,
  xor: v128.xor,
  not: (x: Code, _: Code) => v128.not(x),
} as const;
const masks = { ...bitwise, equal: (a: Code, b: Code) => v128.not(v128.xor(a, b)) } as const;

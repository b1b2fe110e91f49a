import {
  atOnce,
  type Input,
  type LoopKernel,
  type Phase,
  type ProductKernel,
  type Statement,
  type View,
} from '@pullback/compiler';
import { bytesOf, type DType, describeOrigins, InternalError } from '@pullback/core';
import { type Code, types } from '../encoding.ts';
import { get, i32, i32x4, set, shuffle, v128 } from '../instructions.ts';
import type { Four, Lane } from '../lane.ts';
import { castFour, writeFormula } from '../scalar/lanes.ts';
import { loadFour, numberFour, rotated, splatFour, storeFour, stridedFour } from '../scalar/memory.ts';
import type { Address, Bases } from './bases.ts';

/** The four neighbours that a spot stands for: from `index` on along `axis`; the first `count` of them exist. */
export interface Vector {
  readonly axis: number;
  readonly count: number;
}

/**
 * A place in the code of a kernel where the index along some axes is known: before all loops, in a loop, at four neighbours. A value
 * that does not differ along further axes is computed here once and kept for everything inside.
 */
export interface Spot {
  readonly parent: Spot | undefined;
  /** Code of the index along each axis that is known. */
  readonly indices: ReadonlyMap<number, Code>;
  readonly vector: Vector | undefined;
  readonly lane: Lane;
  readonly memo: Map<string, Four>;
  readonly pointers: Map<string, Code>;
  /** The spot of the same parent whose elements lie `by` before these along an axis, where there is one. */
  readonly beside: { readonly spot: Spot; readonly by: number; readonly axis: number } | undefined;
  /** `row`: sums along inner axes are known inside; `late`: all sums are. */
  readonly kind: 'before' | 'loop' | 'row' | 'late';
}

export function spotIn(
  parent: Spot | undefined,
  lane: Lane,
  {
    known = [],
    vector,
    kind = 'loop',
    beside,
  }: {
    readonly known?: readonly (readonly [axis: number, index: Code])[];
    readonly vector?: Vector;
    readonly kind?: Spot['kind'];
    readonly beside?: Spot['beside'];
  } = {},
): Spot {
  const indices = new Map([...(parent?.indices ?? []), ...known]);
  return {
    parent,
    indices,
    vector: vector ?? parent?.vector,
    lane,
    memo: new Map(),
    pointers: new Map(),
    beside,
    kind,
  };
}

/** Neighbouring vectors of `counts` elements along an axis, from `index` on. */
export function neighbours(
  parent: Spot,
  lane: Lane,
  axis: number,
  index: Code,
  counts: readonly number[],
): Spot[] {
  const spots: Spot[] = [];
  counts.forEach((count, v) => {
    const [first] = spots;
    const by = v * 4;
    spots.push(
      spotIn(parent, lane, {
        known: [[axis, by === 0 ? index : i32.add(index, i32.const(by))]],
        vector: { axis, count },
        beside: first && { spot: first, by, axis },
      }),
    );
  });
  return spots;
}

/** Spots at `count` neighbouring indices of an axis. */
export function besides(parent: Spot, lane: Lane, axis: number, index: Code, count: number): Spot[] {
  const first = spotIn(parent, lane, { known: [[axis, index]] });
  const further = Array.from({ length: count - 1 }, (_, i) => {
    const by = i + 1;
    const known = [[axis, i32.add(index, i32.const(by))]] as const;
    return spotIn(parent, lane, { known, beside: { spot: first, by, axis } });
  });
  return [first, ...further];
}

/** The element of a buffer that a statement reads at its own point. */
export type Load = Extract<Input, { kind: 'load' }>;

/** Writes the statements of a kernel at spots. */
export class Writer {
  constructor(
    readonly kernel: LoopKernel | ProductKernel,
    readonly bases: Bases | undefined,
  ) {}

  isLate(statement: number): boolean {
    return this.statement(statement).isLate;
  }

  followsSum(statement: number): boolean {
    const { isLate, pass } = this.statement(statement);
    return isLate || pass > 0;
  }

  statement(index: number): Statement {
    const statement = this.kernel.statements[index];
    if (statement === undefined)
      throw new InternalError({ got: `no statement ${index}`, expected: 'one of the kernel' });
    return statement;
  }

  /** The outermost spot at which what differs along `varies` is known. */
  protected spotFor(spot: Spot, varies: readonly boolean[], { isLate, pass }: Phase = atOnce): Spot {
    const barrier = isLate ? 'late' : pass > 0 ? 'row' : undefined;
    let at = spot;
    while (at.kind !== barrier && at.parent !== undefined) {
      const { parent } = at;
      const lost = [...at.indices.keys()].filter((axis) => !parent.indices.has(axis));
      if (lost.some((axis) => varies[axis] === true)) break;
      at = parent;
    }
    return at;
  }

  /** Whether this is the outermost spot at which `statement` is known. */
  isHome(spot: Spot, statement: number): boolean {
    const made = this.statement(statement);
    const known = made.varies.every((does, axis) => !does || spot.indices.has(axis));
    return known && this.spotFor(spot, made.varies, made) === spot;
  }

  valueOf(spot: Spot, input: Input): Four {
    switch (input.kind) {
      case 'statement':
        return this.value(spot, input.statement);
      case 'number': {
        const [first, second] = numberFour(input.dtype, input.number);
        const one = spot.lane.constant(first);
        return second === undefined ? [one] : [one, one];
      }
      case 'load':
        return this.#load(spot, input);
      case 'index':
        return this.#index(spot, input.view, input.dtype);
      default:
        return input satisfies never;
    }
  }

  /** The value of a statement at a spot; sums must have been kept there before. */
  value(spot: Spot, index: number): Four {
    const statement = this.statement(index);
    const at = this.spotFor(spot, statement.varies, statement);
    const key = `statement ${index}`;
    const known = at.memo.get(key);
    if (known !== undefined) return known;
    const value = at.lane.keepAll(this.#compute(at, statement));
    at.memo.set(key, value);
    return value;
  }

  /** Keeps a sum for everything inside the spot. */
  know(spot: Spot, index: number, value: Four): void {
    spot.memo.set(`statement ${index}`, value);
  }

  #compute(spot: Spot, statement: Statement): Four {
    const inputs = statement.inputs.map((input) => this.valueOf(spot, input));
    const [only] = inputs;
    if (statement.kind === 'gather') return this.#gather(spot, statement, only);
    if (statement.kind !== 'map')
      throw new InternalError({
        got: `${statement.name} before it is known`,
        expected: 'sums first',
        at: describeOrigins(this.kernel.origins),
      });
    const dtypes = statement.inputs.map((input) => this.dtypeOf(input));
    return writeFormula(spot.lane, statement.formula, inputs, dtypes);
  }

  dtypeOf(input: Input): DType {
    return input.kind === 'statement' ? this.statement(input.statement).dtype : input.dtype;
  }

  /** Byte address of the element that a view has at the first of the spot's elements. */
  address(spot: Spot, buffer: number, view: View, dtype: DType): Address {
    const { code, offset } = this.bases?.of(buffer) ?? { code: i32.const(0), offset: 0 };
    const bytes = bytesOf(dtype);
    const { beside } = spot;
    const key = `${JSON.stringify(code)} ${view.strides.join()} ${bytes}`;
    const pointer = this.#pointer(beside?.spot ?? spot, view.strides, bytes, key, code);
    const further = beside === undefined ? 0 : beside.by * (view.strides[beside.axis] ?? 0);
    const constant = offset + (view.offset + further) * bytes;
    // The offset of a load is added without wrapping round, so the address before it must not lie below the memory.
    const below = constant < 0 || view.strides.some((stride) => stride < 0);
    return !below
      ? { code: pointer, offset: constant }
      : { code: i32.add(pointer, i32.const(constant)), offset: 0 };
  }

  /** `start` + sum of strides times indices, in bytes: each loop adds its part to that of the loop around it. */
  #pointer(spot: Spot, strides: readonly number[], bytes: number, key: string, start: Code): Code {
    const { parent } = spot;
    const known = spot.pointers.get(key);
    if (known !== undefined) return known;
    if (parent === undefined) return start;
    const outer = this.#pointer(parent, strides, bytes, key, start);
    const own = [...spot.indices].filter(([axis]) => !parent.indices.has(axis) && (strides[axis] ?? 0) !== 0);
    if (own.length === 0) return outer;
    const sum = own.reduce<Code>(
      (total, [axis, index]) => i32.add(total, scaled(index, (strides[axis] ?? 0) * bytes)),
      outer,
    );
    const local = spot.lane.locals.make(types.i32);
    spot.lane.statements.push(set(local, sum));
    spot.pointers.set(key, get(local));
    return get(local);
  }

  /** Keeps what a spot reads that has been read in another way. */
  remember(spot: Spot, load: Load, value: Four): void {
    spot.memo.set(keyOf(load), value);
  }

  #load(spot: Spot, load: Load): Four {
    const { buffer, view, dtype } = load;
    const at = this.spotFor(
      spot,
      view.strides.map((stride) => stride !== 0),
    );
    const key = keyOf(load);
    const known = at.memo.get(key);
    if (known !== undefined) return known;
    const value = this.shared(view, `${key} ${dtype}`, () => {
      const { code, offset } = this.address(at, buffer, view, dtype);
      return at.lane.keepAll(this.#read(at, dtype, code, offset, view.strides));
    });
    at.memo.set(key, value);
    return value;
  }

  /** Where what is read can serve several spots that do not lie in each other. */
  protected shared(_view: View, _key: string, read: () => Four): Four {
    return read();
  }

  #read(spot: Spot, dtype: DType, code: Code, offset: number, strides: readonly number[]): Four {
    const { vector, lane } = spot;
    const stride = vector === undefined ? 0 : (strides[vector.axis] ?? 0);
    if (vector === undefined || stride === 0) return splatFour(dtype, code, offset);
    if (stride === 1) return loadFour(dtype, code, offset, lane);
    const bytes = stride * bytesOf(dtype);
    const addresses = [0, 1, 2, 3].map((k) => {
      const by = offset + Math.min(k, vector.count - 1) * bytes;
      return by === 0 ? code : i32.add(code, i32.const(by));
    });
    return stridedFour(dtype, addresses, 0, lane);
  }

  #index(spot: Spot, view: View, dtype: DType): Four {
    const at = this.spotFor(
      spot,
      view.strides.map((stride) => stride !== 0),
    );
    const key = `index ${dtype} ${view.offset} ${view.strides.join()}`;
    const known = at.memo.get(key);
    if (known !== undefined) return known;
    const first = [...at.indices].reduce<Code>((sum, [axis, index]) => {
      const stride = view.strides[axis] ?? 0;
      return stride === 0 ? sum : i32.add(sum, scaled(index, stride));
    }, i32.const(view.offset));
    const stride = at.vector === undefined ? 0 : (view.strides[at.vector.axis] ?? 0);
    let ints: Code = i32x4.splat(first);
    if (stride !== 0) {
      const steps = [0, 1, 2, 3].reduce<Code>(
        (lanes, k) => (k === 0 ? lanes : i32x4.replaceLane(lanes, k, i32.const(k * stride))),
        i32x4.const(0),
      );
      ints = i32x4.add(ints, at.lane.constant(steps));
    }
    const value = at.lane.keepAll(castFour(at.lane, [at.lane.keep(ints)], 'int32', dtype));
    at.memo.set(key, value);
    return value;
  }

  #gather(spot: Spot, statement: Extract<Statement, { kind: 'gather' }>, index: Four | undefined): Four {
    const { buffer, view, stride, extent, dtype } = statement;
    const { lane, vector } = spot;
    const bytes = bytesOf(dtype);
    // The index goes along an axis that no loop goes over.
    const rows = { ...view, strides: [...view.strides, stride] };
    const { code, offset } = this.address(spot, buffer, rows, dtype);
    const [places = i32x4.const(0)] = index ?? [];
    const inside = lane.keep(outsideIsNothing(places, extent));
    // Where the index is outside the first row is read, and nothing of it kept.
    const safe = lane.keep(v128.and(inside, places));
    const along = vector === undefined ? 0 : (view.strides[vector.axis] ?? 0);
    const input = statement.inputs[0];
    const spread = vector !== undefined && input !== undefined && this.#differsAlong(input, vector.axis);
    let value: Four;
    if (extent === 0) value = numberFour(dtype, 0);
    else if (!spread) {
      const row = lane.locals.make(types.i32);
      lane.statements.push(set(row, i32.add(code, scaled(i32x4.extractLane(safe, 0), stride * bytes))));
      value = this.#read(spot, dtype, get(row), offset, view.strides);
    } else {
      const addresses = [0, 1, 2, 3].map((k) => {
        const lanePlace = Math.min(k, vector.count - 1);
        const row = lane.locals.make(types.i32);
        const by = lanePlace * along * bytes + offset;
        const at = i32.add(code, scaled(i32x4.extractLane(safe, lanePlace), stride * bytes));
        lane.statements.push(set(row, by === 0 ? at : i32.add(at, i32.const(by))));
        return get(row);
      });
      value = stridedFour(dtype, addresses, 0, lane);
    }
    return masked(lane.keepAll(value), inside, dtype);
  }

  #differsAlong(input: Input, axis: number): boolean {
    if (input.kind === 'statement') return this.statement(input.statement).varies[axis] === true;
    return input.kind !== 'number' && (input.view.strides[axis] ?? 0) !== 0;
  }

  /** Writes what `statement` makes wherever the kernel stores it, at its spot. */
  store(spot: Spot, index: number): void {
    for (const { statement, buffer, view } of this.kernel.stores) {
      if (statement !== index) continue;
      const { dtype } = this.statement(index);
      const value = this.value(spot, index);
      const { code, offset } = this.address(spot, buffer, view, dtype);
      const stride = spot.vector === undefined ? 0 : (view.strides[spot.vector.axis] ?? 0);
      const count = spot.vector === undefined || stride === 0 ? 1 : spot.vector.count;
      if (stride === 1 || count === 1) {
        spot.lane.statements.push(storeFour(dtype, code, value, offset, count));
        continue;
      }
      for (let k = 0; k < count; k++) {
        const by = offset + k * stride * bytesOf(dtype);
        spot.lane.statements.push(
          storeFour(dtype, i32.add(code, i32.const(by)), rotated(value, k, dtype), 0, 1),
        );
      }
    }
  }
}

function keyOf({ buffer, view }: Load): string {
  return `load ${buffer} ${view.offset} ${view.strides.join()}`;
}

/** index * step, without a multiplication where there need be none. */
export function scaled(index: Code, step: number): Code {
  if (step === 1) return index;
  const shift = Math.log2(step);
  return Number.isInteger(shift) ? i32.shl(index, i32.const(shift)) : i32.mul(index, i32.const(step));
}

/** All ones in the lanes whose index is from 0 to below `extent`. */
function outsideIsNothing(places: Code, extent: number): Code {
  return v128.and(i32x4.geS(places, i32x4.const(0)), i32x4.ltS(places, i32x4.const(extent)));
}

/** The lanes of a mask of 32-bit lanes, 0 elsewhere. */
function masked(value: Four, mask: Code, dtype: DType): Four {
  const [low, high] = value;
  if (high === undefined) return [v128.and(low, mask)];
  const widened = (lanes: readonly number[]): Code => shuffle(mask, mask, lanes);
  return dtype === 'float64'
    ? [v128.and(low, widened([0, 0, 1, 1])), v128.and(high, widened([2, 2, 3, 3]))]
    : [low, high];
}

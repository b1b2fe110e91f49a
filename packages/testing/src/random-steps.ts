import * as core from '@pullback/core';
import { isFloat, lastOf, sizeOf, type Value } from '@pullback/core';
import { compositeMakers } from './composite-steps.ts';
import { type Elementwise, functionsOfOne, functionsOfTwo } from './elementwise.ts';
import {
  agree,
  at,
  extentAt,
  isNumber,
  type Maker,
  type Pool,
  pick,
  type StepNumbers,
  sameSpec,
} from './step-parts.ts';

/** One step of a recipe: what to do, to which of the values made so far, and numbers that settle the rest. */
export interface Step extends StepNumbers {
  readonly kind: StepKind;
}

const axes = (x: Value) => x.shape.map((_, axis) => axis);

/** Of numbers, not of truths. */
const pairs = Object.values(functionsOfTwo)
  .map(({ f }) => f)
  .slice(0, 7);
const ones: readonly Elementwise<(x: Value) => Value>[] = Object.values(functionsOfOne).filter(
  ({ f }) => f !== core.not,
);
const functions = {
  int32: ones.filter(({ int32 }) => int32).map(({ f }) => f),
  float: [
    ...ones.map(({ f, anywhere = f }) => anywhere),
    (x: Value) => core.div(1, core.add(core.square(x), 1)),
    (x: Value) => core.mul(x, core.sub(1, x)),
  ],
};
const kindOf = (x: Value) => (x.dtype === 'int32' ? 'int32' : 'float');

const pair: Maker = (x, { y, a }, pool) => {
  if (!isNumber(x)) return undefined;
  const other = pick(pool, y, (value) => value.dtype === x.dtype && agree(x, value)) ?? x;
  return at(pairs, a)(x, other);
};

const reduced = (x: Value, a: number): number[] => {
  const chosen = axes(x).filter((axis) => ((a >> axis) & 1) === 1);
  return chosen.length === 0 ? axes(x).slice(-1) : chosen;
};

/** The steps of a recipe. Where one cannot be done it is left out. */
const makers = {
  /** Adds no primitive, and keeps the distances of other steps to their operands: what a superfluous step shrinks to. */
  same: (x) => x,
  pair,
  function: (x, { a, b }) => (isNumber(x) ? at(functions[kindOf(x)], a + 8 * b)(x) : undefined),
  number: (x, { a, b }) => {
    if (!isNumber(x)) return undefined;
    const number = at([2, -1, 3, 0, x.dtype === 'int32' ? 5 : 0.5], b);
    const f = at(pairs, a >> 1);
    return a % 2 === 0 ? f(x, number) : f(number, x);
  },
  sum: (x, { a, b }) =>
    isNumber(x) ? core.sum(x, { axis: reduced(x, a), keepAxis: b % 2 === 1 }) : undefined,
  max: (x, { a, b }) => {
    const along = reduced(x, a);
    if (!isNumber(x) || along.some((axis) => x.shape[axis] === 0)) return undefined;
    return core.max(x, { axis: along, keepAxis: b % 2 === 1 });
  },
  transpose: (x, { a, b }) =>
    x.shape.length < 2 ? undefined : core.swapAxes(x, a % x.shape.length, b % x.shape.length),
  reshape: (x, { a, b }) => {
    const { shape } = x;
    const axis = b % Math.max(1, shape.length);
    const extent = extentAt(x, axis);
    const [before, after] = [shape.slice(0, axis), shape.slice(axis + 1)];
    switch (a % 4) {
      case 0:
        return core.reshape(x, [sizeOf(shape)]);
      case 1:
        return shape.length < 2 || axis === shape.length - 1
          ? undefined
          : core.reshape(x, [...before, extent * extentAt(x, axis + 1), ...shape.slice(axis + 2)]);
      case 2: {
        const factor = [2, 3, 4, 5].find((n) => extent % n === 0 && extent > n);
        return factor === undefined || shape.length === 0 || shape.length > 3
          ? undefined
          : core.reshape(x, [...before, factor, extent / factor, ...after]);
      }
      default:
        return extent === 1 && shape.length > 0
          ? core.reshape(x, [...before, ...after])
          : shape.length > 3
            ? undefined
            : core.expandDims(x, axis);
    }
  },
  broadcast: (x, { a, b }, { extents }) => {
    const extent = at(extents, a);
    const axis = x.shape.indexOf(1);
    if (axis >= 0 && b % 2 === 0)
      return core.broadcast(
        x,
        x.shape.map((n, i) => (i === axis ? extent : n)),
      );
    return x.shape.length > 2 ? undefined : core.broadcast(x, [extent, ...x.shape]);
  },
  slice: (x, { a, b }) => {
    if (x.shape.length === 0) return undefined;
    // One axis, or every axis with a step of its own.
    const chosen = (i: number) => a > 5 || i === a % x.shape.length;
    const start = x.shape.map((n, i) => (chosen(i) ? (b + i) % (n + 1) : 0));
    const step = axes(x).map((i) => (chosen(i) ? 1 + ((a + i) % 3) : 1));
    const stop = x.shape.map((n, i) => (chosen(i) ? Math.max(start[i] ?? 0, n - (b % 2)) : n));
    return core.slice(x, start, stop, step);
  },
  flip: (x, { a }) => (x.shape.length === 0 ? undefined : core.flip(x, reduced(x, a))),
  matmul: (x, { y, a }, pool) => {
    if (!isFloat(x.dtype) || x.shape.length < 2) return undefined;
    const left = a % 2 === 0 ? x : core.swapAxes(x, -1, -2);
    const inner = lastOf(left.shape);
    const batch = sizeOf(x.shape.slice(0, -2));
    const fits = (value: Value) =>
      value.dtype === x.dtype &&
      value.shape.length >= 2 &&
      (value.shape.at(-2) === inner || value.shape.at(-1) === inner) &&
      agree(
        core.placeholder({ shape: x.shape.slice(0, -2), dtype: 'int32' }, ''),
        core.placeholder({ shape: value.shape.slice(0, -2), dtype: 'int32' }, ''),
      ) &&
      sizeOf(left.shape.slice(-2)) * sizeOf(value.shape) * batch <= 40_000 * inner;
    const other = pick(pool, y, fits);
    if (other === undefined) return undefined;
    const straight = other.shape.at(-2) === inner && (a & 2) === 0;
    const right = straight || other.shape.at(-1) !== inner ? other : core.swapAxes(other, -1, -2);
    return core.matmul(left, right);
  },
  vjp: (x, { y, a, b }, pool) => {
    if (!isFloat(x.dtype)) return undefined;
    const seed = pick(pool, a, sameSpec(x)) ?? x;
    const source = pick(pool, y, (value) => isFloat(value.dtype));
    const other = pick(pool, y + 1 + b, (value) => isFloat(value.dtype));
    const at = [...new Set([source, other])].filter((value) => value !== undefined);
    return core.gradient(x, at, seed);
  },
  update: (x, { y }, pool) => {
    const weight = isFloat(x.dtype) ? pick(pool, y, sameSpec(x)) : undefined;
    return weight === undefined ? undefined : core.sub(weight, core.mul(0.5, x));
  },
  select: (x, { y, a, b }, pool) => {
    const condition = pick(pool, a, (value) => value.dtype === 'bool' && agree(value, x));
    const other = pick(pool, y, sameSpec(x)) ?? x;
    if (condition !== undefined && b % 2 === 0) return core.select(condition, x, other);
    return isNumber(x) ? core.select(core.less(x, other), other, x) : undefined;
  },
  compare: (x, { y, a }, pool) => {
    if (x.dtype === 'bool') {
      const other = pick(pool, y, (value) => value.dtype === 'bool' && agree(value, x)) ?? x;
      return at([core.and(x, other), core.or(x, other), core.not(x), core.equal(x, other)], a);
    }
    const other = pick(pool, y, (value) => value.dtype === x.dtype && agree(value, x)) ?? x;
    return isNumber(x) ? at([core.less, core.lessEqual, core.equal], a)(x, other) : core.equal(x, other);
  },
  cast: (x, { a }, { dtype }) =>
    core.cast(x, at([dtype, 'int32', 'bool', 'uint8', dtype, 'float64', 'float32'], a)),
  pad: (x, { y, a, b }) => {
    if (x.shape.length === 0) return undefined;
    const places = (n: number) =>
      axes(x).map((axis) => (a > 5 || axis === a % x.shape.length ? (n + axis) % 3 : 0));
    const values = isFloat(x.dtype) ? [0, 1, 2, 3, Number.NaN, -0, -Infinity] : [0, 1, 2, 3];
    return core.pad(x, {
      low: places(b),
      high: places(b >> 1),
      between: places(a % 2),
      value: x.dtype === 'bool' ? 1 : at(values, y + b),
    });
  },
  concatenate: (x, { y, a, b }, pool) => {
    if (x.shape.length === 0) return undefined;
    const axis = a % x.shape.length;
    const fits = (value: Value) =>
      value.dtype === x.dtype &&
      value.shape.length === x.shape.length &&
      value.shape.every((n, i) => i === axis || n === x.shape[i]);
    const other = pick(pool, y, fits) ?? x;
    const nine = Array.from({ length: 9 }, (_, i) =>
      i % 3 === 0 ? other : i % 3 === 1 ? x : core.flip(x, axis),
    );
    return core.concatenate(b === 7 ? nine : b % 3 === 0 ? [x, other, x] : [other, x], { axis });
  },
  /** The sum of what comes back from some slices, as a gradient is: they meet, overlap or leave places out. */
  slices: (x, { y, a, b }) => {
    const axis = b % Math.max(1, x.shape.length);
    const extent = extentAt(x, axis);
    if (x.shape.length === 0 || extent < 2 || !isNumber(x)) return undefined;
    const along = (n: number, others = 0) => axes(x).map((i) => (i === axis ? n : others));
    const terms = Array.from({ length: 2 + (y % 3) }, (_, i) => {
      const step = a % 3 === 2 ? 2 : 1;
      const start = a % 3 === 2 ? i % 2 : (i * (1 + (b % 3))) % extent;
      const count = a % 3 === 0 ? 1 + (b % 3) : 1 + a;
      const stop = step === 2 ? extent : Math.min(extent, start + count);
      const part = core.slice(
        x,
        along(start),
        axes(x).map((j) => (j === axis ? stop : extentAt(x, j))),
        along(step, 1),
      );
      const between = along(step - 1);
      const covered = (extentAt(part, axis) - 1) * step + 1;
      const changed = i % 2 === 0 ? core.neg(part) : core.mul(part, part);
      return core.pad(changed, { low: along(start), high: along(extent - start - covered), between });
    });
    return terms.reduce(core.add);
  },
  gather: (x, { y, a }, pool) => {
    if (x.shape.length === 0) return undefined;
    const indices = pick(pool, y, (value) => value.dtype === 'int32' && value.shape.length < 3);
    const made = indices ?? core.sub(core.iota([3]), 1);
    return made.shape.length + x.shape.length > 4
      ? undefined
      : core.gather(x, made, { axis: a % x.shape.length });
  },
  place: (_, { a, b }, { extents, dtype }) => {
    const shape = [at(extents, a), at(extents, b)];
    const kinds = [
      () => core.iota(shape, { axis: a % 2, dtype: b % 3 === 0 ? 'int32' : dtype }),
      () =>
        core.constant(
          Array.from({ length: at(extents, a) }, (_, i) => (i % 5) - 2),
          { dtype },
        ),
      () => core.fill(a % 3, shape, dtype),
    ];
    return at(kinds, a)();
  },
  whole: (x, { y, a }, pool) => {
    if (!isNumber(x) || x.shape.length === 0) return undefined;
    const axis = a % x.shape.length;
    const extent = extentAt(x, axis);
    const second = x.shape[axis + 1];
    if (a > 4 && second !== undefined) {
      // By indices of two axes, some of them outside.
      const own = core.mod(
        core.add(core.iota([extent, second]), core.iota([extent, second], { axis: 1 })),
        5,
      );
      return core.scatterAdd(x, core.sub(own, 1), { axis, size: at(pool.extents, y) });
    }
    if (a % 2 === 0) return extent === 0 ? undefined : core.argmax(x, { axis, keepAxis: y % 2 === 0 });
    const indices =
      pick(pool, y, ({ dtype, shape }) => dtype === 'int32' && shape.length === 1 && shape[0] === extent) ??
      core.iota([extent]);
    return core.scatterAdd(x, indices, { axis, size: at(pool.extents, y) });
  },
  ...compositeMakers,
  through: (x, { a }) => (a % 2 === 0 ? core.stopGradient(x) : core.barrier(x)),
} satisfies Readonly<Record<string, Maker>>;

export type StepKind = keyof typeof makers;

/** How often a kind is chosen, the plain ones first: shrinking goes towards them. */
const weights: readonly (readonly [kind: StepKind, weight: number])[] = [
  ['same', 1],
  ['pair', 4],
  ['matmul', 4],
  ['sum', 3],
  ['function', 2],
  ['number', 1],
  ['transpose', 1],
  ['reshape', 2],
  ['broadcast', 2],
  ['slice', 1],
  ['flip', 1],
  ['max', 1],
  ['select', 1],
  ['compare', 1],
  ['cast', 1],
  ['pad', 1],
  ['slices', 1],
  ['concatenate', 1],
  ['gather', 1],
  ['place', 1],
  ['update', 2],
  ['vjp', 3],
  ['through', 1],
  ['hessian', 1],
  ['mapped', 1],
  ['whole', 1],
  ['normal', 1],
  ['training', 2],
  ['windows', 1],
  ['convolve', 1],
  ['scan', 1],
];

/** The kinds to choose from, each as often as it weighs. */
export const stepKinds: readonly StepKind[] = weights.flatMap(([kind, weight]) =>
  new Array<StepKind>(weight).fill(kind),
);

/** The most elements of a value. */
export const largest = 5000;

/** The values that a step adds; none where it does not fit. */
export function made(step: Step, pool: Pool): readonly Value[] {
  const x = pick(pool, step.x, () => true);
  const make: Maker = makers[step.kind];
  if (x === undefined) return [];
  const values = [make(x, step, pool) ?? []].flat();
  return values.every(({ shape }) => sizeOf(shape) <= largest && shape.length <= 6) ? values : [];
}

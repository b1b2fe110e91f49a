import * as core from '@pullback/core';
import { isFloat, lastOf, sizeOf, type Value } from '@pullback/core';
import { agree, at, extentAt, isNumber, type Maker, pick, sameSpec } from './step-parts.ts';

/** Steps of a recipe that are several primitives each. */
export const compositeMakers = {
  normal: (x, { a }) => {
    if (!isFloat(x.dtype) || x.shape.length === 0 || lastOf(x.shape) === 0) return undefined;
    return at(
      [
        core.softmax,
        core.logSoftmax,
        core.relu,
        core.sigmoid,
        (v: Value) => core.variance(v, { axis: -1, keepAxis: true }),
      ],
      a,
    )(x);
  },
  /** Softmax cross entropy of rows with a bias, the gradients at both, and the next bias. */
  training: (x, { y, a }, pool) => {
    if (!isFloat(x.dtype) || x.shape.length !== 2 || x.shape.includes(0)) return undefined;
    const columns = lastOf(x.shape);
    const bias =
      pick(pool, y, ({ dtype, shape }) => dtype === x.dtype && shape.length === 1 && shape[0] === columns) ??
      core.iota([columns], { dtype: x.dtype });
    const targets = pick(pool, a, sameSpec(x)) ?? x;
    const loss = core.neg(core.sum(core.mul(core.logSoftmax(core.add(x, bias)), targets)));
    const [slope = x, slopeOfBias = bias] = core.gradient(loss, [x, bias]);
    return [loss, slope, core.sub(bias, core.mul(0.5, slopeOfBias))];
  },
  /** H v of a sum of products, at x along another. */
  hessian: (x, { y, a }, pool) => {
    if (!isFloat(x.dtype) || sizeOf(x.shape) === 0) return undefined;
    const other = pick(pool, y, sameSpec(x)) ?? x;
    const inner = at([core.tanh, core.sin, core.cos, (v: Value) => core.mul(v, core.mean(v))], a);
    return core.hessianVectorProduct((v) => core.sum(core.mul(inner(v), v)))(x)(other);
  },
  /** A function of each row, as one of all rows. */
  mapped: (x, { y, a }, pool) => {
    if (!isFloat(x.dtype) || x.shape.length < 2 || x.shape[0] === 0) return undefined;
    const other = pick(pool, y, sameSpec(x)) ?? x;
    const each = at(
      [
        (r: Value, q: Value) => core.mul(r, core.sum(q)),
        (r: Value) => core.flip(r, 0),
        (r: Value, q: Value) => core.concatenate([r, q], { axis: 0 }),
        (r: Value, q: Value) => core.gradient(core.sum(core.mul(core.square(r), q)), [r])[0] ?? r,
        (r: Value) => core.gather(r, core.sub(core.iota([3]), 1)),
      ],
      a,
    );
    return core.vmap(each)(x, other);
  },
  /** Windows along an axis, their sums or maxima, or what folds them back. */
  windows: (x, { y, a, b }) => {
    const axis = a % Math.max(1, x.shape.length);
    const extent = extentAt(x, axis);
    if (x.shape.length === 0 || x.shape.length > 4 || extent === 0) return undefined;
    const size = 1 + (b % Math.min(3, extent));
    const options: core.WindowOptions = {
      axes: [axis],
      size,
      step: 1 + (y % 2),
      dilation: size === 2 && extent > 2 ? 2 : 1,
      padding: at([[[0, 0]], [[1, 0]], [[2, 1]]] as const, a >> 2),
    };
    const seen = core.windows(x, options);
    if (!isNumber(x)) return seen;
    return at(
      [
        () => seen,
        () => core.max(seen, { axis: -1 }),
        () => core.sum(seen, { axis: -1 }),
        () => core.fold(seen, { ...options, extents: [extent] }),
      ],
      b,
    )();
  },
  /** A convolution along the last axis but one, and its gradients. */
  convolve: (x, { y, a, b }) => {
    const [length = 0, channels = 0] = x.shape.slice(-2);
    if (!isFloat(x.dtype) || x.shape.length < 2 || x.shape.length > 4 || length === 0 || channels === 0)
      return undefined;
    const shape = [1 + (b % Math.min(3, length)), channels, at([1, 3, 33], a)];
    const kernel = core.reshape(
      core.sub(core.mod(core.iota([sizeOf(shape)], { dtype: x.dtype }), 5), 2),
      shape,
    );
    const made = core.convolution(x, kernel, {
      padding: y % 2 === 0 ? 'same' : 'valid',
      strides: 1 + (a % 2),
    });
    return [made, ...core.gradient(core.sum(core.mul(made, 0.25)), [x, kernel])];
  },
  /** Steps over the first axis with what they hand on, a factor that all share, and gradients at all of these. */
  scan: (x, { y, a, b }, pool) => {
    const [length = 0, ...row] = x.shape;
    if (!isFloat(x.dtype) || x.shape.length === 0 || length > 20) return undefined;
    const first = pick(pool, y, ({ dtype, shape }) => dtype === x.dtype && core.sameShape(shape, row));
    const factor = pick(
      pool,
      a,
      (value) => value.dtype === x.dtype && agree(value, x) && value.shape.length <= row.length,
    );
    const columns = lastOf([1, ...row]);
    const square = core.mul(core.sub(core.iota([columns, columns], { dtype: x.dtype }), 1), 0.5);
    const start = first ?? core.fill(0.5, row, x.dtype);
    const shared = factor ?? core.fill(-0.5, [], x.dtype);
    const { carries, outputs } = core.scan(
      (carry, now) => {
        const made = at(
          [
            () => core.add(core.mul(carry, shared), now),
            () => core.tanh(core.sub(now, core.mul(carry, 0.5))),
            () => (row.length < 2 ? core.neg(carry) : core.tanh(core.add(core.matmul(carry, square), now))),
          ],
          a,
        )();
        const next = core.sameShape(made.shape, row) ? made : core.add(carry, now);
        return { carries: next, outputs: [next, core.mul(now, carry)] };
      },
      start,
      x,
      { reverse: b % 2 === 1, ...(b > 5 && { checkpoint: 2 }) },
    );
    const slopes = () => core.gradient(core.sum(core.mul(outputs[0] ?? x, 0.25)), [x, start, shared]);
    return y % 3 === 0 ? [carries, ...outputs] : [...outputs, ...slopes()];
  },
} satisfies Readonly<Record<string, Maker>>;

import { type Shape, sizeOf } from '../tensors/shape.ts';

/**
 * Where the elements of a shape lie in a dense buffer: the one at index i is element offset + sum_k strides[k] i[k]. Along axes of extent 1
 * the stride is 0, so that equal views are equal numbers.
 */
export interface View {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** A view, and the shape that is read through it. */
export interface Placed extends View {
  readonly shape: Shape;
}

/** The elements one after the other in row-major order. */
export function denseView(shape: Shape): View {
  const strides = new Array<number>(shape.length).fill(0);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const extent = shape[i] ?? 1;
    if (extent !== 1) strides[i] = step;
    step *= extent;
  }
  return { offset: 0, strides };
}

export function sameView(a: View, b: View): boolean {
  return a.offset === b.offset && a.strides.every((stride, i) => stride === b.strides[i]);
}

/** The view of `from` as one of `to`, another shape of the same elements, where axes are only split and merged in place. */
export function reshapedView(from: Shape, { offset, strides }: View, to: Shape): View | undefined {
  if (sizeOf(to) === 0) return denseView(to);
  const old = from.flatMap((extent, i) => (extent === 1 ? [] : [{ extent, stride: strides[i] ?? 0 }]));
  const result: number[] = [];
  let next = 0;
  let at = 0;
  while (at < to.length) {
    // The shortest runs of old and new axes with as many elements.
    const first = at;
    let [made, used] = [1, 1];
    const run: { extent: number; stride: number }[] = [];
    do {
      if (made <= used && at < to.length) made *= to[at++] ?? 1;
      while (used < made) {
        const axis = old[next++];
        if (axis === undefined) return undefined;
        used *= axis.extent;
        run.push(axis);
      }
    } while (made !== used);
    for (let i = 0; i + 1 < run.length; i++) {
      const [outer, inner] = [run[i], run[i + 1]];
      if (outer?.stride !== (inner?.stride ?? 0) * (inner?.extent ?? 1)) return undefined;
    }
    let step = run.at(-1)?.stride ?? 0;
    const part: number[] = [];
    for (let i = at - 1; i >= first; i--) {
      const extent = to[i] ?? 1;
      part.unshift(extent === 1 ? 0 : step);
      step *= extent;
    }
    result.push(...part);
  }
  return { offset, strides: result };
}

import { evaluate, placeholder, type TensorLike, tensor, type Value } from '@pullback/core';

/**
 * df/dx of a scalar f for every element of every input, by central differences in float64 with one Richardson
 * step, (4 D(h/2) - D(h)) / 3: the truth that gradients are held to.
 */
export function finiteDifferences(
  f: (...x: Value[]) => Value,
  at: readonly TensorLike[],
  step = 1e-3,
): Float64Array[] {
  const points = at.map((like) => {
    const { shape, data } = tensor(like, { dtype: 'float64' });
    return { shape, dtype: 'float64', data: Float64Array.from(data) } as const;
  });
  const inputs = points.map((point, i) => placeholder(point, `x${i}`));
  const output = f(...inputs);
  const value = () => {
    const feeds = new Map(inputs.map((input, i) => [input, points[i] ?? 0] as const));
    return evaluate(output, feeds).data[0] ?? Number.NaN;
  };
  return points.map(({ data }) =>
    Float64Array.from(data, (x, i) => {
      const central = (h: number) => {
        data[i] = x + h;
        const above = value();
        data[i] = x - h;
        const below = value();
        data[i] = x;
        return (above - below) / (2 * h);
      };
      return (4 * central(step / 2) - central(step)) / 3;
    }),
  );
}

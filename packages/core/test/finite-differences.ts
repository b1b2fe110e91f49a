import { evaluate, placeholder, type Tensor, type TensorLike, tensor, type Value } from '@pullback/core';

/** d(sum f)/dx for every element of every input, by central differences in float64: the truth that gradients are held to. */
export function finiteDifferences(
  f: (...x: Value[]) => Value,
  at: readonly TensorLike[],
  step = 1e-5,
): Float64Array[] {
  const points: Tensor[] = at.map((like) => tensor(like, { dtype: 'float64' }));
  const inputs = points.map((point, i) => placeholder(point, `x${i}`));
  const output = f(...inputs);
  const value = () => {
    const feeds = new Map(inputs.map((input, i) => [input, points[i] ?? 0] as const));
    const [result] = evaluate([output], feeds);
    return result?.data[0] ?? Number.NaN;
  };
  return points.map(({ data }) =>
    Float64Array.from(data, (x, i) => {
      data[i] = x + step;
      const above = value();
      data[i] = x - step;
      const below = value();
      data[i] = x;
      return (above - below) / (2 * step);
    }),
  );
}

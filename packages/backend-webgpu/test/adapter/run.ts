import { type Backend, evaluate, placeholder, type Tensor, trace, type Value } from '@pullback/core';

/** The numbers of the outputs of f, run as one Program. */
export async function run(
  backend: Backend,
  given: readonly Tensor[],
  f: (...x: Value[]) => readonly Value[],
  times = 1,
): Promise<number[][]> {
  const values = given.map((spec, i) => placeholder(spec, `input ${i}`));
  const outputs = f(...values);
  const executable = await backend.compile(trace(values, outputs));
  const inputs = given.map(({ shape, dtype, data }) => {
    const buffer = backend.allocate({ shape, dtype });
    backend.write(buffer, data);
    return buffer;
  });
  const made = outputs.map(({ spec }) => backend.allocate(spec));
  executable.bind(inputs, made).run(times);
  const numbers = await Promise.all(made.map(async (buffer) => Array.from(await backend.read(buffer))));
  for (const buffer of [...inputs, ...made]) backend.free(buffer);
  executable.dispose?.();
  return numbers;
}

/** The same by the meaning of the primitives. */
export function meant(given: readonly Tensor[], f: (...x: Value[]) => readonly Value[]): number[][] {
  const values = given.map((spec, i) => placeholder(spec, `input ${i}`));
  return evaluate(f(...values), new Map(values.map((value, i) => [value, given[i] ?? 0]))).map(({ data }) =>
    Array.from(data),
  );
}

/** Tame floats, different for each offset, of which sums grow. */
export function floats(shape: readonly number[], offset = 0, scale = 1): Tensor {
  const size = shape.reduce((n, extent) => n * extent, 1);
  const data = Float32Array.from(
    { length: size },
    (_, i) => scale * (0.5 + Math.sin(1 + 3.7 * i + 11 * offset + (i % 7))),
  );
  return { shape, dtype: 'float32', data };
}

export function integers(shape: readonly number[], below: number, offset = 0): Tensor {
  const size = shape.reduce((n, extent) => n * extent, 1);
  const data = Int32Array.from({ length: size }, (_, i) => ((i * 7919 + offset * 31) % 10007) % below);
  return { shape, dtype: 'int32', data };
}

/** The largest |a - b| in units of `relative` times the larger magnitude of the row of numbers, or 1. */
export function farthest(got: readonly number[], wanted: readonly number[]): number {
  const scale = wanted.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 1);
  return wanted.reduce((most, x, i) => {
    const y = got[i] ?? Number.NaN;
    if (Object.is(x, y) || x === y) return most;
    const away = Math.abs(x - y) / scale;
    return Number.isNaN(away) ? Infinity : Math.max(most, away);
  }, 0);
}

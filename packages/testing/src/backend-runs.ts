import * as core from '@pullback/core';
import {
  type Backend,
  constant,
  evaluate,
  gradient,
  placeholder,
  type Tensor,
  trace,
  UnsupportedError,
  type Value,
} from '@pullback/core';
import { ConformanceError } from './case.ts';
import { near, ulps } from './numbers.ts';
import { placeOf } from './numbers-as-text.ts';
import { numbersFor, type Probe } from './probes.ts';

/** How many floats results may be off in a dtype; 0 where left out. */
export interface Allowed {
  readonly float32?: number;
  readonly float64?: number;
}

/** How far a backend may be from the primitives' own meaning. */
export interface Tolerance {
  /** How many floats results may be off in a dtype; 0 where left out. */
  readonly ulps?: Allowed;
  /** What sums of float32 are added in; float64 when it is left out: then they are rounded once. In float32 they may be off by `ulps` of the sum of magnitudes. */
  readonly sums?: 'float32' | 'float64';
  /** Whether numbers below the smallest normal one may be taken as 0, given and computed; they must not be when it is left out. */
  readonly subnormals?: 'kept' | 'flushed';
}

/** Compiles and runs f; the numbers of its outputs. */
export async function results(
  backend: Backend,
  given: readonly Tensor[],
  f: (...x: Value[]) => Value | readonly Value[],
): Promise<number[][]> {
  const values = given.map((spec, i) => placeholder(spec, `input ${i}`));
  const outputs = [f(...values)].flat();
  const executable = await backend.compile(trace(values, outputs));
  const inputs = given.map((tensor) => {
    const buffer = backend.allocate({ shape: tensor.shape, dtype: tensor.dtype });
    backend.write(buffer, tensor.data);
    return buffer;
  });
  const made = outputs.map(({ spec }) => backend.allocate(spec));
  executable.bind(inputs, made).run();
  const numbers = await Promise.all(made.map(async (buffer) => Array.from(await backend.read(buffer))));
  for (const buffer of [...inputs, ...made]) backend.free(buffer);
  return numbers;
}

export async function examineProbe(
  backend: Backend,
  { name, inputs, f, terms, isSum = false }: Probe,
  { ulps: allowed = {}, sums = 'float64', subnormals = 'kept' }: Tolerance,
): Promise<void> {
  const given = inputs.map((spec, i) => numbersFor(spec, i + 1));
  const values = given.map((spec, i) => placeholder(spec, `input ${i}`));
  const outputs = [f(...values)].flat();
  if (!outputs.every(({ dtype }) => backend.dtypes.includes(dtype))) return;
  const numbers = (of: readonly Value[], tensors: readonly Tensor[]) =>
    evaluate(of, new Map(values.map((value, i) => [value, tensors[i] ?? 0])));
  const wanted = numbers(outputs, given);
  // The same on numbers of which the subnormal ones are 0.
  const flushed = subnormals === 'flushed' ? numbers(outputs, given.map(withoutSubnormals)) : [];
  const got = await supported(() => results(backend, given, f));
  if (got === undefined) return;
  const bySize = terms !== undefined || (isSum && sums === 'float32');
  const sizes = bySize ? numbers([f(...values.map((value) => core.abs(value)))].flat(), given) : [];
  wanted.forEach(({ data, dtype, shape }, o) => {
    const most = dtype === 'float32' || dtype === 'float64' ? (allowed[dtype] ?? 0) : 0;
    const away = (value: number, other: number): number => {
      if (dtype !== 'float32' && dtype !== 'float64') return Math.abs(value - other);
      const least = subnormals === 'flushed' ? smallestNormal[dtype] : 0;
      return ulps(Math.abs(value) < least ? 0 : value, Math.abs(other) < least ? 0 : other, dtype);
    };
    data.forEach((value, i) => {
      const other = got[o]?.[i] ?? Number.NaN;
      // A backend that rounds may add in float32: any order is within n 2^-24 sum |a b| (Higham 2002, (3.13)), unless that sum overflows.
      const size = most > 0 && dtype === 'float32' ? sizes[o]?.data[i] : undefined;
      if (size !== undefined && terms !== undefined && !Number.isFinite(size)) return;
      const bound = terms === undefined ? 2 * most : terms + 1;
      if (size !== undefined && Math.abs(value - other) <= bound * 2 ** -24 * size) return;
      if (away(value, other) <= most || away(flushed[o]?.data[i] ?? value, other) <= most) return;
      const which = wanted.length > 1 ? `output ${o} ` : 'result ';
      throw new ConformanceError({
        what: `${which}${placeOf(i, shape)} of ${name}`,
        got: `${other}, ${away(value, other)} away`,
        expected: `${value}, within ${most}, by the meaning of the primitives`,
        ...(given.length > 0 && {
          at: given
            .map(({ data: shown }, n) => `input ${n} = [${Array.from(shown.slice(0, 20)).join(', ')}]`)
            .join('\n  '),
        }),
      });
    });
  });
}

const smallestNormal = { float32: 2 ** -126, float64: 2 ** -1022 } as const;

function withoutSubnormals(tensor: Tensor): Tensor {
  const { dtype } = tensor;
  if (dtype !== 'float32' && dtype !== 'float64') return tensor;
  return { ...tensor, data: tensor.data.map((x) => (Math.abs(x) < smallestNormal[dtype] ? 0 : x)) };
}

/** What a backend cannot run it refuses by name; anything else is a finding. */
async function supported<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof UnsupportedError && error.message.includes('sortedPair')) return undefined;
    throw error;
  }
}

/** |got - exact| <= k epsilon |A| |B|: what any order of summation keeps (Higham 2002, (3.13)). */
export async function examineProduct(backend: Backend, m: number, k: number, n: number): Promise<void> {
  const tame = (shape: readonly number[], offset: number): Tensor => {
    const data = Float32Array.from({ length: (shape[0] ?? 0) * (shape[1] ?? 0) }, (_, i) =>
      Math.sin(7 * i + offset),
    );
    return { shape, dtype: 'float32', data };
  };
  const [a, b] = [tame([m, k], 1), tame([k, n], 2)];
  const [got = []] = await results(backend, [a, b], (p, q) => core.matmul(p, q));
  const wide = ({ shape, data }: Tensor) => constant({ shape, data: Float64Array.from(data) });
  const [exact, size] = evaluate([
    core.matmul(wide(a), wide(b)),
    core.matmul(core.abs(wide(a)), core.abs(wide(b))),
  ]);
  got.forEach((value, i) => {
    const bound = 1.2e-7 * (k + 1) * (size?.data[i] ?? 0);
    if (!(Math.abs(value - (exact?.data[i] ?? Number.NaN)) <= bound))
      throw new ConformanceError({
        what: `the product of [${m}, ${k}] and [${k}, ${n}] at ${placeOf(i, [m, n])}`,
        got: String(value),
        expected: `${exact?.data[i]}, within ${bound}`,
      });
  });
}

/** W <- W - 0.1 grad |tanh(X W) - T|^2 / 2, five times in place, beside the same by the primitives' own meaning. */
export async function examineTraining(backend: Backend): Promise<void> {
  const specs = [
    { shape: [5, 3], dtype: 'float32' },
    { shape: [3, 4], dtype: 'float32' },
    { shape: [5, 4], dtype: 'float32' },
  ] as const;
  const [batch, weights, targets] = specs.map((spec, i) => placeholder(spec, `input ${i}`));
  if (batch === undefined || weights === undefined || targets === undefined) return;
  const difference = core.sub(core.tanh(core.matmul(batch, weights)), targets);
  const error = core.mul(core.sum(core.square(difference)), 0.5);
  const [slope = weights] = gradient(error, [weights]);
  const next = core.sub(weights, core.mul(slope, 0.1));
  const numbers = specs.map(({ shape }, i) =>
    Float32Array.from({ length: shape[0] * shape[1] }, (_, k) => Math.sin(3 * k + i)),
  );
  const executable = await backend.compile(trace([batch, weights, targets], [next, error]));
  const buffers = specs.map((spec, i) => {
    const buffer = backend.allocate(spec);
    backend.write(buffer, numbers[i] ?? new Float32Array());
    return buffer;
  });
  const [, own] = buffers;
  if (own === undefined) return;
  executable.bind(buffers, [own, backend.allocate({ shape: [], dtype: 'float32' })]).run(5);
  let expected = numbers[1] ?? new Float32Array();
  for (let step = 0; step < 5; step++)
    expected = Float32Array.from(
      evaluate(
        next,
        new Map(
          [batch, weights, targets].map((value, i) => [
            value,
            { ...value.spec, data: i === 1 ? expected : (numbers[i] ?? new Float32Array()) },
          ]),
        ),
      ).data,
    );
  (await backend.read(own)).forEach((value, i) => {
    if (!near(value, expected[i] ?? Number.NaN, 1e-5))
      throw new ConformanceError({
        what: `weight ${placeOf(i, [3, 4])} after five steps`,
        got: String(value),
        expected: String(expected[i]),
      });
  });
}

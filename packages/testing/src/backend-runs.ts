import * as core from '@pullback/core';
import {
  type Backend,
  constant,
  evaluate,
  gradient,
  type Program,
  placeholder,
  type Tensor,
  type TensorSpec,
  type TypedArray,
  trace,
  UnsupportedError,
  type Value,
} from '@pullback/core';
import { ConformanceError } from './case.ts';
import { near } from './numbers.ts';
import { placeOf, shown } from './numbers-as-text.ts';
import type { Probe } from './probe.ts';
import { numbersFor } from './probe-numbers.ts';
import {
  floatsAllowed,
  floatsApart,
  isNormal,
  isWithin,
  type Tolerance,
  withoutSubnormals,
} from './probe-results.ts';

/** Compiles and runs f; the numbers of its outputs. */
export async function results(
  backend: Backend,
  given: readonly Tensor[],
  f: (...x: Value[]) => Value | readonly Value[],
): Promise<TypedArray[]> {
  const values = given.map((spec, i) => placeholder(spec, `input ${i}`));
  const outputs = [f(...values)].flat();
  return run(
    backend,
    trace(values, outputs),
    given,
    outputs.map(({ spec }) => spec),
  );
}

async function run(
  backend: Backend,
  program: Program,
  given: readonly Tensor[],
  specs: readonly TensorSpec[],
): Promise<TypedArray[]> {
  const executable = await backend.compile(program);
  const inputs = given.map(({ shape, dtype, data }) => {
    const buffer = backend.allocate({ shape, dtype });
    backend.write(buffer, data);
    return buffer;
  });
  const made = specs.map(({ shape, dtype }) => backend.allocate({ shape, dtype }));
  executable.bind(inputs, made).run();
  const numbers = await Promise.all(made.map((buffer) => backend.read(buffer)));
  for (const buffer of [...inputs, ...made]) backend.free(buffer);
  return numbers;
}

/** A probe as a Program, and what its results are by the primitives' own meaning: the same for every backend. */
interface Meaning {
  readonly given: readonly Tensor[];
  readonly program: Program;
  readonly wanted: readonly Tensor[];
  /** The results for numbers of which the subnormal ones are 0. */
  readonly flushed: readonly Tensor[];
  /** For sums, those of the magnitudes. */
  readonly sizes: readonly Tensor[];
}

const meanings = new WeakMap<Probe, Meaning>();

function meaningOf(probe: Probe): Meaning {
  const known = meanings.get(probe);
  if (known !== undefined) return known;
  const { inputs, f, terms, isSum = false } = probe;
  const given = probe.given ?? inputs.map((spec, i) => numbersFor(spec, i + 1));
  const values = given.map((spec, i) => placeholder(spec, `input ${i}`));
  const outputs = [f(...values)].flat();
  const numbers = (of: readonly Value[], tensors: readonly Tensor[]) =>
    evaluate(of, new Map(values.map((value, i) => [value, tensors[i] ?? 0])));
  const isAdded = terms !== undefined || isSum;
  const meaning = {
    given,
    program: trace(values, outputs),
    wanted: numbers(outputs, given),
    flushed: given.every(isNormal) ? [] : numbers(outputs, given.map(withoutSubnormals)),
    sizes: isAdded ? numbers([f(...values.map((value) => core.abs(value)))].flat(), given) : [],
  };
  meanings.set(probe, meaning);
  return meaning;
}

export async function examineProbe(backend: Backend, probe: Probe, tolerance: Tolerance): Promise<void> {
  const { name } = probe;
  const { given, program, wanted, flushed, sizes } = meaningOf(probe);
  const specs = [...wanted, ...program.body.flatMap(({ outputs }) => outputs)];
  if (!specs.every(({ dtype }) => backend.dtypes.includes(dtype))) return;
  const got = await supported(() => run(backend, program, given, wanted));
  if (got === undefined) return;
  const nameOf = (o: number) => (probe.outputs?.[o] === undefined ? name : `${probe.outputs[o]}, of ${name}`);
  wanted.forEach(({ data, dtype, shape }, o) => {
    data.forEach((value, i) => {
      const found = got[o]?.[i] ?? Number.NaN;
      if (Object.is(value, found)) return;
      const at = {
        wanted: value,
        found,
        flushed: flushed[o]?.data[i] ?? value,
        size: sizes[o]?.data[i],
        dtype,
      };
      if (isWithin(at, probe, tolerance)) return;
      throw new ConformanceError({
        what: `${wanted.length > 1 ? `output ${o} ` : 'result '}${placeOf(i, shape)} of ${nameOf(o)}`,
        got: `${shown(found)}, ${floatsApart(value, found, dtype)} away`,
        expected: `${shown(value)}, within ${floatsAllowed(dtype, tolerance)}, by the meaning of the primitives`,
        ...(given.length > 0 && {
          at: given
            .map(
              ({ data: numbers_ }, n) =>
                `input ${n} = [${Array.from(numbers_.slice(0, 20), shown).join(', ')}]`,
            )
            .join('\n  '),
        }),
      });
    });
  });
}

/** The result of `run`. A backend refuses a primitive that it cannot run by name; anything else is a finding. */
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

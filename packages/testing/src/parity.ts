import { cpu } from '@pullback/backend-cpu';
import {
  type Backend,
  compile,
  constant,
  type DType,
  type FloatDType,
  fill,
  gradient,
  type Shape,
  sizeOf,
  sum,
  type Tensor,
  tensorOf,
  type Value,
} from '@pullback/core';
import { type Case, ConformanceError, guarded } from './case.ts';
import { ulps } from './numbers.ts';
import { nested, placeOf } from './numbers-as-text.ts';
import { build, runner } from './runner.ts';
import { upstream, vertexByVertex } from './vertex-by-vertex.ts';

/** A function and numbers to run it on. */
export interface Ground {
  readonly f: (...x: Value[]) => Value | readonly Value[];
  readonly shapes: readonly Shape[];
  readonly numbers: readonly Float64Array[];
}

export interface ParityOptions {
  /** Backends that must give the same; the reference when left out. */
  readonly backends?: readonly Backend[] | undefined;
  /**
   * How many floats their results may be off, 0 when left out: floats as far apart as they are at the largest number of a result, since
   * small numbers beside large ones are differences of such.
   */
  readonly ulps?: number | undefined;
  /** The size in float32 of what rounding leaves of a 0, such as the gradient at what a softmax does not change; 0 when left out. */
  readonly leftOver?: number | undefined;
}

const dtypes: readonly FloatDType[] = ['float32', 'float64'];

/**
 * That a function and its gradients give the same however they are run: vertex by vertex, traced, traced with constants for its inputs,
 * and compiled on every backend, in both dtypes.
 */
export function parityCases(
  name: string,
  ground: () => Ground,
  { backends = [cpu()], ulps: most = 0, leftOver = 0 }: ParityOptions,
): Case[] {
  return [
    guarded(`${name}: depends on nothing but its inputs`, () => refuseCaptured(ground())),
    guarded(`${name}: traced as it was written`, () => examineTrace(ground())),
    ...backends.flatMap((backend) =>
      dtypes
        .filter((dtype) => backend.dtypes.includes(dtype))
        .map((dtype) =>
          guarded(`${name}: as itself on ${backend.name} in ${dtype}`, () =>
            examineBackend(ground(), { backend, dtype, most, leftOver }),
          ),
        ),
    ),
  ];
}

/** f with the gradients of the sum of each output at every input. */
function withGradients({ f }: Ground, dtype: FloatDType) {
  return (...x: Value[]): Value[] => {
    const outputs = [f(...x)].flat();
    const floats = outputs.filter((output) => output.dtype === dtype);
    return [...outputs, ...floats.flatMap((output) => gradient(sum(output), x))];
  };
}

function refuseCaptured(ground: Ground): void {
  const { inputs, outputs } = build(ground.f, ground.shapes, 'float64');
  const stranger = upstream(outputs, inputs).find(({ node }) => node.kind === 'leaf');
  if (stranger !== undefined)
    throw new ConformanceError({
      what: `it uses '${stranger.attributes['name'] ?? stranger.origin.path}', which it was not given`,
      got: 'a captured Value, whose gradient is lost',
      expected: 'every Value that it depends on among its inputs',
    });
}

function examineTrace(ground: Ground): void {
  const { shapes, numbers } = ground;
  for (const dtype of dtypes) {
    const f = withGradients(ground, dtype);
    const { inputs, outputs } = build(f, shapes, dtype);
    const wanted = vertexByVertex(inputs, outputs)(numbers);
    compare(wanted, runner(inputs, outputs)(numbers), `traced, in ${dtype}`, 0);
    // With constants a trace folds what it can.
    const fixed = shapes.map((shape, i) =>
      constant({ shape, data: numbers[i] ?? new Float64Array() }, { dtype }),
    );
    compare(wanted, runner([], f(...fixed))([]), `with constants for inputs, in ${dtype}`, 0);
    const firsts = numbers.map(([first = 0.5]) => first);
    const same = shapes.map((shape, i) => new Float64Array(sizeOf(shape)).fill(firsts[i] ?? 0));
    const splats = shapes.map((shape, i) => fill(firsts[i] ?? 0, shape, dtype));
    compare(
      vertexByVertex(inputs, outputs)(same),
      runner([], f(...splats))([]),
      `with one constant for each input, in ${dtype}`,
      0,
    );
  }
}

async function examineBackend(
  ground: Ground,
  { backend, dtype, most, leftOver }: { backend: Backend; dtype: FloatDType; most: number; leftOver: number },
): Promise<void> {
  const { shapes, numbers } = ground;
  const f = withGradients(ground, dtype);
  const { inputs, outputs } = build(f, shapes, dtype);
  const wanted = vertexByVertex(inputs, outputs)(numbers);
  const run = await compile(f, { inputs: shapes, dtype, backend });
  const given = numbers.map((data, i) => {
    const tensor = tensorOf({ shape: shapes[i] ?? [], dtype });
    tensor.data.set(data);
    return tensor;
  });
  for (const time of ['', ', the second time'])
    compare(wanted, await run(...given), `on the backend '${backend.name}' in ${dtype}${time}`, most, {
      [dtype]: leftOver * (dtype === 'float32' ? 1 : 2 ** -29),
    });
}

/** @throws ConformanceError for the first result that is further off than `most` floats. */
export function compare(
  wanted: readonly Tensor[],
  got: readonly Tensor[],
  where: string,
  most: number,
  leftOver: Partial<Record<DType, number>> = {},
): void {
  wanted.forEach(({ data, dtype, shape }, o) => {
    const largest = Array.from(data).reduce(
      (top, x) => (Math.abs(x) > top && Number.isFinite(x) ? Math.abs(x) : top),
      0,
    );
    data.forEach((x, k) => {
      const other = got[o]?.data[k] ?? Number.NaN;
      const away = distance(x, other, dtype, most === 0 ? undefined : largest);
      if (away > most && !(Math.abs(x - other) <= (leftOver[dtype] ?? 0)))
        throw new ConformanceError({
          what: `result ${o} ${placeOf(k, shape)} ${where}`,
          got: `${other}, ${Number(away.toPrecision(3))} floats away`,
          expected: `${x}, within ${most}, as vertex by vertex`,
          ...(data.length <= 16 && {
            at: `the whole result: ${nested(got[o]?.data ?? [], shape)}, expected ${nested(data, shape)}`,
          }),
        });
    });
  });
}

/** In floats at `x`, or at `largest` where those are further apart; NaN is infinitely far from every number. */
function distance(x: number, other: number, dtype: DType, largest: number | undefined): number {
  if (dtype !== 'float32' && dtype !== 'float64') return Math.abs(x - other);
  const own = ulps(x, other, dtype);
  if (largest === undefined || !Number.isFinite(x) || !Number.isFinite(other)) return own;
  const spacing = 2 ** (Math.floor(Math.log2(largest)) - (dtype === 'float32' ? 23 : 52));
  return spacing > 0 ? Math.min(own, Math.abs(x - other) / spacing) : own;
}

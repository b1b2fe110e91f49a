import {
  type Attributes,
  type DType,
  gradient,
  isFloat,
  type Primitive,
  PullbackError,
  type Shape,
  sameShape,
  sum,
  type Tensor,
  type TensorSpec,
  tensorOf,
} from '@pullback/core';
import { type Case, ConformanceError, guarded } from './case.ts';
import { examineKind } from './kinds.ts';
import type { NodeFunction } from './node-options.ts';
import { placeOf } from './numbers-as-text.ts';
import { type Applied, evaluated, wholeNumbers } from './operands.ts';
import { build } from './runner.ts';
import { upstream } from './vertex-by-vertex.ts';

const dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'uint8', 'bool'];

/** The rules of every primitive of one's own that the function, or its gradient, is made of. */
export function primitiveCases(name: string, f: NodeFunction, shapes: readonly Shape[]): Case[] {
  const each = (what: string, examine: (applied: Applied) => void): Case =>
    guarded(`${name}: ${what}`, () => {
      for (const applied of appliedIn(f, shapes)) examine(applied);
    });
  return [
    each('primitives evaluate: pure, every element written', examineEvaluate),
    each('primitives are of the kind that they say', examineKind),
    each('primitives infer what they evaluate, in every dtype that they take', examineInfer),
  ];
}

/** Each primitive of one's own, with a few of the attributes and shapes that it is applied with. */
function appliedIn(f: NodeFunction, shapes: readonly Shape[]): Applied[] {
  const { inputs, outputs } = build(f, shapes, 'float64');
  const slopes = outputs
    .filter(({ dtype }) => isFloat(dtype))
    .flatMap((output) => gradient(sum(output), inputs));
  const counts = new Map<Primitive, number>();
  return upstream([...outputs, ...slopes], inputs).flatMap(({ node, attributes, inputs: operands }) => {
    if (node.kind === 'composite' || node.kind === 'leaf') return [];
    const count = counts.get(node) ?? 0;
    counts.set(node, count + 1);
    return count < 3 ? [{ primitive: node, attributes, specs: operands.map(({ spec }) => spec) }] : [];
  });
}

/** Whatever the arrays of the outputs hold before, and however often it is called, the same is written; what is read stays. */
function examineEvaluate(applied: Applied): void {
  const { primitive, specs } = applied;
  const operands = specs.map(wholeNumbers);
  const before = operands.map(({ data }) => data.slice());
  const wanted = evaluated(applied, operands);
  operands.forEach(({ data, shape }, i) => {
    const changed = data.findIndex((x, k) => !Object.is(x, before[i]?.[k]));
    if (changed >= 0)
      throw new ConformanceError({
        what: `'${primitive.name}' changes its operand ${i}`,
        got: `${data[changed]} at ${placeOf(changed, shape)} after it was evaluated`,
        expected: String(before[i]?.[changed]),
      });
  });
  for (const filled of [0, 1, 77])
    evaluated(applied, operands, filled).forEach(({ data, shape }, o) => {
      const other = data.findIndex((x, k) => !Object.is(x, wanted[o]?.data[k]));
      if (other >= 0)
        throw new ConformanceError({
          what: `'${primitive.name}' writes another result ${placeOf(other, shape)} into an array that holds ${filled}`,
          got: String(data[other]),
          expected: `${wanted[o]?.data[other]}: every element is written, from the operands alone`,
        });
    });
}

/** `infer` in every dtype in place of the floats: what it takes it can evaluate, to the same numbers as far as the dtype holds them. */
function examineInfer(applied: Applied): void {
  const { primitive, attributes, specs } = applied;
  const exact = specs.map(wholeNumbers);
  const wanted = evaluated(applied, exact);
  for (const dtype of dtypes) {
    const own = specs.map((spec) => (spec.dtype === 'float64' ? { ...spec, dtype } : spec));
    const given = own.map(({ shape }) => [...shape]);
    const where = `'${primitive.name}' of ${own.map((spec) => `${spec.dtype}[${spec.shape.join(', ')}]`).join(' and ')}`;
    const inferred = inferredBy(primitive, attributes, own, where);
    if (inferred === undefined) continue;
    own.forEach(({ shape }, i) => {
      if (!sameShape(shape, given[i] ?? []))
        throw new ConformanceError({
          what: `infer of ${where} changes the shape that it is given`,
          got: `[${shape.join(', ')}] after it was called`,
          expected: `[${(given[i] ?? []).join(', ')}]`,
        });
    });
    inferred.forEach(({ shape }, o) => {
      if (!sameShape(shape, wanted[o]?.shape ?? []))
        throw new ConformanceError({
          what: `infer of ${where} gives another shape than for float64`,
          got: `[${shape.join(', ')}]`,
          expected: `[${wanted[o]?.shape.join(', ')}]`,
        });
    });
    // Numbers that the dtype holds, so that results can be compared.
    const operands = own.map((spec, i) => ({ ...spec, data: held(exact[i], spec) }));
    const doubles = specs.map((spec, i) => ({ ...spec, data: Float64Array.from(operands[i]?.data ?? []) }));
    const right = evaluated(
      applied,
      specs.map((spec, i) =>
        isFloat(spec.dtype) ? (doubles[i] ?? tensorOf(spec)) : (exact[i] ?? tensorOf(spec)),
      ),
    );
    const got = run(() => evaluated(applied, operands), where);
    got.forEach((output, o) => {
      compareAs(output, right[o], where, own[0]?.dtype);
    });
  }
}

function held(exact: Tensor | undefined, spec: TensorSpec): Tensor['data'] {
  const tensor = tensorOf(spec);
  tensor.data.set(
    Array.from(exact?.data ?? [], (x) => (spec.dtype === 'bool' ? (x === 0 ? 0 : 1) : Math.abs(x))),
  );
  return tensor.data;
}

function inferredBy(
  primitive: Primitive,
  attributes: Attributes,
  specs: readonly TensorSpec[],
  where: string,
): readonly TensorSpec[] | undefined {
  try {
    return [primitive.infer(specs, attributes)].flat();
  } catch (error) {
    if (error instanceof PullbackError) return undefined;
    throw new ConformanceError({
      what: `infer of ${where}`,
      got: String(error),
      expected: 'a spec, or a DTypeError that says which dtypes it takes',
    });
  }
}

function run<T>(f: () => T, where: string): T {
  try {
    return f();
  } catch (error) {
    throw new ConformanceError({
      what: `infer takes ${where}, and evaluate does not`,
      got: String(error),
      expected: 'numbers, or a DTypeError of infer',
    });
  }
}

/** Integers are the exact results rounded to a neighbour, modulo what the dtype holds; a bool is 0 or 1. */
function compareAs(
  { data, dtype, shape }: Tensor,
  right: Tensor | undefined,
  where: string,
  given: DType | undefined,
): void {
  if (dtype === 'bool' && given === 'bool') return;
  const size = dtype === 'uint8' ? 256 : dtype === 'int32' ? 2 ** 32 : undefined;
  data.forEach((got, k) => {
    const wanted = right?.data[k] ?? Number.NaN;
    if (dtype === 'bool') {
      if (got === 0 || got === 1) {
        if (right?.dtype !== 'bool' || got === wanted) return;
      }
      throw new ConformanceError({
        what: `result ${placeOf(k, shape)} of ${where}, which infer calls a bool`,
        got: String(got),
        expected: '0 or 1, the same as for float64',
      });
    }
    if (!Number.isFinite(wanted)) return;
    const apart = Math.abs(got - wanted);
    const off = size === undefined ? apart : Math.min(apart % size, size - (apart % size));
    if (size === undefined ? off <= 1e-5 * Math.max(1, Math.abs(wanted)) : off < 1) return;
    throw new ConformanceError({
      what: `result ${placeOf(k, shape)} of ${where} is not that for float64`,
      got: String(got),
      expected: `${wanted}${size === undefined ? '' : `, rounded, modulo ${size}`}`,
    });
  });
}

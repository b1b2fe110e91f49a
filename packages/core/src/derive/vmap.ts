import { OptionError, ShapeError } from '../errors.ts';
import { apply, vertexOf } from '../graph/apply.ts';
import { labelled, parentOf } from '../graph/origin.ts';
import { sources, upstream } from '../graph/upstream.ts';
import type { Composite, Cotangents, Primitive } from '../graph/value.ts';
import { Value, type Vertex } from '../graph/value.ts';
import { broadcast, forEachSample, sum } from '../ops/broadcast-sum.ts';
import { stack } from '../ops/concatenate.ts';
import { fill, placeholder } from '../ops/leaves.ts';
import { squeeze } from '../ops/reshape.ts';
import { slice } from '../ops/slice-pad.ts';
import { moveAxis } from '../ops/transpose.ts';
import { checkOptions } from '../options/check-options.ts';
import { either, type FieldsOf, list, oneOf, whole } from '../options/field.ts';
import { formatShape, normalizeAxis, sameShape } from '../tensors/shape.ts';
import { gradient, pullback } from './gradient.ts';

export interface VmapOptions {
  /** For each argument, the axis along which its samples lie, or null where it is the same for all; 0 when left out. */
  readonly axes?: readonly (number | null)[];
  /** Where the samples lie in the results; 0 when left out. */
  readonly outputAxis?: number;
}

const vmapFields = {
  axes: list(either(whole(), oneOf<null>(null))),
  outputAxis: whole(),
} satisfies FieldsOf<VmapOptions>;

/**
 * A function of one sample as a function of many: `vmap(f)(X)` has f of the i-th sample of X as its own i-th. The graph of `f` is
 * built once, each vertex again for all samples together; there is no loop. Values that `f` captures are the same for every
 * sample, random keys among them: give each sample a key of its own for numbers of its own. Nests, and goes with `gradient` both
 * ways round.
 * @throws OptionError when no argument has samples; ShapeError when their numbers differ.
 */
export function vmap<In extends readonly Value[]>(
  f: (...sample: In) => Value,
  options?: VmapOptions,
): (...samples: In) => Value;
export function vmap<In extends readonly Value[]>(
  f: (...sample: In) => readonly Value[],
  options?: VmapOptions,
): (...samples: In) => Value[];
export function vmap(
  f: (...sample: Value[]) => Value | readonly Value[],
  options: VmapOptions = {},
): (...samples: Value[]) => Value | Value[] {
  const { axes, outputAxis = 0 } = checkOptions('vmap', options, vmapFields);
  return (...samples) => {
    const places = placesOf(samples, axes);
    const size = countOf(samples, places);
    const known = new Map<Value, Lifted>();
    const single = samples.map((x, i) => {
      const axis = places[i] ?? null;
      if (axis === null) return x;
      const shape = x.shape.filter((_, k) => k !== axis);
      const sample = placeholder({ shape, dtype: x.dtype }, `sample${i}`);
      known.set(sample, { value: moveAxis(x, axis, 0), batched: true });
      return sample;
    });
    const made = f(...single);
    const results = lift([made].flat(), known, size).map((result) =>
      moveAxis(forAll(result, size), 0, outputAxis),
    );
    const [only] = results;
    return made instanceof Value && only !== undefined ? only : results;
  };
}

/**
 * The gradient of a scalar `loss` of one sample at each of `at`, for every sample: [n, ...shape] each. Their sum over samples is the
 * gradient of the summed loss of the batch. (4.1)
 * @param samples arguments of `loss`, each with its samples along the first axis unless `options` say otherwise.
 */
export function perSampleGradients(
  loss: (...sample: Value[]) => Value,
  samples: readonly Value[],
  at: readonly Value[],
  options?: VmapOptions,
): Value[] {
  return vmap((...sample: Value[]) => gradient(loss(...sample), at), options)(...samples);
}

/** The stand-in for the Value of one sample: all samples along the first axis, or one Value for all of them. */
interface Lifted {
  readonly value: Value;
  readonly batched: boolean;
}

function placesOf(samples: readonly Value[], axes: VmapOptions['axes']): (number | null)[] {
  if (axes !== undefined && axes.length !== samples.length)
    throw new OptionError({
      got: `${axes.length} axes for ${samples.length} arguments`,
      expected: 'one each',
    });
  return samples.map(({ shape }, i) => {
    const axis = axes === undefined ? 0 : (axes[i] ?? null);
    return axis === null ? null : normalizeAxis(axis, shape.length);
  });
}

function countOf(samples: readonly Value[], places: readonly (number | null)[]): number {
  const counts = samples.flatMap(({ shape }, i) => {
    const axis = places[i] ?? null;
    return axis === null ? [] : [shape[axis] ?? 0];
  });
  const [size] = counts;
  if (size === undefined)
    throw new OptionError({
      got: 'vmap of no argument with samples',
      expected: 'at least one',
      hint: 'An argument whose axis is null is the same for all samples.',
    });
  if (counts.some((count) => count !== size))
    throw new ShapeError({
      got: `${counts.join(' and ')} samples in arguments ${samples.map(({ shape }) => formatShape(shape)).join(' and ')}`,
      expected: 'as many in each',
    });
  return size;
}

function forAll({ value, batched }: Lifted, size: number): Value {
  return batched ? value : broadcast(value, [size, ...value.shape]);
}

/** `outputs` built again from the stand-ins for the `known` Values. A Value that does not depend on those stays as it is. */
function lift(outputs: readonly Value[], known: Map<Value, Lifted>, size: number): Lifted[] {
  const now = (value: Value) => known.get(value) ?? { value, batched: false };
  for (const vertex of upstream(outputs, sources, known)) {
    const from = sources(vertex);
    if (!from.some((source) => known.has(source))) continue;
    const made =
      from === vertex.expansion
        ? from.map(now)
        : labelled(parentOf(vertex.origin), () => liftVertex(vertex, from.map(now), size));
    vertex.outputs.forEach((output, i) => {
      const lifted = made[i];
      if (lifted !== undefined) known.set(output, lifted);
    });
  }
  return outputs.map(now);
}

function liftVertex(vertex: Vertex, inputs: readonly Lifted[], size: number): Lifted[] {
  const values = inputs.map(({ value }) => value);
  const batched = inputs.some((input) => input.batched);
  const { node, attributes } = vertex;
  const made =
    node.kind === 'composite'
      ? [apply(batched ? liftComposite(vertex, inputs, size) : node, ...values)].flat()
      : batched
        ? liftPrimitive(node, vertex, inputs, size)
        : vertexOf(node, values, attributes).outputs;
  return made.map((value) => ({ value, batched }));
}

/** A composite whose vjp is written by hand: all samples go through what it built, and all gradients through its vjp. */
function liftComposite(vertex: Vertex, inputs: readonly Lifted[], size: number): Composite {
  const standIns = (values: readonly Value[]) =>
    vertex.inputs.map((input, i): [Value, Lifted] => [
      input,
      { value: values[i] ?? input, batched: inputs[i]?.batched === true },
    ]);
  return {
    kind: 'composite',
    name: vertex.node.name,
    mixes: vertex.node.kind === 'composite' ? vertex.node.mixes?.map((axis) => axis + 1) : undefined,
    forward: (...values) =>
      lift(vertex.expansion ?? [], new Map(standIns(values)), size).map((result) => forAll(result, size)),
    vjp: (given, at) => {
      const known = new Map(standIns(at.inputs));
      vertex.outputs.forEach((output, i) => {
        known.set(output, { value: at.outputs[i] ?? output, batched: true });
      });
      const arriving = [given].flat().map((value, i) => {
        const output = vertex.outputs[i];
        if (value === undefined || output === undefined) return undefined;
        const sample = placeholder(output.spec, 'gradient');
        known.set(sample, { value, batched: true });
        return sample;
      });
      return pullback(vertex, arriving).map((part, i) => {
        if (part === undefined) return undefined;
        const [lifted = { value: part, batched: false }] = lift([part], known, size);
        const all = forAll(lifted, size);
        return inputs[i]?.batched === true ? all : sum(all, { axis: 0 });
      }) satisfies Cotangents;
    },
  };
}

function liftPrimitive(
  node: Primitive,
  sample: Vertex,
  inputs: readonly Lifted[],
  size: number,
): readonly Value[] {
  const { attributes, outputs } = sample;
  const values = inputs.map(({ value }) => value);
  const batch = { attributes, size, batched: inputs.map(({ batched }) => batched) };
  if (node.batch !== undefined) return [node.batch(values, batch)].flat();
  if (isElementwise(node, sample) || node.form?.kind === 'same')
    return vertexOf(node, forEachSample(values, batch), attributes).outputs;
  const made = Array.from({ length: size }, (_, i) => {
    const own = inputs.map(({ value, batched }) =>
      batched ? squeeze(slice(value, [i], [i + 1]), 0) : value,
    );
    return vertexOf(node, own, attributes).outputs;
  });
  return outputs.map(({ shape, dtype }, k) =>
    size === 0 ? fill(0, [0, ...shape], dtype) : stack(made.flatMap((each) => each[k] ?? [])),
  );
}

/** Whether every element of the outputs is made of those of the operands at its place: a plugin's primitive may broadcast its operands itself. */
function isElementwise({ kind }: Primitive, { inputs, outputs }: Vertex): boolean {
  const [shape] = outputs.map((output) => output.shape);
  return (
    kind === 'elementwise' &&
    shape !== undefined &&
    [...inputs, ...outputs].every((value) => sameShape(value.shape, shape))
  );
}

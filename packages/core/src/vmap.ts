import { apply, applyMany, applyPrimitive } from './apply.ts';
import { OptionError, ShapeError } from './errors.ts';
import { gradient } from './gradient.ts';
import type { Composite, Cotangents, Primitive } from './node.ts';
import { broadcast, dropAxes, sum } from './ops/broadcast-sum.ts';
import { stack } from './ops/concatenate.ts';
import { placeholder } from './ops/leaves.ts';
import { expandDims, reshape } from './ops/reshape.ts';
import { slice } from './ops/slice-pad.ts';
import { transpose } from './ops/transpose.ts';
import { formatShape, normalizeAxis } from './shape.ts';
import { Value, type Vertex } from './value.ts';

export interface VmapOptions {
  /** For each argument the axis that counts samples, or null for one that all samples share; 0 for all when left out. */
  readonly axes?: readonly (number | null)[];
}

/**
 * A function of one sample as a function of many: f is applied to each slice of the arguments along an axis, and the results
 * stand one below the other, along a new first axis. Not a loop: every primitive gets one axis more. What `f` uses from outside is
 * shared by all samples, and so are random keys. A hand-written vjp stays in use.
 * @throws ShapeError when arguments have different numbers of samples, OptionError for axes that do not fit.
 */
export function vmap(f: (...x: Value[]) => Value, options?: VmapOptions): (...x: Value[]) => Value;
export function vmap(
  f: (...x: Value[]) => readonly Value[],
  options?: VmapOptions,
): (...x: Value[]) => Value[];
export function vmap(
  f: (...x: Value[]) => Value | readonly Value[],
  { axes }: VmapOptions = {},
): (...x: Value[]) => Value | Value[] {
  return (...x) => {
    const places = x.map((_, i) => (axes === undefined ? 0 : axes[i]));
    if (axes !== undefined && axes.length !== x.length)
      throw new OptionError({ got: `${axes.length} axes`, expected: `${x.length}, one for each argument` });
    const fronted = x.map((value, i) => toFront(value, places[i] ?? null));
    const counts = new Set(fronted.flatMap(({ shape }, i) => (places[i] === null ? [] : (shape[0] ?? 0))));
    const [n, ...others] = counts;
    if (n === undefined || others.length > 0)
      throw new ShapeError({
        got: n === undefined ? 'no argument with samples' : `${[...counts].join(' and ')} samples`,
        expected: 'the same number for all that have some',
      });
    const samples = fronted.map((value, i) =>
      places[i] === null ? value : placeholder({ ...value.spec, shape: value.shape.slice(1) }, `sample ${i}`),
    );
    const made = f(...samples);
    const known = new Map(
      samples.map((sample, i) => [sample, { value: fronted[i] ?? sample, batched: places[i] !== null }]),
    );
    const outputs = made instanceof Value ? [made] : made;
    const spread = batch(outputs, known, n).map((item) => spreadOut(item, n));
    const [only] = spread;
    return made instanceof Value && only !== undefined ? only : spread;
  };
}

/**
 * The gradient of `f` of each sample at each of `at`, along a new first axis: their sums over samples are the batch gradient. (4.1)
 * @param samples arguments of `f`, each with its samples along the first axis.
 */
export function perSampleGradients(
  f: (...sample: Value[]) => Value,
  samples: readonly Value[],
  at: readonly Value[],
): Value[] {
  return vmap((...sample) => gradient(f(...sample), at))(...samples);
}

/** A Value for one sample, and what stands in its place: with samples along its first axis, or one for all. */
interface Batched {
  readonly value: Value;
  readonly batched: boolean;
}

function toFront(value: Value, axis: number | null): Value {
  if (axis === null) return value;
  const place = normalizeAxis(axis, value.shape.length);
  const others = value.shape.flatMap((_, i) => (i === place ? [] : [i]));
  return transpose(value, [place, ...others]);
}

/** With samples along the first axis in any case. */
function spreadOut({ value, batched }: Batched, n: number): Value {
  return batched ? value : broadcast(expandDims(value, 0), [n, ...value.shape]);
}

/** What stands in the place of each of `outputs`, when `known` stands in that of what they depend on. */
function batch(outputs: readonly Value[], known: ReadonlyMap<Value, Batched>, n: number): readonly Batched[] {
  const made = new Map(known);
  const at = (value: Value): Batched => made.get(value) ?? { value, batched: false };
  for (const vertex of between(outputs, known)) {
    const results = batchVertex(vertex, at, n);
    vertex.outputs.forEach((output, i) => {
      const result = results[i];
      if (result !== undefined && !made.has(output)) made.set(output, result);
    });
  }
  return outputs.map(at);
}

/** The vertices from which `outputs` are made, up to what is known, in order; a composite after what it expands to. */
function between(outputs: readonly Value[], known: ReadonlyMap<Value, Batched>): Vertex[] {
  const seen = new Set<Vertex>();
  const waiting = [...outputs];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (known.has(value) || seen.has(value.vertex)) continue;
    seen.add(value.vertex);
    waiting.push(...sourcesOf(value.vertex));
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/** A composite that leaves its gradient to the chain rule is looked through. */
function sourcesOf({ node, inputs, expansion }: Vertex): readonly Value[] {
  return node.vjp === undefined && expansion !== undefined ? expansion : inputs;
}

function batchVertex(vertex: Vertex, at: (value: Value) => Batched, n: number): readonly Batched[] {
  const { node, outputs, expansion } = vertex;
  const sources = sourcesOf(vertex).map(at);
  if (sources.every(({ value }, i) => value === sourcesOf(vertex)[i]))
    return expansion !== undefined && node.vjp === undefined
      ? sources
      : outputs.map((value) => ({ value, batched: false }));
  if (node.kind !== 'composite') return batchPrimitive(node, vertex, sources, n);
  return expansion === undefined || node.vjp === undefined
    ? sources
    : batchComposite(node, vertex, sources, n);
}

/** One vertex again, with the hand-written vjp, which is batched where it is asked for. */
function batchComposite(node: Composite, vertex: Vertex, inputs: readonly Batched[], n: number): Batched[] {
  const { expansion = [] } = vertex;
  const places = (sources: readonly Value[], given: readonly Batched[]) =>
    new Map(sources.flatMap((source, i) => (given[i] === undefined ? [] : [[source, given[i]]])));
  const batchedInputs = (values: readonly Value[]) =>
    values.map((value, i) => ({ value, batched: inputs[i]?.batched ?? false }));
  const lifted: Composite<readonly Value[], readonly Value[]> = {
    kind: 'composite',
    name: node.name,
    forward: (...values) =>
      batch(expansion, places(vertex.inputs, batchedInputs(values)), n).map((item) => spreadOut(item, n)),
    vjp: (gradients, { inputs: values, outputs }): Cotangents => {
      const arriving = [gradients].flat();
      const seeds = vertex.outputs.map(({ spec }, i) =>
        arriving[i] === undefined ? undefined : placeholder(spec, 'gradient'),
      );
      const [single] = seeds;
      const parts = node.vjp?.(seeds.length === 1 && single !== undefined ? single : seeds, vertex) ?? [];
      const known = new Map<Value, Batched>([
        ...places(vertex.inputs, batchedInputs(values)),
        ...places(
          vertex.outputs,
          outputs.map((value) => ({ value, batched: true })),
        ),
        ...seeds.flatMap((seed, i): [Value, Batched][] => {
          const value = arriving[i];
          return seed === undefined || value === undefined ? [] : [[seed, { value, batched: true }]];
        }),
      ]);
      return parts.map((part, i) => {
        if (part === undefined) return undefined;
        const [result] = batch([part], known, n).map((item) => spreadOut(item, n));
        return result === undefined || inputs[i]?.batched ? result : total(result);
      });
    },
  };
  return apply(lifted, ...inputs.map(({ value }) => value)).map((value) => ({ value, batched: true }));
}

/** What samples send to a value that they share is added up. */
function total(gradients: Value): Value {
  return dropAxes(sum(gradients, { axis: 0, keepAxis: true }), [0]);
}

/** Elementwise primitives and identities as they are; others with the attributes of one axis more; else sample by sample. */
function batchPrimitive(
  node: Primitive,
  { attributes, outputs }: Vertex,
  inputs: readonly Batched[],
  n: number,
): Batched[] {
  const run = (values: readonly Value[], changed = attributes): readonly Value[] =>
    outputs.length === 1
      ? [applyPrimitive(node as Primitive<readonly Value[], typeof attributes, Value>, values, changed)]
      : applyMany(node as Primitive<readonly Value[], typeof attributes, readonly Value[]>, values, changed);
  if (!inputs.some(({ batched }) => batched))
    return run(inputs.map(({ value }) => value)).map((value) => ({ value, batched: false }));
  const spread = inputs.map((item) => spreadOut(item, n));
  const same = node.kind === 'elementwise' || node.kind === 'identity';
  const changed = same ? attributes : node.batch?.(attributes, n);
  if (changed !== undefined) return run(spread, changed).map((value) => ({ value, batched: true }));
  return sampleBySample(run, spread, outputs, n).map((value) => ({ value, batched: true }));
}

function sampleBySample(
  run: (values: readonly Value[]) => readonly Value[],
  inputs: readonly Value[],
  outputs: readonly Value[],
  n: number,
): Value[] {
  const each = Array.from({ length: n }, (_, i) =>
    run(inputs.map((input) => reshape(slice(input, [i], [i + 1]), input.shape.slice(1)))),
  );
  return outputs.map((output, k) => {
    if (n === 0)
      throw new ShapeError({
        got: `no samples for '${output.node.name}', which is run sample by sample`,
        expected: `at least one of ${formatShape(output.shape)}`,
      });
    return stack(each.flatMap((results) => results[k] ?? []));
  });
}

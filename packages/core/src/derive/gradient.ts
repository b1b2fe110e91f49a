import { DTypeError, ShapeError, VjpError } from '../errors.ts';
import { describeOrigin, labelled } from '../graph/origin.ts';
import { sources, upstream } from '../graph/upstream.ts';
import type { Cotangents } from '../graph/value.ts';
import { expectValues, type Value, type Vertex } from '../graph/value.ts';
import { add } from '../ops/arithmetic.ts';
import { fill } from '../ops/leaves.ts';
import { isFloat } from '../tensors/dtype.ts';
import { formatShape, sameShape } from '../tensors/shape.ts';
import { Masks } from './masks.ts';

/** One step of the walk (1.4): J^T of one vertex, times what came back to its outputs. */
export interface BackwardStep {
  readonly vertex: Vertex;
  readonly arriving: Cotangents;
  /** Where it goes on to: the inputs of the vertex, or what a composite without a vjp of its own built. */
  readonly to: readonly Value[];
  /** J^T g for each of these; undefined where there is none, or nobody asks. */
  readonly parts: Cotangents;
}

/**
 * The gradient of `of` at each of `at`: the walk (1.4) from `of` backwards, one J^T at a time,
 *   grad(g o F) = J_F^T grad g.                                                            (1.2)
 * Elements that a mask left out stay 0 on the way, whatever the slope there.
 * @param seed what comes back to `of` itself; 1 for a scalar.
 * @returns one Value for each of `at`, of its shape; zeros where `of` does not depend on it.
 * @throws DTypeError for integers and booleans, ShapeError when `of` is no scalar and no seed is given.
 * @throws VjpError when a vjp returns gradients that do not fit its inputs.
 */
export function gradient(of: Value, at: readonly Value[], seed?: Value): Value[] {
  return backwardWalk(of, at, seed).gradients;
}

/** `gradient`, with every step of the walk in its order. */
export function backwardWalk(
  of: Value,
  at: readonly Value[],
  seed?: Value,
): { readonly gradients: Value[]; readonly steps: readonly BackwardStep[] } {
  expectValues([of, ...at], (i) => (i === 0 ? 'what is differentiated' : `place ${i - 1} of a gradient`));
  for (const value of [of, ...at])
    if (!isFloat(value.dtype))
      throw new DTypeError({ got: value.dtype, expected: 'a float: integers and booleans have no gradient' });
  if (seed === undefined && of.shape.length > 0)
    throw new ShapeError({
      got: formatShape(of.shape),
      expected: 'a scalar',
      hint: 'Sum it, or pass a seed of its shape.',
    });
  const start = seed ?? fill(1, [], of.dtype);
  if (!sameShape(start.shape, of.shape))
    throw new ShapeError({ got: `a seed of ${formatShape(start.shape)}`, expected: formatShape(of.shape) });

  const { found, steps } = walkBack([{ of, seed: start }], at);
  return { gradients: at.map((value, i) => found[i] ?? fill(0, value.shape, value.dtype)), steps };
}

/** A Value, and what comes back to it. */
export interface Seed {
  readonly of: Value;
  readonly seed: Value;
}

/** The sum of the gradients of several Values at each of `at`, in one walk; undefined where none of them depends on it. */
export function gradients(seeds: readonly Seed[], at: readonly Value[]): (Value | undefined)[] {
  return walkBack(seeds, at).found;
}

function walkBack(
  seeds: readonly Seed[],
  at: readonly Value[],
): { readonly found: (Value | undefined)[]; readonly steps: readonly BackwardStep[] } {
  const wanted = new Set(at);
  const vertices = upstream(
    seeds.map(({ of }) => of),
    sources,
  );
  const active = new Set<Vertex>();
  const matters = (value: Value) => wanted.has(value) || active.has(value.vertex);
  const asked = (vertex: Vertex) => unread(vertex).filter((input) => wanted.has(input));
  for (const vertex of vertices)
    if (sources(vertex).some(matters) || asked(vertex).length > 0) active.add(vertex);

  const slopes = new Map<Value, Value>();
  const told = new Map<Value, Value>();
  const masks = new Masks();
  const steps: BackwardStep[] = [];
  const grow = (sums: Map<Value, Value>, value: Value, part: Value) => {
    const sum = sums.get(value);
    sums.set(value, sum === undefined ? part : add(sum, part));
  };
  for (const { of, seed } of seeds) grow(slopes, of, seed);
  for (const vertex of vertices.reverse()) {
    if (!active.has(vertex)) continue;
    const arriving = vertex.outputs.map((output) => slopes.get(output));
    if (arriving.every((part) => part === undefined)) continue;
    const origin = { path: vertex.origin.path, pass: 'backward' as const };
    labelled(origin, () => {
      const to = sources(vertex);
      const parts = pullback(vertex, arriving).map((part, i) => {
        const source = to[i];
        if (part === undefined || source === undefined || !matters(source)) return undefined;
        const chosen = masks.choose(vertex, arriving, part);
        grow(slopes, source, chosen);
        return chosen;
      });
      steps.push({ vertex, arriving, to, parts });
      for (const [input, part] of reported(vertex, arriving, asked(vertex))) grow(told, input, part);
    });
  }
  const found = at.map((value) => {
    const parts = [slopes.get(value), told.get(value)].filter((part) => part !== undefined);
    const [first, second] = parts;
    return first === undefined || second === undefined ? first : add(first, second);
  });
  return { found, steps };
}

/** The inputs that `forward` did not read. */
function unread({ node, inputs }: Vertex): readonly Value[] {
  const through = node.kind === 'composite' ? node.detour?.through : undefined;
  return (through ?? []).flatMap((i) => inputs[i] ?? []);
}

/**
 * The gradients at unread inputs, by the detour through them, for callers that ask. They do not flow on: the inputs that
 * were read have theirs already.
 */
function reported(
  { detour = [] }: Vertex,
  arriving: Cotangents,
  inputs: readonly Value[],
): readonly (readonly [Value, Value])[] {
  if (inputs.length === 0) return [];
  return detour.flatMap((output, i) => {
    const part = arriving[i];
    const slopes = part === undefined ? [] : gradient(output, inputs, part);
    return slopes.flatMap((slope, k) => {
      const input = inputs[k];
      return input === undefined ? [] : [[input, slope] as const];
    });
  });
}

/** J^T times the arriving gradient: by hand, or straight on into what `forward` built. */
export function pullback(vertex: Vertex, arriving: Cotangents): Cotangents {
  const { node, inputs } = vertex;
  if (node.vjp === undefined) return vertex.expansion === undefined ? [] : arriving;
  const [single] = arriving;
  const parts = node.vjp(arriving.length === 1 && single !== undefined ? single : arriving, vertex);
  const at = describeOrigin(vertex.origin);
  if (parts.length !== inputs.length)
    throw new VjpError({
      got: `${parts.length} gradients from the vjp of '${node.name}'`,
      expected: `${inputs.length}, one for each input`,
      at,
    });
  parts.forEach((part, i) => {
    const input = inputs[i];
    if (part === undefined || input === undefined) return;
    if (!sameShape(part.shape, input.shape) || part.dtype !== input.dtype)
      throw new VjpError({
        got: `${part.dtype}${formatShape(part.shape)} from the vjp of '${node.name}' for input ${i}`,
        expected: `${input.dtype}${formatShape(input.shape)}, as the input is`,
        at,
      });
  });
  return parts;
}

import {
  apply,
  evaluate,
  formatShape,
  isFloat,
  placeholder,
  placeOf,
  RandomStream,
  sizeOf,
  type Tensor,
  type TensorLike,
  type Value,
  Vertex,
} from '@pullback/core';
import type { Difference, FrameData } from '../data.ts';
import type { Described } from './described.ts';

/** How many elements of an operand are moved. */
const places = 6;
export const step = 1e-5;

/**
 * Of float64 graphs: J^T g of every node beside differences of <g, F(x)>, with the numbers that came in and back; and the whole gradient
 * of weights and inputs beside differences of the loss. A slope between those to both sides of a kink is right.
 */
export function differencesOf(
  { graph, values, gradients, edges, arriving, vertices }: Described,
  loss: Value,
  feeds: ReadonlyMap<Value, TensorLike>,
): Required<Pick<FrameData, 'differences' | 'totals'>> {
  const numbers = new NumbersOf(feeds, [
    ...vertices.flatMap(({ inputs }) => inputs),
    ...[...arriving.values()].flat(),
    ...edges,
    ...gradients,
  ]);
  const differences = graph.edges.map(({ to, input }, i): Difference | undefined => {
    const [vertex, part] = [vertices[to], edges[i]];
    const at = vertex?.inputs[input];
    if (vertex === undefined || at?.dtype !== 'float64' || keepsApart(vertex) || part === undefined)
      return undefined;
    const back = arriving.get(vertex) ?? [];
    const fresh = vertex.inputs.map(({ spec }, k) => placeholder(spec, `operand${k}`));
    const outputs = again(vertex, fresh);
    const given = new Map<Value, Tensor>(fresh.map((value, k) => [value, numbers.of(vertex.inputs[k])]));
    const [moved] = fresh.slice(input);
    if (moved === undefined) return undefined;
    const product = (feed: ReadonlyMap<Value, TensorLike>) =>
      evaluate(outputs, feed).reduce((sum, { data }, k) => sum + dot(numbers.of(back[k]).data, data), 0);
    return farthest(numbers.of(part), moved, given, product);
  });
  const given = new Map([...feeds.keys()].map((value) => [value, numbers.of(value)]));
  const totals = values.map((value, i): Difference | undefined => {
    const slope = gradients[i];
    if (slope === undefined || !given.has(value) || value.dtype !== 'float64') return undefined;
    const error = (feed: ReadonlyMap<Value, TensorLike>) => evaluate(loss, feed).data[0] ?? Number.NaN;
    return farthest(numbers.of(slope), value, given, error);
  });
  return { differences, totals };
}

/** The numbers of some Values, computed together. */
class NumbersOf {
  readonly #known = new Map<Value, Tensor>();

  constructor(feeds: ReadonlyMap<Value, TensorLike>, wanted: readonly (Value | undefined)[]) {
    const unique = [...new Set([...wanted, ...feeds.keys()])].filter((value) => value !== undefined);
    evaluate(unique, feeds).forEach((tensor, i) => {
      const value = unique[i];
      if (value !== undefined) this.#known.set(value, tensor);
    });
  }

  of(value: Value | undefined): Tensor {
    const found = value && this.#known.get(value);
    return found ?? { shape: [0], dtype: 'float64', data: new Float64Array(0) };
  }
}

/** A stop of gradients says on purpose that it has no derivative; whoever put it in the wrong place is found by the totals. */
export const keepsApart = ({ node }: Vertex) => node.kind !== 'composite' && node.form?.kind === 'same';

export function again({ node, attributes, outputs }: Vertex, operands: readonly Value[]): readonly Value[] {
  if (node.kind === 'composite') return [apply(node, ...operands)].flat();
  const specs = outputs.map(({ spec }) => spec);
  return new Vertex(node, operands, attributes, specs, undefined, { path: node.name, pass: 'forward' })
    .outputs;
}

/**
 * The element whose derivative is farthest from what differences say.
 * @param by the step of a number of 1 or less.
 */
export function farthest(
  got: Tensor,
  moved: Value,
  given: ReadonlyMap<Value, Tensor>,
  f: (feeds: ReadonlyMap<Value, TensorLike>) => number,
  by = step,
): Difference | undefined {
  const like = given.get(moved);
  const count = sizeOf(moved.shape);
  if (like === undefined || count === 0 || !isFloat(moved.dtype)) return undefined;
  const start = Float64Array.from(like.data, Number);
  const random = RandomStream.of(1, formatShape(moved.shape));
  const chosen =
    count <= places
      ? Array.from({ length: count }, (_, i) => i)
      : Array.from({ length: places }, () => Math.floor(random.uniform() * count));
  const at = (place: number, change: number) => {
    const data = start.slice();
    data[place] = (data[place] ?? 0) + change;
    return f(new Map(given).set(moved, { ...like, data }));
  };
  const here = f(given);
  const all = chosen.map((place): Difference => {
    const h = by * Math.max(1, Math.sqrt(Math.abs(start[place] ?? 0)));
    const slopes = [(at(place, h) - here) / h, (here - at(place, -h)) / h];
    const middle = (slopes[0] ?? 0) / 2 + (slopes[1] ?? 0) / 2;
    const bend = Math.abs((slopes[0] ?? 0) - (slopes[1] ?? 0)) / 2;
    // A bend of the order of h is curvature, and the middle is right; a larger one is a kink.
    const kink = bend > 1e-3 * Math.max(1, Math.abs(middle)) ? bend : 0;
    return {
      got: Number(got.data[place]),
      low: middle - kink,
      high: middle + kink,
      place: placeOf(place, moved.shape),
      tolerance: 1e-6 + (1e-14 * Math.abs(here)) / h,
    };
  });
  const off = ({ got: g, low, high }: Difference) =>
    Number.isNaN(g) ? Infinity : Math.max(low - g, g - high);
  return all.reduce((worst, next) => (off(next) > off(worst) ? next : worst));
}

function dot(a: Tensor['data'], b: Tensor['data']): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) sum += Number(a[i] ?? 0) * Number(b[i]);
  return sum;
}

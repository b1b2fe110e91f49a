import {
  add,
  constant,
  evaluate,
  gradient,
  isFloat,
  mul,
  placeholder,
  RandomStream,
  sizeOf,
  sum,
  type Tensor,
  type Value,
  type Vertex,
} from '@pullback/core';
import type { Difference } from '../data.ts';
import { differs, type Flag, told } from '../flags.ts';
import { again, farthest, keepsApart, step } from './differences.ts';

/** Numbers for operands and gradients: random numbers of a size, whole ones, zeros. */
interface Trial {
  readonly words: string;
  readonly operand: (random: RandomStream) => number;
  readonly gradient?: (random: RandomStream) => number;
  /** Whether J^T g jumps there, as at a tie or a kink: it then has no derivative. */
  readonly jumps?: boolean;
}

const normal = (size: number) => (random: RandomStream) => size * random.normal();
const ofSize = (size: number): Trial => ({ words: `numbers of about ${size}`, operand: normal(size) });
const trials: readonly Trial[] = [
  ...[1e-4, 0.3, 3, 40, 2000].map(ofSize),
  { words: 'zeros', operand: () => 0, jumps: true },
  { words: 'negative zeros', operand: () => -0, jumps: true },
  { words: 'whole numbers', operand: (random) => Math.round(2 * random.normal()), jumps: true },
  ...[1e-9, 1e4].map((size) => ({
    words: `gradients of about ${size}`,
    operand: normal(1),
    gradient: normal(size),
  })),
  { words: 'a gradient of zeros', operand: normal(1), gradient: () => 0 },
];

/**
 * One node by itself, on numbers that the batch may not hold: J^T g beside differences of <g, F(x)>, and the derivative of J^T g beside differences
 * of it, both in float64. Where F is not finite nothing is asked of its derivative.
 * @param place of the node in the graph.
 */
export function examined(vertex: Vertex, place: number): Flag[] {
  const isGiven = vertex.inputs.length > 0 && vertex.inputs.every(({ dtype }) => dtype === 'float64');
  if (!isGiven || keepsApart(vertex) || !vertex.outputs.every(({ dtype }) => isFloat(dtype))) return [];
  const operands = vertex.inputs.map(({ spec }, i) => placeholder(spec, `operand${i}`));
  const arriving = vertex.outputs.map(({ spec }, i) => placeholder(spec, `gradient${i}`));
  const outputs = again(vertex, operands);
  const product = weighed(outputs, arriving);
  const slopes = gradient(product, operands);
  // Weights that no symmetry of the slopes cancels.
  const mixed = weighed(
    slopes,
    slopes.map(({ shape }) =>
      constant({ shape, data: drawn(shape, normal(1), 'weights') }, { dtype: 'float64' }),
    ),
  );
  const all = [...operands, ...arriving];
  const firsts: Slopes = [operands, slopes];
  const seconds: Slopes = [all, gradient(mixed, all)];
  for (const { words, operand, gradient: size = normal(1), jumps = false } of trials) {
    const feeds = new Map<Value, Tensor>([
      ...operands.map((value, i) => [value, tensorOf(value, operand, `operand${i}`)] as const),
      ...arriving.map((value, i) => [value, tensorOf(value, size, `gradient${i}`)] as const),
    ]);
    const finite = evaluate([...outputs], feeds).every(({ data }) =>
      Array.from(data, Number).every(Number.isFinite),
    );
    if (!finite) continue;
    const first = worst(product, firsts, feeds);
    if (first !== undefined)
      return [flag(place, `J^T g of ${vertex.node.name} is ${told(first)}, for ${words}`)];
    const second = jumps ? undefined : worst(mixed, seconds, feeds);
    if (second !== undefined)
      return [flag(place, `the derivative of J^T g of ${vertex.node.name} is ${told(second)}, for ${words}`)];
  }
  return [];
}

const flag = (node: number, message: string): Flag => ({ kind: 'wrong derivative', node, message });

/** <weights, values>, summed over all of them. */
function weighed(values: readonly Value[], weights: readonly Value[]): Value {
  const parts = values.map((value, i) => sum(mul(value, weights[i] ?? 0)));
  return parts.reduce((a, b) => add(a, b));
}

/** The Values that are moved, and the gradients there. */
type Slopes = readonly [at: readonly Value[], gradients: readonly Value[]];

/** The gradient that is farthest from differences of f, where it differs. */
function worst(f: Value, [at, gradients]: Slopes, feeds: ReadonlyMap<Value, Tensor>): Difference | undefined {
  const got = evaluate(gradients, feeds);
  const value = (given: Parameters<typeof evaluate>[1]) => Number(evaluate(f, given).data[0]);
  for (const [i, moved] of at.entries()) {
    const slope = got[i];
    if (slope === undefined) continue;
    const found = farthest(slope, moved, feeds, value);
    if (found === undefined || !differs(found) || isSteep(found)) continue;
    // Where a shorter step tells another slope, a jump lies near and neither is one.
    const nearer = farthest(slope, moved, feeds, value, step / 16);
    if (nearer !== undefined && differs(nearer) && isSame(found, nearer)) return found;
  }
  return undefined;
}

/** An infinite slope at a kink is that of a cusp, such as the root of a size has at 0. */
function isSteep({ got, low, high }: Difference): boolean {
  return !Number.isFinite(got) && !Number.isNaN(got) && low !== high;
}

function isSame(a: Difference, b: Difference): boolean {
  const [one, other] = [a.low + a.high, b.low + b.high];
  return a.place === b.place && !(Math.abs(one - other) > 2e-2 * Math.max(1, Math.abs(one)));
}

function drawn(
  shape: readonly number[],
  number: (random: RandomStream) => number,
  name: string,
): Float64Array {
  const random = RandomStream.of(1, name);
  return Float64Array.from({ length: sizeOf(shape) }, () => number(random));
}

function tensorOf({ shape }: Value, number: (random: RandomStream) => number, name: string): Tensor {
  return { shape, dtype: 'float64', data: drawn(shape, number, name) };
}

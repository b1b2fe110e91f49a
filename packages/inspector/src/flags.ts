import type { Difference, FrameData, GraphData, Numbers } from './data.ts';
import { fold, summed } from './folding.ts';
import { rms, short } from './numbers.ts';

export type FlagKind =
  | 'not finite'
  | 'wrong derivative'
  | 'exploding'
  | 'vanishing'
  | 'dead'
  | 'saturated'
  | 'not moving';

/** Something that is wrong with the numbers of a node. */
export interface Flag {
  readonly kind: FlagKind;
  /** The place of the node. */
  readonly node: number;
  readonly message: string;
}

export interface FlagLimits {
  /** A gradient is exploding when its elements are so many times as large as those of the gradient nearest to the loss; 1000. */
  readonly exploding?: number;
  /** And vanishing when they are so many times as large; 1e-4. */
  readonly vanishing?: number;
  /** A unit is saturated when its slope is at most so much; 0.01. */
  readonly saturated?: number;
  /** A weight does not move when it changes by less than this share of itself; 1e-7. */
  readonly moved?: number;
}

/**
 * The flags that the last of these frames raises, worst first. Pure: equal frames raise equal flags.
 * @param frames in the order of their steps; weights that do not move need more than one.
 */
export function flagsOf(graph: GraphData, frames: readonly FrameData[], limits: FlagLimits = {}): Flag[] {
  const frame = frames.at(-1);
  if (frame === undefined) return [];
  const first = firstNotFinite(graph, frame);
  const wrong = wrongDerivatives(graph, frame);
  // Where a number is lost, all sizes behind it mean nothing.
  if (first !== undefined) return [first, ...wrong];
  return [
    ...wrong,
    ...units(graph, frame, limits),
    ...gradientSizes(graph, frame, limits),
    ...still(graph, frames, limits),
  ];
}

const isLost = (numbers: Numbers | undefined) => numbers !== undefined && Number.isNaN(numbers.norm);
const isInfinite = (numbers: Numbers | undefined) => numbers !== undefined && !Number.isFinite(numbers.norm);

/**
 * The first node, forwards and then backwards, that made a NaN of numbers; or an infinity on the way back or in the loss: elsewhere an infinity
 * is meant, as in a mask.
 */
function firstNotFinite({ nodes, edges, values, loss }: GraphData, frame: FrameData): Flag | undefined {
  for (const [node, { outputs, name, kind }] of nodes.entries())
    if (
      outputs.some(
        (value) => isLost(frame.values[value]) || (value === loss && isInfinite(frame.values[value])),
      )
    )
      return {
        kind: 'not finite',
        node,
        message:
          kind === 'node'
            ? `${name} is the first node that makes no finite number, on the way forward`
            : `${name} holds a NaN`,
      };
  for (let node = nodes.length - 1; node >= 0; node--) {
    const made = edges.findIndex(({ to }, i) => to === node && isInfinite(frame.edges[i]));
    if (made < 0) continue;
    const { value = -1 } = edges[made] ?? {};
    const towards = nodes[values[value]?.node ?? -1]?.name ?? '';
    return {
      kind: 'not finite',
      node,
      message: `J^T g of ${nodes[node]?.name} towards ${towards} is the first that is not finite, on the way back`,
    };
  }
  return undefined;
}

/** Whether J^T g is off from both slopes, and from all between them. */
export function differs({ got, low, high, tolerance }: Difference): boolean {
  if (Number.isNaN(got)) return true;
  const slack = tolerance + 1e-5 * Math.max(Math.abs(got), Math.abs(low), Math.abs(high));
  return got < low - slack || got > high + slack;
}

/** The two numbers, in words. */
export const told = ({ got, low, high, place }: Difference) =>
  `${short(got, 6)} at ${place}, where differences say ${short((low + high) / 2, 6)}`;

function wrongDerivatives({ nodes, edges, values }: GraphData, frame: FrameData): Flag[] {
  const atNodes = edges.flatMap(({ to }, i): Flag[] => {
    const found = frame.differences?.[i];
    if (found === undefined || !differs(found)) return [];
    return [{ kind: 'wrong derivative', node: to, message: `J^T g of ${nodes[to]?.name} is ${told(found)}` }];
  });
  // A wrong J^T g makes all behind it wrong as well: only the node that sent it is flagged.
  if (atNodes.length > 0) return atNodes;
  return values.flatMap(({ node }, i): Flag[] => {
    const found = frame.totals?.[i];
    if (found === undefined || !differs(found)) return [];
    return [
      { kind: 'wrong derivative', node, message: `the gradient of ${nodes[node]?.name} is ${told(found)}` },
    ];
  });
}

/** Gradients of weights beside the gradient at the last node that has one, which is the nearest to the loss. */
function gradientSizes(
  { nodes, values, loss }: GraphData,
  frame: FrameData,
  { exploding = 1000, vanishing = 1e-4 }: FlagLimits,
): Flag[] {
  const sizeOf = (value: number) => {
    const numbers = frame.gradients[value];
    return numbers === undefined ? undefined : rms(numbers);
  };
  const scalar = (value: number) => (values[value]?.shape.length ?? 0) === 0;
  const nearest = nodes
    .flatMap(({ kind, outputs }) => (kind === 'node' ? outputs : []))
    .filter((value) => value !== loss && !scalar(value) && (sizeOf(value) ?? 0) > 0)
    .at(-1);
  const reference = nearest === undefined ? undefined : sizeOf(nearest);
  if (reference === undefined) return [];
  return nodes.flatMap(({ kind, outputs, name }, node): Flag[] => {
    const [value = -1] = outputs;
    const size = sizeOf(value);
    if (kind !== 'weight' || size === undefined) return [];
    const ratio = size / reference;
    const words = `the gradient of ${name} has elements of ${short(size)}, ${short(ratio)} times those at the loss`;
    if (ratio > exploding) return [{ kind: 'exploding', node, message: words }];
    return ratio < vanishing ? [{ kind: 'vanishing', node, message: words }] : [];
  });
}

/** Units of functions of one operand through which nothing comes back: dead where their output is 0, else saturated. */
function units(graph: GraphData, frame: FrameData, { saturated = 0.01 }: FlagLimits): Flag[] {
  const { nodes, groups, values } = graph;
  const layers = groups.flatMap(({ kind }, i) => (kind === 'layer' ? [i] : []));
  const { items, edges } = fold(graph, new Set(layers));
  return items.flatMap(({ node, group, nodes: inside, outputs: [output = -1] }, i): Flag[] => {
    const whole = group === undefined ? nodes[node ?? -1] : groups[group];
    const [edge, ...others] = edges.filter(({ to }) => to === i);
    if (whole?.elementwise !== true || edge === undefined || others.length > 0) return [];
    if (values[edge.value]?.shape.join() !== values[output]?.shape.join()) return [];
    const back = summed(edge.edges.map((each) => frame.edges[each]));
    const [arriving, made, read] = [frame.gradients[output], frame.values[output], frame.values[edge.value]];
    if (!back || !arriving || !made || !read || back.rows < 2 || isLinear(back, arriving)) return [];
    const [dead, flat] = [[] as number[], [] as number[]];
    for (let unit = 0; unit < back.columns; unit++) {
      const [out, came] = [columnSize(back, unit), columnSize(arriving, unit)];
      // A unit that an infinity masks lets nothing through on purpose.
      if (came === 0 || out > saturated * came || !Number.isFinite(columnSize(read, unit))) continue;
      if (out === 0 && columnSize(made, unit) === 0) dead.push(unit);
      else flat.push(unit);
    }
    const flag = (kind: FlagKind, which: readonly number[], words: string): Flag[] =>
      which.length === 0
        ? []
        : [
            {
              kind,
              node: inside.at(-1) ?? -1,
              message: `${which.length} of ${back.columns} units of ${whole.name} ${words}: ${list(which)}`,
            },
          ];
    return [
      ...flag('dead', dead, 'give 0 for every sample and let nothing back'),
      ...flag('saturated', flat, `have a slope of at most ${saturated}`),
    ];
  });
}

/** Whether one factor takes what arrives to what goes back. */
function isLinear(back: Numbers, arriving: Numbers): boolean {
  const place = Array.from(arriving.sample).findIndex((g) => g !== 0);
  const factor = (back.sample[place] ?? 0) / (arriving.sample[place] ?? 1);
  if (place < 0 || factor === 0) return false;
  return Array.from(back.sample).every((x, i) => {
    const expected = factor * (arriving.sample[i] ?? 0);
    return Math.abs(x - expected) <= 1e-6 * Math.abs(expected);
  });
}

function columnSize({ sample, rows, columns }: Numbers, column: number): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += Math.abs(sample[row * columns + column] ?? 0);
  return sum;
}

const list = (units: readonly number[]) =>
  units.length > 8 ? `${units.slice(0, 8).join(', ')} and ${units.length - 8} more` : units.join(', ');

/** Weights that are as they were at the frame before, though steps were made. */
function still({ nodes }: GraphData, frames: readonly FrameData[], { moved = 1e-7 }: FlagLimits): Flag[] {
  const [before, now] = frames.slice(-2);
  if (before === undefined || now === undefined || now.step <= before.step) return [];
  return nodes.flatMap(({ kind, outputs, name }, node): Flag[] => {
    const [value = -1] = outputs;
    const [old, next] = [before.values[value], now.values[value]];
    if (kind !== 'weight' || old === undefined || next === undefined || next.count === 0) return [];
    let [change, size] = [0, 0];
    for (let i = 0; i < next.sample.length; i++) {
      change = Math.max(change, Math.abs((next.sample[i] ?? 0) - (old.sample[i] ?? 0)));
      size = Math.max(size, Math.abs(next.sample[i] ?? 0));
    }
    if (change > moved * size) return [];
    const none = (now.gradients[value]?.norm ?? 0) === 0;
    const why = none
      ? 'its gradient is 0'
      : 'it has a gradient: it is frozen, or its learning rate is too small';
    const steps = now.step - before.step;
    return [{ kind: 'not moving', node, message: `${name} has not changed in ${steps} steps; ${why}` }];
  });
}

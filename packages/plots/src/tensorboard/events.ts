import { Message, recordOf } from './wire.ts';

/** The first record of an event file: which version it is. */
export function headerRecord(seconds: number): Uint8Array {
  return recordOf(new Message().double(1, seconds).text(3, 'brain.Event:2').done());
}

/** Numbers by tag at a step. */
export function scalarsRecord(
  seconds: number,
  step: number,
  scalars: Readonly<Record<string, number>>,
): Uint8Array {
  const summary = new Message();
  for (const [tag, value] of Object.entries(scalars))
    summary.message(1, new Message().text(1, tag).float(2, value));
  return eventOf(seconds, step, summary);
}

/** Distributions by tag at a step. Numbers that are not finite are left out. */
export function histogramsRecord(
  seconds: number,
  step: number,
  tensors: Readonly<Record<string, ArrayLike<number>>>,
): Uint8Array {
  const summary = new Message();
  for (const [tag, numbers] of Object.entries(tensors))
    summary.message(1, new Message().text(1, tag).message(5, histogram(numbers)));
  return eventOf(seconds, step, summary);
}

function eventOf(seconds: number, step: number, summary: Message): Uint8Array {
  return recordOf(new Message().double(1, seconds).varint(2, step).message(5, summary).done());
}

const bins = 30;

/** HistogramProto: extremes, sums, and how many lie below each limit. Source: TensorFlow, core/framework/summary.proto. */
function histogram(numbers: ArrayLike<number>): Message {
  const finite = Array.from({ length: numbers.length }, (_, i) => Number(numbers[i])).filter(Number.isFinite);
  const [least, most] = finite.reduce(
    ([low, high], x) => [Math.min(low, x), Math.max(high, x)],
    [Infinity, -Infinity],
  );
  const [low, high] = finite.length === 0 ? [0, 0] : [least, most];
  const width = (high - low) / bins || 1;
  const counts = new Array<number>(bins).fill(0);
  for (const x of finite) {
    const bin = Math.min(bins - 1, Math.floor((x - low) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const limits = counts.map((_, i) => low + (i + 1) * width);
  return new Message()
    .double(1, low)
    .double(2, high)
    .double(3, finite.length)
    .double(
      4,
      finite.reduce((sum, x) => sum + x, 0),
    )
    .double(
      5,
      finite.reduce((sum, x) => sum + x * x, 0),
    )
    .doubles(6, limits)
    .doubles(7, counts);
}

/** A graph of nodes with the names of those that they read, as TensorBoard draws it. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
}

/** The record of a graph. Source: TensorFlow, core/framework/graph.proto. */
export function graphRecord(seconds: number, nodes: readonly GraphNode[]): Uint8Array {
  const graph = new Message();
  for (const { name, op, inputs } of nodes) {
    const node = new Message().text(1, name).text(2, op);
    for (const input of inputs) node.text(3, input);
    graph.message(1, node);
  }
  graph.message(4, new Message().varint(1, 22));
  return recordOf(new Message().double(1, seconds).bytes(4, graph.done()).done());
}

import type { Metric } from '@pullback/core';
import type { Head } from '../definition/outputs.ts';

/** A metric of one output. */
export interface Watched {
  readonly metric: Metric;
  readonly head: number;
  /** The name of the figure: the metric's, after that of the output where there are several. */
  readonly figure: string;
  /** The name of its sums: metrics count by reference, so two of one name do not share them. */
  readonly total: string;
}

const ids = new WeakMap<Metric, number>();
let count = 0;

export function watch(metric: Metric, head: number, heads: readonly Head[]): Watched {
  const id = ids.get(metric) ?? count++;
  ids.set(metric, id);
  const { name = '' } = heads[head] ?? {};
  const figure = name === '' ? metric.name : `${name} ${metric.name}`;
  return { metric, head, figure, total: `metric/${head}/${id}` };
}

/** The name of the sum of an output's errors. */
export function lossTotal(head: number): string {
  return `loss/${head}`;
}

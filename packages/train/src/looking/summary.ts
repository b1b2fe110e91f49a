import { formatShape, sizeOf } from '@pullback/core';
import type { Walk } from '../definition/walk.ts';
import { table } from './table.ts';

/** A table of every layer: path, kind, output shape of one sample batch, weights of its own. */
export function summaryOf(walk: Walk): string {
  const parameters = [...walk.parameters.values()];
  const own = new Map<string, number>();
  for (const { path, value } of parameters) {
    const layer = path.slice(0, path.lastIndexOf('/'));
    own.set(layer, (own.get(layer) ?? 0) + sizeOf(value.shape));
  }
  const rows = walk.applications.map(({ path, kind, outputs }) => [
    path,
    kind,
    outputs.map(({ shape }) => formatShape(shape)).join(' '),
    String(own.get(path) ?? 0),
  ]);
  const total = parameters.reduce((n, { value }) => n + sizeOf(value.shape), 0);
  const learned = walk.learned.reduce((n, { value }) => n + sizeOf(value.shape), 0);
  const frozen = learned === total ? '' : `, ${total - learned} of them frozen`;
  return `${table(['path', 'layer', 'output', 'weights'], rows)}\n${total} weights${frozen}`;
}

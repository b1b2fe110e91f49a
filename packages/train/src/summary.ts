import { formatShape, sizeOf } from '@pullback/core';
import type { Walk } from './scope.ts';
import { table } from './table.ts';

/** A table of every layer: path, kind, output shape of one sample batch, weights of its own. */
export function summaryOf(walk: Walk): string {
  const parameters = [...walk.parameters.values()];
  const own = (path: string) =>
    parameters
      .filter((parameter) => parameter.path.slice(0, parameter.path.lastIndexOf('/')) === path)
      .reduce((n, { value }) => n + sizeOf(value.shape), 0);
  const rows = walk.applications.map(({ path, kind, outputs }) => [
    path,
    kind,
    outputs.map(({ shape }) => formatShape(shape)).join(' '),
    String(own(path)),
  ]);
  const total = parameters.reduce((n, { value }) => n + sizeOf(value.shape), 0);
  const learned = walk.learned.reduce((n, { value }) => n + sizeOf(value.shape), 0);
  const frozen = learned === total ? '' : `, ${total - learned} of them frozen`;
  return `${table(['path', 'layer', 'output', 'weights'], rows)}\n${total} weights${frozen}`;
}

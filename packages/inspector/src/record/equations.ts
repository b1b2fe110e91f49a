import type { Composite, Labels, Value, Vertex } from '@pullback/core';
import { repeats } from './text.ts';

/** The roles that an equation depends on, beside the vertex. */
export interface Roles {
  readonly isWeight: (value: Value) => boolean;
  /** Whether no weight of that kind stands nearer to the loss. */
  readonly isLast: (value: Value) => boolean;
}

/** The errors of the report, by the names of our losses: the function, and what goes back to the prediction. */
const losses: Readonly<Record<string, readonly [forward: string, back: string]>> = {
  halfSquaredError: ['3.2.1', '3.2.1'],
  binaryCrossEntropy: ['3.2.2', '(3.6)'],
  sigmoidBinaryCrossEntropy: ['3.2.2', '(3.7)'],
  categoricalCrossEntropy: ['3.2.3', '(3.8)'],
  softmaxCrossEntropy: ['3.2.3', '(3.9)'],
};

export const lossEquation = (name: string): string => losses[name]?.[0] ?? '';

/** J^T g towards the prediction of a composite that opens: of a loss that reads logits in the place of probabilities that of both together. */
export function groupEquation({ name, detour }: Composite): string {
  const linked =
    detour === undefined ? undefined : { binaryCrossEntropy: '(3.7)', categoricalCrossEntropy: '(3.9)' };
  return (linked !== undefined && Reflect.get(linked, name)) || losses[name]?.[1] || '';
}

const linkOf = ({ node }: Vertex) => (node.kind === 'composite' ? node.inverseLink : undefined);

export function isElementwise({ node }: Vertex): boolean {
  return node.kind === 'composite' ? node.mixes?.length === 0 : node.form?.kind === 'elements';
}

const labelsOf = ({ node, attributes }: Vertex): Labels | undefined =>
  node.kind !== 'composite' && node.form?.kind === 'contract' ? node.form.labels(attributes) : undefined;

export const isProduct = (vertex: Vertex): boolean => labelsOf(vertex) !== undefined;

const moving = ({ inputs }: Vertex) => inputs.filter(({ vertex }) => !vertex.constant);

/** The equation of the report that a vertex is, by its structure; '' where it is none. */
export function equationOf(vertex: Vertex, { isWeight }: Roles): string {
  const link = linkOf(vertex);
  if (link !== undefined) return link.name === 'softmax' ? '(3.4)' : '3.1.1';
  if (vertex.node.name in losses) return lossEquation(vertex.node.name);
  if (labelsOf(vertex) !== undefined) {
    const [a, b] = vertex.inputs;
    if (b !== undefined && isWeight(b)) return '4.2';
    return a !== undefined && isWeight(a) ? '(2.1), 4.1' : '';
  }
  if (!isElementwise(vertex)) return '';
  if (moving(vertex).length === 1) return '(3.1)';
  return vertex.inputs.some(({ vertex: behind }) => behind.inputs.some((x) => isWeight(x) && repeats(behind)))
    ? '(2.7)'
    : '';
}

/** The equation of J^T g towards an operand. */
export function edgeEquation(vertex: Vertex, input: Value, { isWeight, isLast }: Roles): string {
  const link = linkOf(vertex);
  if (link !== undefined) return link.name === 'softmax' ? '(3.5), 4.3' : '(3.2), (3.3)';
  if (vertex.node.name in losses) return losses[vertex.node.name]?.[1] ?? '';
  if (labelsOf(vertex) !== undefined) {
    if (!isWeight(input)) return '(2.3), 4.1';
    return isLast(input) ? '(2.5)' : '(2.6)';
  }
  if (repeats(vertex) && isWeight(input)) return isLast(input) ? '(2.9), 4.2' : '(2.10), 4.2';
  if (isElementwise(vertex) && moving(vertex).length === 1) return '(3.2)';
  return '(1.2)';
}

import { emitInOrder, type Operation, type Scalar } from '@pullback/core';

/** `cheap`: computed again costs less than read from memory; `dear`: kept costs less than computed again. */
export type Cost = 'cheap' | 'plain' | 'dear';

const costs = new WeakMap<Scalar, Cost>();

const slow: ReadonlySet<Operation> = new Set(['div', 'rest', 'host', 'rarely', 'turns', 'turned']);
const plain: ReadonlySet<Operation> = new Set([
  ...(['sqrt', 'floor', 'ceil', 'nearest', 'trunc', 'scale', 'madd', 'nmadd', 'count'] as const),
]);
/** So many operations are dear together, and so few are cheap. */
const many = 16;
const few = 8;

/** How a formula compares with memory. */
export function costOf(formula: Scalar): Cost {
  const known = costs.get(formula);
  if (known !== undefined) return known;
  const found: Operation[] = [];
  const count = ({ operation }: Scalar): void => {
    if (operation !== 'operand' && operation !== 'number') found.push(operation);
  };
  emitInOrder(formula, {
    emit: count,
    branch: (scalar, rare) => {
      count(scalar);
      rare();
    },
  });
  const isDear = found.length > many || found.some((operation) => slow.has(operation));
  const isCheap = found.length <= few && !found.some((operation) => plain.has(operation));
  const cost = isDear ? 'dear' : isCheap ? 'cheap' : 'plain';
  costs.set(formula, cost);
  return cost;
}

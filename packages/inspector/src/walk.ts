import type { Folded } from './folding.ts';

/** How far the walk is: an item, on the way there or on the way back. */
export interface Stop {
  readonly item: number;
  readonly pass: 'forward' | 'backward';
}

/**
 * Forward through all items, then back through those that a gradient comes to, one J^T at a time. (1.3, 1.4)
 * @param returns whether anything comes back to an item.
 */
export function walkOf({ items }: Folded, returns: (item: number) => boolean): Stop[] {
  const order = items.map((_, i) => i);
  const back = order.filter(returns).reverse();
  return [
    ...order.map((item) => ({ item, pass: 'forward' as const })),
    ...back.map((item) => ({ item, pass: 'backward' as const })),
  ];
}

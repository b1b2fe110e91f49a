import { field } from '@pullback/core';

export interface WeightedOptions {
  /** Whether samples count by their weights, where they have some; false when left out. */
  readonly weighted?: boolean;
}

export const weightedFields = { weighted: field.flag() };

/** The name of the figure: one that counts weights may stand beside one that does not. */
export function named(name: string, { weighted = false }: WeightedOptions): string {
  return weighted ? `weighted ${name}` : name;
}

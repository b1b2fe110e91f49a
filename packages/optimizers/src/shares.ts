import { field } from '@pullback/core';

/** A share of an average, or of the last change, that is kept. */
export const share = field.number({ from: 0, below: 1 });

/** A number that keeps a divisor from 0, that a sum starts from, a decay. */
export const from0 = field.number({ from: 0 });

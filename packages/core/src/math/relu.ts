import { defineActivation } from '../graph/define-activation.ts';
import { lessEqual } from '../ops/comparisons.ts';
import { select } from '../ops/select.ts';

/** max(x, 0); the derivative at 0 is 0, and NaN stays NaN. */
export const relu = defineActivation('relu', (x) => select(lessEqual(x, 0), 0, x));

import { erf } from './erf.ts';
import { exp } from './exp.ts';
import { expm1 } from './expm1.ts';
import { log } from './log.ts';
import { log1p } from './log1p.ts';
import { pow } from './pow.ts';
import { tanh } from './tanh.ts';
import { cos, sin } from './trigonometric.ts';

/** Elementary functions of numbers in float64: what the primitives of the same names compute, the same bits on every engine. */
export const elementary = { exp, expm1, log, log1p, tanh, sin, cos, erf, pow } as const;

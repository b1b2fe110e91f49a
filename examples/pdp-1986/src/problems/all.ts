import type { Simulation } from '../simulation.ts';
import { addition, plainAddition, slowAddition } from './addition.ts';
import { encoder, narrowEncoder } from './encoder.ts';
import { negation, plainNegation } from './negation.ts';
import { parity, parityPerSweep } from './parity.ts';
import { sequence } from './sequence.ts';
import { shiftRegisters } from './shift-register.ts';
import { product } from './sigma-pi.ts';
import { symmetry } from './symmetry.ts';
import { tc, tcNarrow } from './t-c.ts';
import { xor, xorHidden, xorMinimum, xorSmallStart } from './xor.ts';

/** Every simulation of the chapter, in its order. */
export const simulations: readonly Simulation[] = [
  xor,
  xorMinimum,
  xorSmallStart,
  ...xorHidden,
  parity,
  parityPerSweep,
  encoder,
  narrowEncoder,
  symmetry,
  addition,
  slowAddition,
  plainAddition,
  negation,
  plainNegation,
  tc,
  tcNarrow,
  product,
  ...shiftRegisters,
  sequence,
];

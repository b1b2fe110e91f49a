import type { Simulation } from '../simulation.ts';
import { xor } from './xor.ts';

/** Every simulation of the chapter, in its order. */
export const simulations: readonly Simulation[] = [xor];

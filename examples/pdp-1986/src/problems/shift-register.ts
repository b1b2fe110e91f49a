import { concatenate, defineLayer, type Value } from 'pullback';
import type { Simulation } from '../simulation.ts';
import { goal, strings } from './patterns.ts';
import { units } from './units.ts';

const shifted = (bits: readonly number[]): number[] => [...bits.slice(1), ...bits.slice(0, 1)];

/** A ring of units that hands its pattern on, unrolled over two steps of time. */
function shiftRegister(size: number): Simulation {
  const inputs = strings(size);
  return {
    name: `shift-register-${size}`,
    title: `Shift register, ${size} units, unrolled in time`,
    about:
      'Units that are all linked to each other are set to a pattern. After one step of time they are to show it one place further to the left, and after two steps two places; a bit that leaves on the left comes in on the right. The same weights are used in every step.',
    network: (start) => {
      const ring = units(size, 'ring', start);
      return defineLayer('shift-register', (scope, x: Value) => {
        const once = scope.apply(ring, x);
        return concatenate([once, scope.apply(ring, once)]);
      });
    },
    patterns: {
      inputs,
      targets: inputs.map((bits) => [...shifted(bits), ...shifted(shifted(bits))].map(goal)),
    },
    learning: { rate: 0.5, limit: 5_000 },
    seeds: 30,
    published: 'fewer than 200 sweeps (third-party notes)',
    wiring: [{ layer: 'ring', from: names(size), to: names(size) }],
  };
}

const names = (size: number): string[] => Array.from({ length: size }, (_, i) => `u${i + 1}`);

export const shiftRegisters: readonly Simulation[] = [shiftRegister(3), shiftRegister(5)];

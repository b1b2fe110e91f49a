// The same as child.ts, in a page: requests come from the driver of the browser.
import { countGpu, countWasm } from './counting.ts';
import type { Counters } from './library.ts';
import { answer, type Calls, type Request } from './protocol.ts';
import { Session } from './session.ts';

const session = new Session();
let counters: () => Counters = () => ({});

const calls: Calls = {
  start: async (library, name, setting, counted) => {
    if (counted === 'calls') counters = setting.backend === 'webgpu' ? countGpu(globalThis) : countWasm();
    // jax-js takes as many threads as there are cores
    Object.defineProperty(navigator, 'hardwareConcurrency', { value: setting.threads });
    return session.start(library, name, setting);
  },
  warmUp: (milliseconds) => session.warmUp(milliseconds),
  turn: (milliseconds) => session.turn(milliseconds),
  figures: () => session.figures(),
  count: (steps) => session.count(steps, counters),
  peak: async () => Number.NaN, // a page does not know what its process holds
};

Object.assign(globalThis, { bench: (request: Request) => answer(calls, request) });

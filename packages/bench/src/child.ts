// A process of one library: does what it is asked over IPC, one request after the other.
import { countGpu, countWasm } from './counting.ts';
import type { Counters } from './library.ts';
import { answer, type Calls, type Counted, type Request } from './protocol.ts';
import { Session } from './session.ts';
import { provideWebGpu } from './webgpu-in-node.ts';

const session = new Session();
let counters: () => Counters = () => ({});

const calls: Calls = {
  start: async (library, name, setting, counted) => {
    if (setting.backend === 'webgpu') await provideWebGpu();
    if (counted !== undefined) counters = countersFor(counted, setting.backend === 'webgpu');
    return session.start(library, name, setting);
  },
  warmUp: (milliseconds) => session.warmUp(milliseconds),
  turn: (milliseconds) => session.turn(milliseconds),
  figures: () => session.figures(),
  count: (steps) => session.count(steps, counters),
  peak: async () => process.resourceUsage().maxRSS / 1024,
};

function countersFor(counted: Counted, webgpu: boolean): () => Counters {
  if (counted === 'calls') return webgpu ? countGpu(globalThis) : countWasm();
  return () => ({ heapBytes: process.memoryUsage().heapUsed });
}

process.on('message', async (request: Request) => {
  process.send?.(await answer(calls, request));
});
process.on('disconnect', () => process.exit(0));

// A process of one library: does what it is asked over IPC, one request after the other.
import { countGpu, countWasm } from './counting.ts';
import type { Counters } from './library.ts';
import type { Calls, Counted, Request } from './protocol.ts';
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
  return () => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return { allocatedBytes: heapUsed + arrayBuffers };
  };
}

function answer(request: Request): Promise<unknown> {
  switch (request.kind) {
    case 'start':
      return calls.start(...request.args);
    case 'warmUp':
      return calls.warmUp(...request.args);
    case 'turn':
      return calls.turn(...request.args);
    case 'count':
      return calls.count(...request.args);
    case 'figures':
      return calls.figures();
    case 'peak':
      return calls.peak();
  }
}

process.on('message', async (request: Request) => {
  try {
    process.send?.({ result: await answer(request) });
  } catch (failure) {
    process.send?.({ failure: failure instanceof Error ? failure.message : String(failure) });
  }
});
process.on('disconnect', () => process.exit(0));

// A process of one library: does what it is asked over IPC, one request after the other.
import type { Request } from './protocol.ts';
import { Session } from './session.ts';

const session = new Session();

async function answer(request: Request): Promise<unknown> {
  switch (request.kind) {
    case 'start':
      return session.start(...request.args);
    case 'warmUp':
      return session.warmUp(...request.args);
    case 'turn':
      return session.turn(...request.args);
    case 'count':
      return session.count(...request.args);
    case 'figures':
      return session.figures();
    case 'peak':
      return process.resourceUsage().maxRSS / 1024;
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

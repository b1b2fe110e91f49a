import type { CaseName } from './cases.ts';
import type { Counters, Setting } from './library.ts';
import type { LibraryName, Session } from './session.ts';

/** The kinds of things that a process counts besides, none for free: calls into WebAssembly or WebGPU, or the bytes of new JavaScript objects. */
export type Counted = 'calls' | 'bytes';

/** The calls that a process answers: those of a session, and the most memory that the process has held, in MiB. */
export interface Calls extends Pick<Session, 'warmUp' | 'turn' | 'figures'> {
  start(
    library: LibraryName,
    name: CaseName,
    setting: Setting,
    counted?: Counted,
  ): ReturnType<Session['start']>;
  count(steps: number): Promise<Counters>;
  peak(): Promise<number>;
}

export type Kind = keyof Calls;

export type Request = { [K in Kind]: { readonly kind: K; readonly args: Parameters<Calls[K]> } }[Kind];

export type Reply<K extends Kind> =
  | { readonly result: Awaited<ReturnType<Calls[K]>> }
  | { readonly failure: string };

/** Does what is asked, and says what went wrong where something did. */
export async function answer(calls: Calls, request: Request): Promise<Reply<Kind>> {
  try {
    return { result: await call(calls, request) };
  } catch (failure) {
    return { failure: failure instanceof Error ? failure.message : String(failure) };
  }
}

function call(calls: Calls, request: Request): Promise<Awaited<ReturnType<Calls[Kind]>>> {
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

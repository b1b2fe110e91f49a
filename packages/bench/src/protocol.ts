import type { Session } from './session.ts';

/** What can be asked of a process: what a session does, and the most memory that the process has held, in MiB. */
export type Calls = Pick<Session, 'start' | 'warmUp' | 'turn' | 'count' | 'figures'> & {
  peak(): Promise<number>;
};

export type Kind = keyof Calls;

export type Request = { [K in Kind]: { readonly kind: K; readonly args: Parameters<Calls[K]> } }[Kind];

export type Reply<K extends Kind> =
  | { readonly result: Awaited<ReturnType<Calls[K]>> }
  | { readonly failure: string };

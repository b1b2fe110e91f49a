import { type Backend, UnknownNameError } from '@pullback/core';

/** The backends that are loaded when they are named. */
const loaders = {
  cpu: async () => (await import('@pullback/backend-cpu')).cpu(),
} as const satisfies Record<string, () => Promise<Backend>>;

/** `auto` is the fastest that the machine has; for now there is the reference backend alone. */
export type BackendName = keyof typeof loaders | 'auto';

/** The backend of that name, loaded; an object is taken as it is. @throws UnknownNameError */
export async function backendOf(named: Backend | BackendName): Promise<Backend> {
  if (typeof named !== 'string') return named;
  if (named === 'auto') return loaders.cpu();
  const load = Object.hasOwn(loaders, named) ? loaders[named] : undefined;
  if (load === undefined) throw new UnknownNameError('backend', named, [...Object.keys(loaders), 'auto']);
  return load();
}

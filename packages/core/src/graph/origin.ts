/** Which of the three walks of a training step made a vertex. */
export type Pass = 'forward' | 'backward' | 'update';

/**
 * Where a vertex comes from: the path of the layer and the names of the nodes around it, such as
 * `network/0/matmul`, and the pass. A label for people: nothing computes with it.
 */
export interface Origin {
  readonly path: string;
  readonly pass: Pass;
}

// Building a graph is synchronous, so the label that is in force is a variable of the call stack; it
// carries no meaning, only names for errors, listings and the hunt for NaN.
let current: Origin = { path: '', pass: 'forward' };

export function currentOrigin(): Origin {
  return current;
}

/** The current origin in words, '' at the top. */
export function whereabouts(): string {
  return describeOrigin(current);
}

export function describeOrigin({ path, pass }: Origin): string {
  return pass === 'forward' || path === '' ? path : `${path} (${pass})`;
}

/** Where several vertices come from, in words: the first four places, and how many more there are. */
export function describeOrigins(origins: readonly Origin[]): string {
  const named = [...new Set(origins.map(describeOrigin))].filter((origin) => origin !== '');
  return named.length > 4 ? `${named.slice(0, 4).join(', ')} and ${named.length - 4} more` : named.join(', ');
}

/** Runs `make`; the vertices that it makes are labelled with `origin`. */
export function labelled<T>(origin: Origin, make: () => T): T {
  const outer = current;
  current = origin;
  try {
    return make();
  } finally {
    current = outer;
  }
}

/** The origin that `within` added the last segment to. */
export function parentOf({ path, pass }: Origin): Origin {
  return { path: path.slice(0, Math.max(0, path.lastIndexOf('/'))), pass };
}

/** Runs `make` with `segment` added to the path. */
export function within<T>(segment: string, make: () => T): T {
  const { path, pass } = current;
  return labelled({ path: path === '' ? segment : `${path}/${segment}`, pass }, make);
}

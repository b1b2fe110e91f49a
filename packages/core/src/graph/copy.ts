import { TwoCopiesError } from '../errors.ts';

/** The version in package.json, written here when the package is built. */
declare const PULLBACK_VERSION: string;

const version = typeof PULLBACK_VERSION === 'string' ? PULLBACK_VERSION : 'from source';

/** A copy of the package, of which an application may have loaded several; each is one object. */
export interface Copy {
  readonly description: string;
}

export const thisCopy: Copy = { description: `@pullback/core ${version} (${import.meta.url})` };

/** Under this name, which all copies share, a thing says which copy made it. */
export const madeBy: symbol = Symbol.for('@pullback/core made by');

/** @throws TwoCopiesError for a thing that another copy of this package made. */
export function refuseOtherCopy(what: string, candidate: unknown): void {
  const copy: unknown =
    typeof candidate === 'object' && candidate !== null ? Reflect.get(candidate, madeBy) : undefined;
  if (copy === thisCopy || typeof copy !== 'object' || copy === null || !('description' in copy)) return;
  throw new TwoCopiesError({
    got: `${what} of ${String(copy.description)}`,
    expected: `one of ${thisCopy.description}`,
    hint:
      copy.description === thisCopy.description
        ? 'The same file was loaded twice, by import and by require or by two loaders: use one of them.'
        : "Two copies of the package are loaded, and their graphs cannot be joined. 'npm ls @pullback/core' shows who brings them; 'npm dedupe' or an entry in 'overrides' leaves one.",
  });
}

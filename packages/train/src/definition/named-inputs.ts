import { DataError, type TensorLike } from '@pullback/core';

/** One input, or several by name. */
export type Inputs = TensorLike | Readonly<Record<string, TensorLike>>;

/** The target of the only output, or of several by name. */
export type Targets = Inputs;

type Named = Readonly<Record<string, TensorLike>>;

/**
 * The value for each of `names`; one without names is the only one.
 * @throws DataError where one is missing.
 */
export function byName(
  x: Inputs,
  names: readonly string[],
  what: 'input' | 'target',
): ReadonlyMap<string, TensorLike> {
  const [only, ...others] = names;
  if (!isNamed(x, names)) {
    if (only === undefined || others.length > 0)
      throw new DataError({ got: `one ${what}`, expected: `an object with ${names.join(', ')}` });
    return new Map([[only, x]]);
  }
  const missing = names.filter((name) => own(x, name) === undefined);
  if (missing.length > 0)
    throw new DataError({
      got: `${what}s ${Object.keys(x).join(', ')}`,
      expected: only === '' ? `one ${what}, not an object of several` : `also ${missing.join(', ')}`,
    });
  return new Map(names.map((name) => [name, own(x, name) ?? []]));
}

/** The tensor-like of that name, of `names`; what has no names is the only one. */
export function likeOf(x: Inputs, name: string, names: readonly string[]): TensorLike | undefined {
  return isNamed(x, names) ? own(x, name) : x;
}

function own(x: Named, name: string): TensorLike | undefined {
  return Object.hasOwn(x, name) ? x[name] : undefined;
}

/**
 * Whether data are an object of several by name. Names may be those of a tensor's or an image's properties: then it is by name where it has
 * all of `names` and nothing else.
 */
export function isNamed(x: Inputs, names: readonly string[] = []): x is Named {
  if (typeof x !== 'object' || x === null || Array.isArray(x) || ArrayBuffer.isView(x)) return false;
  if (!('data' in x && ('shape' in x || ('width' in x && 'height' in x)))) return true;
  const keys = Object.keys(x);
  return keys.length > 0 && keys.length === names.length && keys.every((key) => names.includes(key));
}

import { OptionError } from '../errors.ts';
import { Value } from '../graph/value.ts';

/** A Value, or several by place or by name. */
export type Values = Value | readonly Value[] | { readonly [name: string]: Value };

/** The Values of a structure, in order. @throws OptionError for what is none. */
export function listed(tree: Values, what: string): Value[] {
  const list: readonly unknown[] =
    tree instanceof Value ? [tree] : isPlain(tree) ? Object.values(tree) : [tree];
  const flat = list.flat();
  if (flat.every((value) => value instanceof Value)) return flat;
  throw new OptionError({
    got: `${what} that are no Values`,
    expected: 'a Value, an array of Values or an object of Values',
    hint: 'constant(x) makes a Value of numbers.',
  });
}

/** The structure of `like` with other Values. */
export function arranged<T extends Values>(like: T, values: readonly Value[]): T {
  const made = like instanceof Value ? values[0] : isPlain(like) ? named(like, values) : values;
  return made as T;
}

/** The Values of `tree` in the order of the names of `like`. @throws OptionError where the structures differ. */
export function listedAs(tree: Values, like: Values, what: string): Value[] {
  const [own, wanted] = [shapeOf(tree), shapeOf(like)];
  if ([...own].sort().join() !== [...wanted].sort().join())
    throw new OptionError({ got: `${what}: ${own.join(', ')}`, expected: wanted.join(', ') });
  const values = new Map(listed(tree, what).map((value, i) => [own[i], value]));
  return wanted.flatMap((name) => values.get(name) ?? []);
}

function named(like: object, values: readonly Value[]): object {
  return Object.fromEntries(Object.keys(like).map((name, i) => [name, values[i]]));
}

/** The names of the Values of a structure. */
function shapeOf(tree: Values): string[] {
  if (tree instanceof Value) return ['a Value'];
  return isPlain(tree) ? Object.keys(tree) : listed(tree, 'Values').map((_, i) => `[${i}]`);
}

function isPlain(tree: unknown): tree is Readonly<Record<string, Value>> {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree) && !(tree instanceof Value);
}

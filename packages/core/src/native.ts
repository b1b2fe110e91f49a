import type { Primitive } from './node.ts';

const natives = new WeakSet<object>();

/** Says that a primitive is the core's own: compilers know what it means by its name. */
export function native<P extends object>(primitive: P): P {
  natives.add(primitive);
  return primitive;
}

/**
 * The name of a primitive of the core, undefined for any other: a primitive of a plugin may have the same name and another meaning, so it is
 * the object that counts.
 */
export function coreNameOf(primitive: Primitive): string | undefined {
  return natives.has(primitive) ? primitive.name : undefined;
}

import type { Attributes } from '../graph/attributes.ts';

/** Attributes in writing: numbers as they are told apart, NaN, infinities and -0 included; nothing where there are none. */
export function attributesKey(attributes: Attributes): string {
  for (const _ in attributes)
    return JSON.stringify(attributes, (_name, value: unknown) =>
      typeof value === 'number' ? `${Object.is(value, -0) ? '-0' : value}` : value,
    );
  return '';
}

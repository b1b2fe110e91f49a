import { nearest, OptionError } from '../errors.ts';
import { type Fields, isPlain, type OptionsOf, type Refused, shown } from './field.ts';

/**
 * The options that were given to `where`, such as `fit` or `layer 'dense'`, checked: every name is among `fields`, every value is one that its
 * field takes, whatever must be given is there. `undefined` is left out.
 * @param at where in a model or spec; where the graph is being built when left out.
 * @throws OptionError that names the nearest option, or the values that are taken.
 */
export function checkOptions<F extends Fields>(
  where: string,
  given: unknown,
  fields: F,
  at?: string,
): OptionsOf<F> {
  const place = at === undefined ? {} : { at };
  const options: unknown = given ?? {};
  const missing = given === undefined && Object.values(fields).some(({ needed }) => needed);
  if (given === null || missing || !isPlain(options))
    throw new OptionError({ got: shown(given), expected: `an object of options for ${where}`, ...place });
  const names = Object.keys(fields);
  const unknown = Object.keys(options).filter((name) => !Object.hasOwn(fields, name));
  if (unknown.length > 0) {
    const near = unknown.flatMap((name) => meant(name, names) ?? []);
    throw new OptionError({
      got:
        `${where} has no option${unknown.length > 1 ? 's' : ''} ${quoted(unknown)}.` +
        (near.length > 0 ? ` Did you mean ${quoted(near)}?` : ''),
      hint: names.length === 0 ? 'It takes none.' : `It takes ${[...names].sort().join(', ')}.`,
      ...place,
    });
  }
  for (const [name, field] of Object.entries(fields)) {
    const value = options[name];
    if (value === undefined && !field.needed) continue;
    const wrong: Refused | undefined =
      value === undefined ? { place: '', got: 'nothing', expected: field.expected } : field.refuse(value);
    if (wrong === undefined) continue;
    const { got, expected, hint } = wrong;
    throw new OptionError({
      got,
      expected: `${expected} as '${name}${wrong.place}' of ${where}`,
      ...(hint !== undefined && { hint }),
      ...place,
    });
  }
  return options as OptionsOf<F>;
}

/** The option that a name stands for: the only one that it is a part of, one whose words it abbreviates (`lr`), or the nearest. */
function meant(name: string, names: readonly string[]): string | undefined {
  const low = name.toLowerCase();
  const within = (part: string, whole: string) => part.length > 2 && whole.includes(part);
  const parts = names.filter((each) => within(low, each.toLowerCase()) || within(each.toLowerCase(), low));
  if (parts.length === 1) return parts[0];
  const short = (each: string) => (each[0] ?? '') + each.replace(/[^A-Z]/g, '').toLowerCase();
  return names.find((each) => low.length > 1 && short(each) === low) ?? nearest(name, names);
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}

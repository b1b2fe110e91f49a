import { type Complaint, nearest, OptionError } from '../errors.ts';
import { type Fields, faultOf, isPlain, type OptionsOf, shown } from './field.ts';

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
  const options: unknown = given ?? {};
  if (given !== null && isPlain(options) && fits(options, fields)) return options;
  throw new OptionError({ ...complaintOf(where, given, fields), ...(at !== undefined && { at }) });
}

/** Whether nothing is wrong: ops ask for every call, so it makes nothing. */
function fits<F extends Fields>(
  options: Readonly<Record<string, unknown>>,
  fields: F,
): options is OptionsOf<F> {
  for (const name in options) if (!Object.hasOwn(fields, name)) return false;
  return faultOf(options, fields) === undefined;
}

function complaintOf(where: string, given: unknown, fields: Fields): Omit<Complaint, 'at'> {
  const options: unknown = given ?? {};
  const missing = given === undefined && Object.values(fields).some(({ needed }) => needed);
  if (given === null || missing || !isPlain(options))
    return { got: shown(given), expected: `an object of options for ${where}` };
  const names = Object.keys(fields);
  const unknown: string[] = [];
  for (const name in options) if (!Object.hasOwn(fields, name)) unknown.push(name);
  if (unknown.length > 0) {
    const near = unknown.flatMap((name) => meant(name, names) ?? []);
    const question = near.length > 0 ? ` Did you mean ${quoted(near)}?` : '';
    return {
      got: `${where} has no option${unknown.length > 1 ? 's' : ''} ${quoted(unknown)}.${question}`,
      hint: names.length === 0 ? 'It takes none.' : `It takes ${[...names].sort().join(', ')}.`,
    };
  }
  const { place = '', expected = '', ...more } = faultOf(options, fields) ?? { got: '' };
  return { ...more, expected: `${expected} as '${place.slice(1)}' of ${where}` };
}

/** The option that a name stands for: the nearest that starts alike, the only one that it is a part of, one whose words it abbreviates (`lr`), the nearest. */
function meant(name: string, names: readonly string[]): string | undefined {
  const low = name.toLowerCase();
  const near = nearest(name, names);
  if (near?.toLowerCase().slice(0, 2) === low.slice(0, 2)) return near;
  const within = (part: string, whole: string) => part.length > 2 && whole.includes(part);
  const parts = names.filter((each) => within(low, each.toLowerCase()) || within(each.toLowerCase(), low));
  if (parts.length === 1) return parts[0];
  const short = (each: string) => (each[0] ?? '') + each.replace(/[^A-Z]/g, '').toLowerCase();
  return names.find((each) => low.length > 1 && short(each) === low) ?? near;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}

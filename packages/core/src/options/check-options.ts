import { type Complaint, OptionError } from '../errors.ts';
import { type Fields, faultOf, isPlain, type OptionsOf, shown } from './field.ts';
import { meant, takenBy } from './meant.ts';

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

/**
 * The options of a call whose first arguments have fields too, such as `dense(10, { bias: false })`: `first` by name, beside the others.
 * @throws OptionError, also for options in the place of a first argument.
 */
export function checkCall<F extends Fields>(
  where: string,
  first: Readonly<Record<string, unknown>>,
  options: unknown,
  fields: F,
): OptionsOf<F> {
  const names = Object.keys(first);
  for (const [name, value] of Object.entries(first))
    if (isPlain(value) && Object.hasOwn(value, name))
      throw new OptionError({
        got: shown(value),
        expected: `${fields[name]?.expected ?? ''} as '${name}' of ${where}`,
        hint: `It stands before the options: ${where}(${names.join(', ')}, { ... }).`,
      });
  const given: unknown = options === undefined ? {} : options;
  if (isPlain(given)) return checkOptions(where, { ...given, ...first }, fields);
  const others = Object.entries(fields).filter(([name]) => !names.includes(name));
  throw new OptionError(complaintOf(where, given, Object.fromEntries(others)));
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
    return { got: shown(given), expected: `an object of options for ${where}`, ...taken(fields) };
  const names = Object.keys(fields);
  const unknown: string[] = [];
  for (const name in options) if (!Object.hasOwn(fields, name)) unknown.push(name);
  if (unknown.length > 0) {
    const near = unknown.flatMap((name) => meant(name, names) ?? []);
    const question = near.length > 0 ? ` Did you mean ${quoted(near)}?` : whoTakes(unknown);
    return {
      got: `${where} has no option${unknown.length > 1 ? 's' : ''} ${quoted(unknown)}.${question}`,
      hint: names.length === 0 ? 'It takes none.' : `It takes ${listed(names)}.`,
    };
  }
  const { place = '', expected = '', ...more } = faultOf(options, fields) ?? { got: '' };
  return { ...more, expected: `${expected} as '${place.slice(1)}' of ${where}` };
}

/** The function whose option the first name is, if it is one of those that are often given elsewhere. */
function whoTakes([name = '']: readonly string[]): string {
  const other = takenBy(name);
  return other === undefined ? '' : ` ${other} takes it.`;
}

/** The options in words, those that must be given first; nothing where none must. */
function taken(fields: Fields): { readonly hint?: string } {
  const [must, may]: [string[], string[]] = [[], []];
  for (const name in fields) (fields[name]?.needed ? must : may).push(name);
  if (must.length === 0) return {};
  return { hint: `It needs ${listed(must)}${may.length > 0 ? `, and takes ${listed(may)}` : ''}.` };
}

function listed(names: readonly string[]): string {
  return [...names].sort().join(', ');
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}

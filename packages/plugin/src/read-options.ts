import { checkOptions, type Field, type Fields, field, OptionError, parts } from '@pullback/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Entry } from './entry.ts';
import { type Kind, kinds } from './products.ts';
import type { AnySpec } from './specs.ts';

type Options = Readonly<Record<string, unknown>>;

/** Makes the thing that a spec in the options of another stands for. */
type Make = (kind: Kind, spec: AnySpec, path: string) => unknown;

/**
 * The options of a spec as the factory of `entry` takes them: checked, and the things that stand in them by name made. Where an optimizer does not
 * describe its options its schedule is made all the same.
 * @throws OptionError for options that the entry refuses.
 */
export function readOptions(entry: Entry, options: Options, path: string, make: Make): Options {
  const { kind, name, options: described } = entry;
  if (described === undefined || isSchema(described)) {
    if (described !== undefined) validate(entry, described, options, path);
    return kind === 'optimizer' ? withParts(options, { schedule: parts.schedule }, path, make) : options;
  }
  const asData = Object.entries(described).map(([option, given]) => [option, orSpec(given)] as const);
  checkOptions(`${kind} '${name}'`, options, Object.fromEntries(asData), path);
  return withParts(options, described, path, make);
}

/** Whether it stands for a thing, and is none. */
export function isSpec(given: unknown): given is AnySpec {
  if (typeof given === 'string') return true;
  return typeof given === 'object' && given !== null && 'type' in given && typeof given.type === 'string';
}

const spec = field.one<AnySpec>("a name, or an object with 'type'", isSpec);

/** A field as data has it: where a thing stands, its spec may stand. */
function orSpec(given: Field): Field {
  if (given.part === undefined) return given;
  const one = { ...spec, expected: `the spec of ${article(given.part)}: ${spec.expected}` };
  const either = given.many === true ? field.either(field.list(one), given) : field.either(one, given);
  // The hint of a thing says how code makes it; data have its name.
  const refuse = (value: unknown) => {
    const { hint: _, ...wrong } = either.refuse(value) ?? { got: '', place: '', expected: '', hint: '' };
    return wrong.expected === '' ? undefined : wrong;
  };
  return { ...either, needed: given.needed, refuse };
}

/** The kind with its article. */
export function article(kind: string): string {
  return `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

function withParts(options: Options, fields: Fields, path: string, make: Make): Options {
  const made = Object.entries(options).map(([name, value]) => {
    const kind = kinds.find((each) => each === fields[name]?.part);
    if (kind === undefined) return [name, value] as const;
    const one = (each: unknown, place: string) =>
      isSpec(each) ? make(kind, each, `${path}.${place}`) : each;
    return [
      name,
      Array.isArray(value) ? value.map((each, i) => one(each, `${name}[${i}]`)) : one(value, name),
    ];
  });
  return Object.fromEntries(made);
}

function isSchema(described: StandardSchemaV1 | Fields): described is StandardSchemaV1 {
  return '~standard' in described;
}

function validate(entry: Entry, schema: StandardSchemaV1, options: Options, path: string): void {
  const result = schema['~standard'].validate(options);
  if (result instanceof Promise)
    throw new OptionError({
      got: `a schema of '${entry.name}' that answers later`,
      expected: 'one that answers at once',
      at: path,
    });
  if (result.issues === undefined) return;
  const complaints = result.issues.map(({ message, path: keys = [] }) => {
    const place = keys.map((key) => String(typeof key === 'object' ? key.key : key)).join('.');
    return place === '' ? message : `${place}: ${message}`;
  });
  throw new OptionError({
    got: complaints.join('; '),
    expected: `options that ${entry.kind} '${entry.name}' takes`,
    at: path,
    ...(entry.doc === undefined ? {} : { hint: entry.doc }),
  });
}

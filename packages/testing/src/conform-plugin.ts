import {
  type Activation,
  type Backend,
  checkOptions,
  type Fields,
  type Initializer,
  type Layer,
  type Loss,
  type Metric,
  type Optimizer,
  PullbackError,
  type Schedule,
  type Value,
} from '@pullback/core';
import { type Case, ConformanceError, guarded } from './case.ts';
import { attempted } from './layer-purity.ts';
import { casesOfKind, type EntryOptions, type Examinations, fingerprint, isOfKind } from './plugin-kinds.ts';

type AnySpec = string | { readonly type: string };

/** A resolver turns inner specs into objects: `resolverOf(container)` is one. */
export interface ResolveLike {
  layer(spec: AnySpec): Layer<readonly [Value]>;
  activation(spec: AnySpec): Activation;
  loss(spec: AnySpec): Loss;
  optimizer(spec: AnySpec): Optimizer;
  schedule(spec: AnySpec): Schedule;
  initializer(spec: AnySpec): Initializer;
  metric(spec: AnySpec): Metric;
  backend(spec: AnySpec): Backend | Promise<Backend>;
}

/** A thing bound under a name, as a plugin of `@pullback/plugin` has it. */
export interface EntryLike {
  readonly kind: string;
  readonly name: string;
  /** A field for each option, or a schema that speaks Standard Schema. */
  readonly options?: Fields | { readonly '~standard': { validate(value: unknown): unknown } } | undefined;
  create(options: EntryOptions, resolve: ResolveLike): unknown;
}

export interface PluginLike {
  readonly name: string;
  readonly entries: readonly EntryLike[];
}

export interface PluginConformance {
  /** Options to make each thing with, by kind and name: `{ layer: { gate: { units: 3 } } }`; none when left out, for an optimizer a rate of 0.1. */
  readonly specs?: Readonly<Record<string, Readonly<Record<string, EntryOptions>>>>;
  readonly examine?: Examinations;
  /** Turns specs among the options into objects. */
  readonly resolve?: ResolveLike;
  /** Plugins that stand in the same container: no name may be theirs. */
  readonly beside?: readonly PluginLike[];
}

/**
 * The examination of a plugin: for every name that it binds, that its factory makes a thing of the right kind, and a new layer each time, from its options, reads
 * them all and changes none, that its schema takes them and refuses others, and whatever the kit has for things of that kind.
 */
export function conformPlugin(
  plugin: PluginLike | (() => PluginLike),
  options: PluginConformance = {},
): Case[] {
  const own = typeof plugin === 'function' ? plugin() : plugin;
  return [
    guarded(`${own.name}: its names`, () => examineNames(own, options.beside ?? [])),
    ...own.entries.flatMap((entry) => casesOfEntry(entry, options)),
  ];
}

function casesOfEntry(
  entry: EntryLike,
  { specs = {}, examine = {}, resolve = unresolved }: PluginConformance,
): Case[] {
  const { kind, name } = entry;
  const called = `${kind} '${name}'`;
  const given = specs[kind]?.[name] ?? (kind === 'optimizer' ? { learningRate: 0.1 } : {});
  const whole = (changes: EntryOptions = {}) => withParts(entry, { ...given, ...changes }, resolve);
  const make = (changes: EntryOptions = {}) => entry.create(frozen(whole(changes)), resolve);
  const each = (what: string, run: () => void): Case => guarded(`${called}: ${what}`, run);
  const fail = (what: string, got: unknown, expected: string): never => {
    throw new ConformanceError({ what: `${what} of ${called}`, got: String(got), expected });
  };
  const label = { name: 'mine' };
  const basics = [
    each('its schema takes its options and refuses others', () => {
      const refusal = refusedBy(entry, whole());
      if (refusal !== undefined)
        fail(
          'the schema',
          `it refuses ${JSON.stringify(given)}: ${refusal}`,
          'its own options; specs gives them',
        );
      if (entry.options !== undefined && refusedBy(entry, whole({ unknownOption: 1 })) === undefined)
        fail(
          'the schema',
          'it takes the unknown option unknownOption, which nothing reads',
          'a refusal: a strict object',
        );
    }),
    each('its factory makes a thing of its kind, a layer each time anew, and changes no option', () => {
      let first: unknown;
      try {
        first = make();
      } catch (error) {
        const told = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
        fail(
          `the factory, for the options ${JSON.stringify(given)},`,
          told,
          error instanceof TypeError && /read only|extensible|delete/.test(told)
            ? 'no change of the options that it is given'
            : 'no error; specs gives other options',
        );
      }
      if (!isOfKind(kind, first))
        fail('what the factory makes', describe(first), `a thing of the kind: ${kind}`);
      if (kind === 'layer' && make() === first)
        fail(
          'what the factory makes',
          'the same layer for each spec, so that all share their weights',
          'a new layer for each',
        );
      const prints = [first, make()].map((thing) => fingerprint(kind, thing));
      if (prints[0] !== prints[1])
        fail('two things made with the same options', prints[1], `${prints[0]}, as the first`);
      if (
        kind === 'layer' &&
        entry.options !== undefined &&
        refusedBy(entry, whole({ ...label })) === undefined
      ) {
        const made = make(label);
        const got = typeof made === 'object' && made !== null && 'label' in made ? made.label : undefined;
        if (got !== label.name) fail('the label, from the option name,', got, `'${label.name}'`);
      }
    }),
  ];
  const thing = attempted(() => make());
  if (!isOfKind(kind, thing)) return basics;
  return [
    ...basics,
    each('its options are read', () => {
      const before = fingerprint(kind, thing);
      if (before === undefined) return;
      for (const [option, value] of Object.entries(given)) {
        const others = otherValues(value).filter(
          (other) => refusedBy(entry, whole({ [option]: other })) === undefined,
        );
        const made = others.flatMap((other) => {
          const changed = attempted(() => fingerprint(kind, make({ [option]: other })));
          return changed === undefined ? [] : [changed];
        });
        if (made.length > 0 && made.every((changed) => changed === before))
          fail(
            `the option '${option}'`,
            `the same thing for ${[value, ...others].join(', ')}`,
            'an option that is read, or none',
          );
      }
    }),
    ...casesOfKind(kind, called, (changes) => make(changes), {
      name,
      given,
      examine,
    }),
  ];
}

function examineNames({ name: plugin, entries }: PluginLike, beside: readonly PluginLike[]): void {
  const owners = new Map(
    beside.flatMap((other) => other.entries.map(({ kind, name }) => [`${kind} '${name}'`, other.name])),
  );
  for (const { kind, name } of entries) {
    const owner = owners.get(`${kind} '${name}'`);
    if (owner !== undefined)
      throw new ConformanceError({
        what: `the ${kind} '${name}' of ${plugin}`,
        got: `the name is bound by ${owner}, too`,
        expected: 'a name of its own',
      });
    if (!/^[^\s/]+$/.test(name))
      throw new ConformanceError({
        what: `the name '${name}' of a ${kind} of ${plugin}`,
        got: 'blanks or strokes in it',
        expected: 'a name without them',
      });
  }
}

/** The objection of an entry's fields or schema to options; undefined when they take them, or when there are none. */
function refusedBy({ kind, name, options }: EntryLike, given: EntryOptions): string | undefined {
  if (options === undefined) return undefined;
  if (isSchema(options)) {
    const result = options['~standard'].validate(given);
    const issues =
      typeof result === 'object' && result !== null && 'issues' in result ? result.issues : undefined;
    return issues === undefined ? undefined : JSON.stringify(issues, ['message']);
  }
  try {
    checkOptions(`${kind} '${name}'`, given, options);
    return undefined;
  } catch (error) {
    if (error instanceof PullbackError) return error.message;
    throw error;
  }
}

function isSchema(
  options: NonNullable<EntryLike['options']>,
): options is { readonly '~standard': { validate(value: unknown): unknown } } {
  return '~standard' in options;
}

/** Options with the things in place of their specs, where the fields say that such stand there. */
function withParts({ options }: EntryLike, given: EntryOptions, resolve: ResolveLike): EntryOptions {
  if (options === undefined || isSchema(options)) return given;
  const made = (part: string | undefined, value: unknown): unknown => {
    const kind = kinds.find((each) => each === part);
    if (Array.isArray(value)) return value.map((each) => made(part, each));
    return kind !== undefined && isSpec(value) ? resolve[kind](value) : value;
  };
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, made(options[name]?.part, value)]),
  );
}

const kinds = [
  'layer',
  'activation',
  'loss',
  'optimizer',
  'schedule',
  'initializer',
  'metric',
  'backend',
] as const;

function isSpec(value: unknown): value is AnySpec {
  if (typeof value === 'string') return true;
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** Other values of an option, of which one at least should be taken. */
function otherValues(value: unknown): unknown[] {
  if (typeof value === 'boolean') return [!value];
  return typeof value === 'number'
    ? [value + 1, value * 2, value / 2].filter((other) => other !== value)
    : [];
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) frozen(inner);
    Object.freeze(value);
  }
  return value;
}

function describe(thing: unknown): string {
  return typeof thing === 'object' && thing !== null && 'name' in thing
    ? `${thing.name}`
    : `${typeof thing} ${String(thing).slice(0, 40)}`;
}

const refuse = (spec: AnySpec): never => {
  throw new ConformanceError({
    what: `the inner spec ${JSON.stringify(spec)}`,
    got: 'nothing that resolves it',
    expected: 'the option resolve, such as resolverOf(container)',
  });
};

const unresolved: ResolveLike = {
  layer: refuse,
  activation: refuse,
  loss: refuse,
  optimizer: refuse,
  schedule: refuse,
  initializer: refuse,
  metric: refuse,
  backend: refuse,
};

/** A value that an option does not take. */
export interface Refused {
  /** Where in the value, such as `[2]` or `.low`; empty for the whole. */
  readonly place: string;
  readonly got: string;
  readonly expected: string;
  readonly hint?: string;
}

/** One option: which values it takes, in words and as a check. */
export interface Field<T = unknown, Needed extends boolean = boolean> {
  /** The values in words, as they stand after "expected". */
  readonly expected: string;
  /** Whether it must be given. */
  readonly needed: Needed;
  /** The kind of thing that stands here, such as `activation`: in a spec its name stands in its place. */
  readonly part?: string;
  /** Whether it is a list of such things. */
  readonly many?: boolean;
  /** The first fault of a value; undefined for one that is taken. */
  refuse(given: unknown): Refused | undefined;
  /** Carries the type of the values; never set. */
  readonly type?: T;
}

/** The options of one function, by name. */
export type Fields = Readonly<Record<string, Field>>;

/** The fields that describe an options type completely: a new option does not compile before it has one. */
export type FieldsOf<O> = {
  readonly [K in keyof O]-?: Field<Exclude<O[K], undefined>, undefined extends O[K] ? false : true>;
};

/** The options type that fields describe. */
export type OptionsOf<F extends Fields> = {
  readonly [K in keyof F as F[K] extends Field<unknown, true> ? K : never]: TypeOf<F[K]>;
} & { readonly [K in keyof F as F[K] extends Field<unknown, true> ? never : K]?: TypeOf<F[K]> };

type TypeOf<F> = F extends Field<infer T> ? T : never;

/** A value as it stands after "got": at most some 60 characters. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return cut(`'${value}'`);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return cut(`${value}n`);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  return cut(`an object with ${Object.keys(value).join(', ') || 'no properties'}`);
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** An option of a kind of one's own. */
export function one<T>(expected: string, accepts: (given: unknown) => boolean): Field<T, false> {
  return {
    expected,
    needed: false,
    refuse: (given) => (accepts(given) ? undefined : { place: '', got: shown(given), expected }),
  };
}

/** The same option, which must be given. */
export function needed<T>(field: Field<T>): Field<T, true> {
  return { ...field, needed: true };
}

/** The bounds of a number; all that are given hold. */
export interface Bounds {
  readonly from?: number;
  readonly to?: number;
  readonly above?: number;
  readonly below?: number;
}

function within({ from, to, above, below }: Bounds, x: number): boolean {
  return (
    x >= (from ?? -Infinity) && x <= (to ?? Infinity) && x > (above ?? -Infinity) && x < (below ?? Infinity)
  );
}

function words({ from, to, above, below }: Bounds): string {
  const low = above === undefined ? (from === undefined ? '' : ` from ${from}`) : ` above ${above}`;
  const high = below === undefined ? (to === undefined ? '' : ` to ${to}`) : ` ${low && 'to '}below ${below}`;
  return low !== '' && high === '' && above === undefined ? `${low} up` : `${low}${high}`;
}

/** A finite number within bounds. */
export function number(bounds: Bounds = {}): Field<number, false> {
  const bounded = bounds.to !== undefined || bounds.below !== undefined;
  return one(
    `a ${bounded ? '' : 'finite '}number${words(bounds)}`,
    (x) => typeof x === 'number' && Number.isFinite(x) && within(bounds, x),
  );
}

/** A whole number within bounds, that a double holds exactly. */
export function whole(bounds: Bounds = {}): Field<number, false> {
  return one(
    `a whole number${words(bounds)}`,
    (x) => typeof x === 'number' && Number.isSafeInteger(x) && within(bounds, x),
  );
}

export function flag(): Field<boolean, false> {
  return one('true or false', (x) => typeof x === 'boolean');
}

export function text(): Field<string, false> {
  return one('a string', (x) => typeof x === 'string');
}

/** One of some words or numbers. */
export function oneOf<const T extends string | number | boolean | null>(
  ...values: readonly T[]
): Field<T, false> {
  const named = values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value)));
  return one(named.join(' or '), (x) => values.some((value) => value === x));
}

/** A function, described by what it does. */
export function callable<T = (...x: never[]) => unknown>(expected = 'a function'): Field<T, false> {
  return one(expected, (x) => typeof x === 'function');
}

/** An object that has all of `methods`: an interface that classes of users implement too. */
export function having<T>(expected: string, ...methods: readonly string[]): Field<T, false> {
  return {
    expected,
    needed: false,
    refuse: (given) => {
      if (hasMethods(given, methods)) return undefined;
      const wrong = { place: '', got: shown(given), expected };
      if (typeof given !== 'function' || given.name === '') return wrong;
      return { ...wrong, hint: `A factory is called: ${given.name}(...).` };
    },
  };
}

function hasMethods(given: unknown, methods: readonly string[]): boolean {
  const may = (typeof given === 'object' && given !== null) || typeof given === 'function';
  return may && methods.every((method) => typeof Reflect.get(given, method) === 'function');
}

/** The same option, whose place a name or an object with `type` takes in a spec. */
export function part<T>(kind: string, field: Field<T, false>): Field<T, false> {
  return { ...field, part: kind };
}

/** Anything: what it must be is checked where it is read. */
export function anything<T>(expected = 'a value'): Field<T, false> {
  return one(expected, () => true);
}

/** A list, each of whose members `member` takes; at least `from` of them. */
export function list<T>(
  member: Field<T>,
  {
    from = 0,
    words = `an array${from > 0 ? ` of at least ${from}` : ''}, each ${member.expected}`,
  }: { readonly from?: number; readonly words?: string } = {},
): Field<readonly T[], false> {
  return {
    expected: words,
    needed: false,
    ...(member.part !== undefined && { part: member.part, many: true }),
    refuse: (given) => {
      if (!Array.isArray(given) || given.length < from) {
        const alone = !Array.isArray(given) && given !== undefined && member.refuse(given) === undefined;
        const hint = alone ? { hint: 'Also one alone stands in an array.' } : {};
        return { place: '', got: shown(given), expected: words, ...hint };
      }
      // `entries` visits holes too.
      for (const [i, each] of given.entries()) {
        const wrong = member.refuse(each);
        if (wrong !== undefined) return { ...wrong, place: `[${i}]${wrong.place}` };
      }
      return undefined;
    },
  };
}

/** Values by names that the user chooses, at least `from` of them. */
export function named<T>(
  member: Field<T>,
  { from = 0 }: { readonly from?: number } = {},
): Field<Readonly<Record<string, T>>, false> {
  const expected = `an object${from > 0 ? `, not empty,` : ''} with ${member.expected} for each name`;
  return {
    expected,
    needed: false,
    refuse: (given) => {
      if (!isPlain(given) || Object.keys(given).length < from)
        return { place: '', got: shown(given), expected };
      for (const [name, each] of Object.entries(given)) {
        const wrong = member.refuse(each);
        if (wrong !== undefined) return { ...wrong, place: `.${name}${wrong.place}` };
      }
      return undefined;
    },
  };
}

/** Options within an option. */
export function object<F extends Fields>(fields: F): Field<OptionsOf<F>, false> {
  const names = Object.keys(fields);
  const expected = `an object with some of ${names.join(', ')}`;
  return {
    expected,
    needed: false,
    refuse: (given) => {
      if (!isPlain(given) || Object.keys(given).some((name) => !names.includes(name)))
        return { place: '', got: shown(given), expected };
      return faultOf(given, fields);
    },
  };
}

/** The first value that its field does not take, or that must be given and is not; its place starts with its name. */
export function faultOf(options: Readonly<Record<string, unknown>>, fields: Fields): Refused | undefined {
  for (const name in fields) {
    const [value, field] = [options[name], fields[name]];
    if (field === undefined || (value === undefined && !field.needed)) continue;
    const { expected } = field;
    const wrong = field.refuse(value) ?? (value === undefined && { place: '', got: 'nothing', expected });
    if (wrong) return { ...wrong, place: `.${name}${wrong.place}` };
  }
  return undefined;
}

/** A field that takes the values of either. */
export function either<A, B>(a: Field<A>, b: Field<B>): Field<A | B, false> {
  const expected = `${a.expected}, or ${b.expected}`;
  return {
    expected,
    needed: false,
    refuse: (given) => {
      const [first, second] = [a.refuse(given), b.refuse(given)];
      if (first === undefined || second === undefined) return undefined;
      // The one that went further into the value knows better.
      if (first.place !== '') return first;
      return second.place !== '' ? second : { ...second, ...first, expected };
    },
  };
}

/** A shape: extents that are whole numbers from 0 up. */
export function shape(): Field<readonly number[], false> {
  return list(whole({ from: 0 }), { words: 'a shape, such as [3, 2]' });
}

/** Whether it is an object with properties: no array, no function. */
export function isPlain(given: unknown): given is Readonly<Record<string, unknown>> {
  return typeof given === 'object' && given !== null && !Array.isArray(given) && !ArrayBuffer.isView(given);
}

import {
  checkOptions,
  type FieldsOf,
  field,
  type NamePattern,
  namePattern,
  OptionError,
  transpose,
  type Value,
} from '@pullback/core';

/** Where a tensor of a file goes to, and how it is changed on its way. */
export interface NameRule {
  /** The path of a weight or state, in which `{i}` stands for what it stood for in the name. */
  readonly to: string;
  /** Whether the axes come in the other order; a list says where each comes from. */
  readonly transpose?: boolean | readonly number[];
  /** Any other change, such as a slice of a tensor that holds three. */
  readonly change?: (x: Value) => Value;
}

/**
 * Rules by patterns of names, such as `{ 'encoder.layer.{i}.output.dense.weight': { to: 'network/block{i}/output/kernel', transpose: true } }`: the
 * first that fits counts. A path alone takes a tensor as it is, a list takes it several times, null leaves it out.
 */
export type NameMap = Readonly<Record<string, string | NameRule | readonly NameRule[] | null>>;

/** A tensor of a file on its way to a path. */
export interface Move {
  readonly path: string;
  readonly change: (x: Value) => Value;
}

const ruleFields = {
  to: field.needed(field.text()),
  transpose: field.either(field.flag(), field.list(field.whole())),
  change: field.callable<(x: Value) => Value>('a function of a Value'),
} satisfies FieldsOf<NameRule>;
const rule = field.object(ruleFields);
const anyRule = field.either(field.either(field.text(), rule), field.list(rule));
const none = field.one<null>('null', (given) => given === null);
export const nameMapField = field.named(field.either(anyRule, none));

/**
 * Where a name of a file goes to: nowhere for null, undefined where no rule fits.
 * @throws OptionError for a pattern that is none, or a path with a `{name}` that its pattern has not.
 */
export function movesOf(names: NameMap): (name: string) => readonly Move[] | undefined {
  checkOptions('a map of names', { names }, { names: nameMapField });
  const rules = Object.entries(names).map(([pattern, given]) => {
    const targets = given === null ? [] : isList(given) ? given : [given];
    return { pattern, fits: namePattern(pattern), targets: targets.map(ruleOf) };
  });
  for (const { pattern, targets } of rules) for (const { to } of targets) refuseUnknown(pattern, to);
  return (name) => {
    for (const { fits, targets } of rules) {
      const found = fits(name);
      if (found === undefined) continue;
      return targets.map((target) => ({ path: filled(target.to, found), change: changeOf(target) }));
    }
    return undefined;
  };
}

function isList(given: string | NameRule | readonly NameRule[]): given is readonly NameRule[] {
  return Array.isArray(given);
}

function ruleOf(given: string | NameRule): NameRule {
  return typeof given === 'string' ? { to: given } : given;
}

function filled(to: string, found: NonNullable<ReturnType<NamePattern>>): string {
  return to.replace(/\{(\w+)\}/g, (_, name: string) => found[name] ?? '');
}

function refuseUnknown(pattern: string, to: string): void {
  for (const [piece] of to.matchAll(/\{\w+\}/g))
    if (!pattern.includes(piece))
      throw new OptionError({
        got: `${piece} in the path '${to}'`,
        expected: `one of the pattern '${pattern}'`,
      });
}

function changeOf({ transpose: axes = false, change = (x) => x }: NameRule): (x: Value) => Value {
  if (axes === false) return change;
  return (x) => change(axes === true ? transpose(x) : transpose(x, axes));
}

import {
  checkOptions,
  type FieldsOf,
  field,
  mul,
  type NamePattern,
  namePattern,
  type OptimizedParameter,
  type Optimizer,
  OptionError,
  parts,
  type UpdatedParameter,
} from '@pullback/core';
import { from0 } from './shares.ts';

/** The factor of a weight's learning rate: a number, or a function of the texts at `{i}` in the pattern. */
export type RateFactor = number | ((found: Readonly<Record<string, string>>) => number);

export const learningRatesFields = {
  optimizer: field.needed(parts.optimizer),
  factors: field.needed(
    field.named(field.either(from0, field.callable<Exclude<RateFactor, number>>('a function'))),
  ),
} satisfies FieldsOf<{ optimizer: Optimizer; factors: Readonly<Record<string, RateFactor>> }>;

/**
 * The optimizer with learning rates by path: eta f for weights whose path fits a pattern, such as `{ 'network/encoder/**': 0.1 }`; the first that fits
 * counts, eta where none does. Slots and schedule are shared. The optimizer is asked once for each factor: what looks at all
 * gradients together, as clipByGlobalNorm does, goes around. Source: Howard and Ruder 2018.
 * @throws OptionError for a factor that is no number from 0 up, or a pattern that fits no weight that is learned.
 */
export function learningRates(
  optimizer: Optimizer,
  factors: Readonly<Record<string, RateFactor>>,
): Optimizer {
  checkOptions('learningRates', { optimizer, factors }, learningRatesFields);
  const rules = Object.entries(factors).map(([pattern, factor]) => ({
    pattern,
    fits: namePattern(pattern),
    factor,
  }));
  return {
    ...optimizer,
    name: `learningRates(${optimizer.name})`,
    update: (parameters, at) => {
      const found = parameters.map(({ path }) => factorOf(path, rules));
      refuseUnused(rules, new Set(found.map(({ pattern }) => pattern)), parameters);
      const updated: UpdatedParameter[] = [...parameters];
      for (const factor of new Set(found.map((each) => each.factor))) {
        const places = [...parameters.keys()].filter((i) => found[i]?.factor === factor);
        const group = places.flatMap((i) => parameters[i] ?? []);
        const learningRate = factor === 1 ? at.learningRate : mul(at.learningRate, factor);
        optimizer.update(group, { ...at, learningRate }).forEach((each, k) => {
          updated[places[k] ?? 0] = each;
        });
      }
      return updated;
    },
  };
}

interface Rule {
  readonly pattern: string;
  readonly fits: NamePattern;
  readonly factor: RateFactor;
}

function factorOf(
  path: string,
  rules: readonly Rule[],
): { readonly factor: number; readonly pattern?: string } {
  for (const { pattern, fits, factor } of rules) {
    const found = fits(path);
    if (found === undefined) continue;
    const number = typeof factor === 'number' ? factor : factor(found);
    if (!(Number.isFinite(number) && number >= 0))
      throw new OptionError({
        got: `a factor of ${number} for '${path}'`,
        expected: 'a finite number from 0 up',
      });
    return { factor: number, pattern };
  }
  return { factor: 1 };
}

function refuseUnused(
  rules: readonly Rule[],
  used: ReadonlySet<string | undefined>,
  parameters: readonly OptimizedParameter[],
): void {
  const unused = rules.find(({ pattern }) => !used.has(pattern));
  if (unused === undefined || parameters.length === 0) return;
  const paths = parameters.map(({ path }) => path);
  throw new OptionError({
    got: `the pattern '${unused.pattern}' of learningRates, which no weight fits first`,
    expected: `paths of weights that are learned, such as '${paths[0]}'`,
    hint: `There are ${paths.join(', ')}. Frozen weights are not among them.`,
  });
}

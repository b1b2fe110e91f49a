import { gradient, placeholder, type Shape } from '@pullback/core';
import { ConformanceError } from './case.ts';
import { examineInitializer } from './conform-initializer.ts';
import { examineJacobian } from './jacobian.ts';
import { type AnyLayer, optionsOf, runUse, settled, useOf, wishes } from './layer-use.ts';
import { build, runner } from './runner.ts';
import { type Asked, firstNumbers, type Setting } from './test-scope.ts';

/** The options of a parameter that a layer must keep, by name below the layer. */
export type Kept = Readonly<
  Record<
    string,
    { readonly trainable?: boolean; readonly regularizer?: boolean; readonly constraint?: boolean }
  >
>;

/** That names, options and first numbers of what a layer keeps are in order. @throws ConformanceError */
export function examineParameters(
  make: () => AnyLayer,
  shapes: readonly Shape[],
  { kept = {}, differs, ...setting }: Setting & { readonly kept?: Kept; readonly differs: boolean },
): void {
  const uses = [true, false].map((training) => useOf(make(), shapes, { ...setting, training }));
  const [training, prediction] = uses;
  if (training === undefined || prediction === undefined) return;
  for (const { name, shape, initializer } of uses.flatMap((use) => [...use.parameters, ...use.states]))
    examineInitializer(`the initializer of '${name}'`, initializer, shape);
  for (const use of uses) {
    oneName(use.askings, 'parameter');
    oneName(use.states, 'state');
    const both = use.parameters.find(({ name }) => use.states.some((state) => state.name === name));
    if (both !== undefined)
      throw new ConformanceError({
        what: `the name '${both.name}'`,
        got: 'a parameter and a state of it',
        expected: 'a name for each',
      });
  }
  const names = [training, prediction].map((use) => wishes({ ...use, states: [] }, setting));
  const [asked = [], later = []] = names;
  const missing =
    later.find((one) => !asked.includes(one)) ??
    (differs ? undefined : asked.find((one) => !later.includes(one)));
  if (missing !== undefined)
    throw new ConformanceError({
      what: `training and prediction ask for other parameters or for other options of them: ${missing}`,
      got: `${later.join(', ') || 'none'} in prediction`,
      expected: `${asked.join(', ') || 'none'}, as in training`,
    });
  for (const [name, wanted] of Object.entries(kept)) examineKept(name, wanted, training.parameters);
  for (const parameter of training.parameters) examineRules(parameter);
}

/** A name stands for one thing: it starts from the same numbers whenever it is asked for. */
function oneName(askings: readonly Asked[], kind: string): void {
  for (const asked of askings) {
    const first = askings.find(({ name }) => name === asked.name) ?? asked;
    const [got, wanted] = [asked, first].map((one) => String(firstNumbers(one, 1)));
    if (got === wanted) continue;
    throw new ConformanceError({
      what: `the ${kind} '${asked.name}' is asked for twice, as two things of one name`,
      got: `first numbers ${got}`,
      expected: `${wanted}, as at the first asking`,
    });
  }
}

function examineKept(name: string, wanted: Kept[string], parameters: readonly Asked[]): void {
  const found = parameters.find((each) => each.name.split('/').slice(1).join('/') === name);
  const told = (options: Asked['options']) => optionsOf(options).slice(2) || 'no options';
  const unchecked = () => undefined as never;
  const expected = told({
    ...(wanted.trainable !== undefined && { trainable: wanted.trainable }),
    ...(wanted.regularizer === true && { regularizer: unchecked }),
    ...(wanted.constraint === true && { constraint: unchecked }),
  });
  if (found === undefined || told(found.options) !== expected)
    throw new ConformanceError({
      what: `the options of the parameter '${name}' are not kept`,
      got: found === undefined ? 'no parameter of that name' : told(found.options),
      expected,
    });
}

/** A regularizer is one number with a gradient, a constraint gives a weight of the same shape and dtype. */
function examineRules(parameter: Asked): void {
  const { name, shape, options } = parameter;
  const spec = { shape, dtype: 'float64' } as const;
  const at = [firstNumbers(parameter, 1), firstNumbers(parameter, 1).fill(0)];
  for (const [what, rule, expected] of [
    ['regularizer', options.regularizer, []],
    ['constraint', options.constraint, shape],
  ] as const) {
    if (rule === undefined) continue;
    const weight = placeholder(spec, name);
    const made = rule(weight);
    if (made.shape.join() !== expected.join() || made.dtype !== spec.dtype)
      throw new ConformanceError({
        what: `the ${what} of '${name}'`,
        got: `${made.dtype}[${made.shape.join(', ')}]`,
        expected: `float64[${expected.join(', ')}]`,
      });
    for (const numbers of at) {
      const wrong = runner([weight], [made])([numbers])[0]?.data.find((x) => Number.isNaN(x));
      if (wrong !== undefined)
        throw new ConformanceError({
          what: `the ${what} of '${name}' at ${numbers}`,
          got: 'NaN',
          expected: 'a number',
        });
    }
    const slopes = what === 'regularizer' ? gradient(made, [weight]) : [];
    if (
      slopes.length > 0 &&
      runner(
        [weight],
        slopes,
      )([at[1] ?? []].map((own) => Float64Array.from(own)))[0]?.data.some((x) => Number.isNaN(x))
    )
      throw new ConformanceError({
        what: `the gradient of the regularizer of '${name}' at 0`,
        got: 'NaN',
        expected: 'a number',
      });
    if (what === 'regularizer')
      examineJacobian(
        { f: rule, shapes: [shape], what: `the gradient of the regularizer of '${name}'`, names: [name] },
        at.slice(0, 1),
      );
    // Built again it is the same: nothing of this use is kept in it.
    build(rule, [shape], 'float64');
  }
}

/** That every parameter has an influence on what comes out. @throws ConformanceError */
export function examineInfluence(
  make: () => AnyLayer,
  shapes: readonly Shape[],
  inputs: readonly Float64Array[],
  setting: Setting,
): void {
  const use = useOf(make(), shapes, setting);
  const run = runUse(use, [...use.outputs, ...use.states.flatMap(({ next }) => next)]);
  use.parameters.forEach(({ name, options }, i) => {
    if (options.regularizer !== undefined) return;
    const steps = use.draws > 0 ? [0, 1, 2, 3, 4, 5, 6, 7] : [0];
    const told = (moved: number) =>
      steps.flatMap((step) =>
        [-1, 1].map((sign) =>
          run({
            step,
            inputs: inputs.map((own) => own.map((x) => sign * x)),
            parameters: use.parameters.map((each, k) =>
              settled(each, k).map((x, n) =>
                k === i ? sign * x + moved * (1 + 0.5 * Math.sin(n)) : sign * x,
              ),
            ),
          }),
        ),
      );
    const numbers = [0, 0.5, -1.5].map((moved) =>
      JSON.stringify(told(moved).map((all) => all.map(({ data }) => Array.from(data)))),
    );
    if (new Set(numbers).size === 1)
      throw new ConformanceError({
        what: `the parameter '${name}' is used by nothing`,
        got: 'the same outputs for any numbers in it',
        expected: 'outputs that depend on it, or no such parameter',
      });
  });
}

import type { Shape, Tensor } from '@pullback/core';
import { ConformanceError } from './case.ts';
import { type AnyLayer, type LayerUse, refuseStrangers, runUse, useOf, wishes } from './layer-use.ts';
import { near } from './numbers.ts';
import { placeOf } from './numbers-as-text.ts';
import type { Setting } from './test-scope.ts';

/**
 * That a layer keeps nothing: used again, and on another width, it is what a new one is.
 * @param others shapes of batches of another width that are used in between.
 */
export function examinePurity(
  make: () => AnyLayer,
  shapes: readonly Shape[],
  others: readonly Shape[],
  numbers: readonly Float64Array[],
  setting: Setting,
): void {
  const layer = make();
  const first = useOf(layer, shapes, setting);
  const second = useOf(layer, shapes, setting);
  refuseStrangers(second, 'the second use of a layer');
  same('it is not pure: the second use of a layer', [second, first], [setting, setting], numbers);
  same(
    'it is not pure: another layer made alike',
    [useOf(make(), shapes, setting), first],
    [setting, setting],
    numbers,
  );
  const fresh = attempted(() => useOf(make(), others, setting));
  if (fresh === undefined) return;
  const reused = attempted(() => useOf(layer, others, setting));
  if (reused === undefined)
    throw new ConformanceError({
      what: `used on [${shapes.join('], [')}] first, it refuses [${others.join('], [')}] in another network`,
      got: 'a width or the like that was kept from the first use',
      expected: 'what a new layer does: what is kept belongs into the scope',
    });
  refuseStrangers(reused, 'the use in another network');
  const [own, wanted] = [wishes(reused, setting), wishes(fresh, setting)];
  if (own.join() !== wanted.join())
    throw new ConformanceError({
      what: `used on [${shapes.join('], [')}] first, it asks for other parameters on [${others.join('], [')}]: something was kept from the first use`,
      got: own.join(', ') || 'none',
      expected: `${wanted.join(', ') || 'none'}, as a new layer`,
    });
}

/** That it does not matter where in a network a layer stands, nor what the layers around it are called. */
export function examinePaths(
  make: () => AnyLayer,
  shapes: readonly Shape[],
  numbers: readonly Float64Array[],
  setting: Setting,
): void {
  const first = useOf(make(), shapes, setting);
  for (const path of ['network/0', 'encoder/norm/bias', 'slot:m/kernel']) {
    const there = { ...setting, path };
    const use = useOf(make(), shapes, there);
    if (first.draws > 0 || use.draws > 0)
      sameWishes(`under the path '${path}' it`, [use, first], [there, setting]);
    else same(`under the path '${path}' it`, [use, first], [there, setting], numbers);
  }
}

/** That a layer that is used twice in one network shares its weights. */
export function examineSharing(make: () => AnyLayer, shapes: readonly Shape[], setting: Setting): void {
  const names = (times: number) => {
    const { parameters, states } = useOf(make(), shapes, setting, times);
    return [...new Set([...parameters, ...states].map(({ name }) => name))];
  };
  const once = names(1);
  let twice: readonly string[];
  try {
    twice = names(2);
  } catch (error) {
    throw new ConformanceError({
      what: 'used twice in one network it does not share its weights: the second use fails',
      got: error instanceof Error ? error.message : String(error),
      expected: 'the parameters of the first use; inner layers are made once, outside of forward',
    });
  }
  if (twice.length > once.length)
    throw new ConformanceError({
      what: 'used twice in one network it does not share its weights: it asks for parameters of new names',
      got: twice.join(', '),
      expected: `${once.join(', ') || 'none'}, those of the first use`,
    });
}

type Pair<T> = readonly [T, T];

function sameWishes(what: string, [use, first]: Pair<LayerUse>, [setting, other]: Pair<Setting>): void {
  const [own, wanted] = [wishes(use, setting), wishes(first, other)];
  if (own.join() !== wanted.join() || use.draws !== first.draws)
    throw new ConformanceError({
      what: `${what} asks for other parameters, states or random keys`,
      got: `${own.join(', ') || 'none'}, ${use.draws} keys`,
      expected: `${wanted.join(', ') || 'none'}, ${first.draws} keys`,
    });
}

function same(
  what: string,
  uses: Pair<LayerUse>,
  settings: Pair<Setting>,
  inputs: readonly Float64Array[],
): void {
  sameWishes(what, uses, settings);
  const [got, wanted] = uses.map((use) =>
    runUse(use, [...use.outputs, ...use.states.flatMap(({ next }) => next)])({ inputs }),
  );
  refuseOtherNumbers(`${what} gives other numbers`, got ?? [], wanted ?? [], 0);
}

/** @throws ConformanceError for the first number that is not the same. */
export function refuseOtherNumbers(
  what: string,
  got: readonly Tensor[],
  wanted: readonly Tensor[],
  relative: number,
  why = '',
): void {
  wanted.forEach(({ data, shape }, o) => {
    data.forEach((x, k) => {
      const other = got[o]?.data[k] ?? Number.NaN;
      if (Object.is(x, other) || near(x, other, relative)) return;
      throw new ConformanceError({
        what: `${what}: output ${wanted.length > 1 ? `${o} ` : ''}${placeOf(k, shape)}`,
        got: String(other),
        expected: `${x}${why}`,
      });
    });
  });
}

/** The result of `run`, or undefined when it throws. */
export function attempted<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

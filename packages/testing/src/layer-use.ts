import { fill, type Layer, placeholder, type Shape, sizeOf, type Tensor, Value } from '@pullback/core';
import { ConformanceError } from './case.ts';
import { runner } from './runner.ts';
import { type Asked, type AskedState, firstNumbers, type Setting, testScope } from './test-scope.ts';
import { upstream } from './vertex-by-vertex.ts';

export type AnyLayer = Layer<readonly Value[], Value | Readonly<Record<string, Value>>>;

/** One use of a layer: the graph that it built, and all that it asked its scope for. */
export interface LayerUse {
  readonly inputs: readonly Value[];
  readonly step: Value;
  readonly outputs: readonly Value[];
  /** Each parameter once, in the order of the first asking, and the Value that stands for it. */
  readonly parameters: readonly (Asked & { readonly value: Value })[];
  /** Every asking for a parameter. */
  readonly askings: readonly Asked[];
  readonly states: readonly AskedState[];
  /** How many random keys were drawn. */
  readonly draws: number;
}

/** Uses a layer on batches of those shapes, `times` in the same network; the outputs are those of the last use. */
export function useOf(layer: AnyLayer, shapes: readonly Shape[], setting: Setting, times = 1): LayerUse {
  const spec = (shape: Shape) => ({ shape, dtype: setting.dtype });
  const held: (Asked & { readonly value: Value })[] = [];
  const step = placeholder({ shape: [], dtype: 'int32' }, 'step');
  const { scope, journal } = testScope(setting, {
    step,
    value: (asked, kind) => {
      const value = placeholder(spec(asked.shape), asked.name);
      if (kind === 'parameter') held.push({ ...asked, value });
      return value;
    },
  });
  const inputs = shapes.map((shape, i) => placeholder(spec(shape), `input ${i}`));
  let outputs = listed(times === 1 ? layer.forward(scope, ...inputs) : scope.apply(layer, ...inputs));
  for (let i = 1; i < times; i++) outputs = listed(scope.apply(layer, ...inputs));
  const { parameters: askings, states, draws } = journal;
  return { inputs, step, outputs, parameters: held, askings, states, draws };
}

/** The outputs of a layer as a function of its inputs, parameters and states, in the order in which it asks. */
export function outputsOf(
  layer: AnyLayer,
  inputs: readonly Value[],
  weights: readonly Value[],
  setting: Setting,
  states: readonly Value[] = [],
): Value[] {
  const left = { parameter: [...weights], state: [...states] };
  const { scope } = testScope(setting, {
    step: fill(3, [], 'int32'),
    value: (asked, kind) => left[kind].shift() ?? fill(0.5, asked.shape, setting.dtype),
  });
  return listed(layer.forward(scope, ...inputs));
}

export function listed(made: Value | Readonly<Record<string, Value>>): Value[] {
  return made instanceof Value ? [made] : Object.values(made);
}

/** The numbers that a use is run with; what is left out is drawn as a model draws it. */
export interface UseNumbers {
  readonly inputs: readonly Float64Array[];
  readonly parameters?: readonly Float64Array[];
  readonly step?: number;
}

/** Runs Values of a use, its outputs when left out; the graph is traced once. */
export function runUse(
  use: LayerUse,
  outputs: readonly Value[] = use.outputs,
): (numbers: UseNumbers) => Tensor[] {
  const states = use.states.filter(
    ({ value }, i) => use.states.findIndex((other) => other.value === value) === i,
  );
  const run = runner(
    [
      ...use.inputs,
      use.step,
      ...use.parameters.map(({ value }) => value),
      ...states.map(({ value }) => value),
    ],
    outputs,
  );
  return ({ inputs, parameters = use.parameters.map(settled), step = 0 }) =>
    run([...inputs, Float64Array.of(step), ...parameters, ...states.map((state) => firstNumbers(state, 1))]);
}

/** Numbers of a parameter that owe nothing to its initializer, and are not all equal. */
export function settled({ shape }: { readonly shape: Shape }, i = 0): Float64Array {
  return Float64Array.from({ length: sizeOf(shape) }, (_, k) => 0.6 + 0.3 * Math.sin(3 * k + i + 1));
}

/** The requests of a use, without the path of the layer itself: two uses are compared by them. */
export function wishes(use: LayerUse, { path = 'layer' }: Setting): string[] {
  const own =
    (kind: string) =>
    ({ name, shape, options }: Asked) =>
      `${kind} '${name.slice(path.length + 1)}' [${shape.join(', ')}]${optionsOf(options)}`;
  return [...use.parameters.map(own('parameter')), ...new Set(use.states.map(own('state')))];
}

/** Options of a parameter in words: functions are made anew at each use, so only that there is one is told. */
export function optionsOf({ trainable = true, regularizer, constraint }: Asked['options']): string {
  return [
    trainable ? '' : ', not trainable',
    regularizer === undefined ? '' : ', with a regularizer',
    constraint === undefined ? '' : ', with a constraint',
  ].join('');
}

/** @throws ConformanceError for a Value that comes from an earlier use, or from elsewhere. */
export function refuseStrangers(use: LayerUse, what: string): void {
  const known = [...use.inputs, use.step, ...[...use.parameters, ...use.states].map(({ value }) => value)];
  const values = [...use.outputs, ...use.states.flatMap(({ next }) => next)];
  const stranger = upstream(values, known).find(({ node }) => node.kind === 'leaf');
  if (stranger === undefined) return;
  throw new ConformanceError({
    what: `${what} uses '${stranger.attributes['name'] ?? stranger.origin.path}', which it was not given here`,
    got: 'a Value, or the scope, of an earlier use, that was kept: its gradient is lost',
    expected: 'every Value that it depends on among its inputs and what this scope gives',
  });
}

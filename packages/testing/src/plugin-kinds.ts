import {
  type Activation,
  constant,
  evaluate,
  fill,
  type Initializer,
  type Layer,
  type Loss,
  type Metric,
  type Optimizer,
  placeholder,
  placementOf,
  RandomStream,
  type Schedule,
  type Value,
} from '@pullback/core';
import type { Case } from './case.ts';
import { conformInitializer, type InitializerConformance } from './conform-initializer.ts';
import { conformLayer, type LayerConformance } from './conform-layer.ts';
import { conformLoss, type LossConformance } from './conform-loss.ts';
import { conformMetric } from './conform-metric.ts';
import { conformNode } from './conform-node.ts';
import { conformOptimizer, type OptimizerConformance } from './conform-optimizer.ts';
import { conformSchedule, type ScheduleConformance } from './conform-schedule.ts';
import { type AnyLayer, runUse, useOf } from './layer-use.ts';
import type { MetricConformance } from './metric/examination.ts';
import type { NodeOptions } from './node-options.ts';
import { train, weightOf } from './optimizer-run.ts';
import { runner } from './runner.ts';

export type EntryOptions = Readonly<Record<string, unknown>>;

/** How things are examined, by kind and name, as the function of the kit for their kind takes it. */
export interface Examinations {
  readonly layer?: Readonly<Record<string, LayerConformance>>;
  readonly loss?: Readonly<Record<string, LossConformance>>;
  readonly optimizer?: Readonly<Record<string, OptimizerConformance>>;
  readonly schedule?: Readonly<Record<string, ScheduleConformance>>;
  readonly initializer?: Readonly<Record<string, InitializerConformance>>;
  readonly activation?: Readonly<Record<string, NodeOptions>>;
  /** A metric is examined where it stands here: what its targets are cannot be guessed. */
  readonly metric?: Readonly<Record<string, MetricConformance>>;
}

/** Whether a thing has what its kind needs. */
export function isOfKind(kind: string, thing: unknown): boolean {
  const has = (...names: string[]) =>
    (typeof thing === 'object' || typeof thing === 'function') &&
    thing !== null &&
    names.every((name) => typeof Reflect.get(thing, name) === 'function');
  switch (kind) {
    case 'layer':
      return typeof thing === 'object' && has('forward') && !has('perSample') && !has('slots');
    case 'loss':
      return (
        typeof thing === 'object' &&
        has('forward') &&
        typeof Reflect.get(thing ?? {}, 'reduction') === 'string'
      );
    case 'optimizer':
      return typeof thing === 'object' && has('slots', 'update');
    case 'metric':
      return typeof thing === 'object' && has('observe', 'summarize');
    case 'backend':
      return thing instanceof Promise || has('allocate', 'write', 'read', 'free', 'compile');
    case 'activation':
    case 'schedule':
    case 'initializer':
      return typeof thing === 'function';
    default:
      return thing !== undefined && thing !== null;
  }
}

const isLayer = (kind: string, thing: unknown): thing is AnyLayer & Layer =>
  kind === 'layer' && isOfKind(kind, thing);
const isLoss = (kind: string, thing: unknown): thing is Loss => kind === 'loss' && isOfKind(kind, thing);
const isOptimizer = (kind: string, thing: unknown): thing is Optimizer =>
  kind === 'optimizer' && isOfKind(kind, thing);
const isSchedule = (kind: string, thing: unknown): thing is Schedule =>
  kind === 'schedule' && isOfKind(kind, thing);
const isInitializer = (kind: string, thing: unknown): thing is Initializer =>
  kind === 'initializer' && isOfKind(kind, thing);
const isMetric = (kind: string, thing: unknown): thing is Metric =>
  kind === 'metric' && isOfKind(kind, thing);
const isActivation = (kind: string, thing: unknown): thing is Activation =>
  kind === 'activation' && isOfKind(kind, thing);

const wave = (count: number) =>
  Float64Array.from({ length: count }, (_, i) => 0.4 + 0.35 * Math.sin(2 * i + 1));

/** The results of a thing on a few numbers, to tell whether two are alike; undefined for what is not run here. */
export function fingerprint(kind: string, thing: unknown): string | undefined {
  const told = (numbers: Iterable<number>) => Array.from(numbers, (x) => Number(x.toPrecision(12))).join();
  if (isLayer(kind, thing)) {
    const use = useOf(thing, [[4, 3]], { layout: 'row', training: true, dtype: 'float64' });
    const asked = use.parameters.map(
      ({ name, shape, options }) => `${name} [${shape}] ${options.trainable ?? true}`,
    );
    const numbers = runUse(use)({ inputs: [wave(12)] }).flatMap(({ data }) => Array.from(data));
    return `${asked} ${told(numbers)}`;
  }
  if (isLoss(kind, thing)) {
    const [x, t] = [wave(6), wave(9).subarray(3)].map((data) =>
      constant({ shape: [2, 3], data }, { dtype: 'float64' }),
    );
    return x && t && `${thing.reduction} ${told(evaluate(thing.forward(x, t, placementOf('row'))).data)}`;
  }
  if (isOptimizer(kind, thing)) {
    const run = train(thing, [weightOf([0.5, -1])], {
      steps: 4,
      slope: (step, w) => w + Math.sin(step),
      rate: () => thing.learningRate,
    });
    return told(run.flat().flatMap((numbers) => Array.from(numbers)));
  }
  if (isSchedule(kind, thing)) {
    const step = placeholder({ shape: [], dtype: 'float64' }, 'step');
    const run = runner([step], [thing(step)]);
    return told(
      [0, 1, 2, 5, 10, 50, 100, 500, 1000, 5000].map(
        (at) => run([Float64Array.of(at)])[0]?.data[0] ?? Number.NaN,
      ),
    );
  }
  if (isInitializer(kind, thing)) return told(thing([5, 5], RandomStream.of(1, 'weight')));
  if (isActivation(kind, thing)) {
    const x: Value = constant(
      { shape: [7], data: Float64Array.of(-4, -1.2, -0.3, 0, 0.4, 1.1, 5) },
      { dtype: 'float64' },
    );
    return told(evaluate(thing(x)).data);
  }
  return undefined;
}

/** The cases of the kit for things of a kind. */
export function casesOfKind(
  kind: string,
  title: string,
  make: (changes?: EntryOptions) => unknown,
  {
    name,
    given,
    examine,
  }: { readonly name: string; readonly given: EntryOptions; readonly examine: Examinations },
): Case[] {
  const first = make();
  const again = <T>(
    is: (kind: string, thing: unknown) => thing is T,
    otherwise: T,
    changes?: EntryOptions,
  ): T => {
    const made = make(changes);
    return is(kind, made) ? made : otherwise;
  };
  const called = { name: title };
  if (isLayer(kind, first))
    return conformLayer(() => again(isLayer, first), { ...called, ...examine.layer?.[name] });
  if (isLoss(kind, first))
    return conformLoss(() => again(isLoss, first), { ...called, ...examine.loss?.[name] });
  if (isOptimizer(kind, first)) {
    const { optimizer: inner } = given;
    const rated = (learningRate: number) =>
      typeof inner === 'object' ? { optimizer: { ...inner, learningRate } } : { learningRate };
    return conformOptimizer(({ learningRate }) => again(isOptimizer, first, rated(learningRate)), {
      ...called,
      ...examine.optimizer?.[name],
    });
  }
  if (isSchedule(kind, first))
    return conformSchedule(again(isSchedule, first), { ...called, ...examine.schedule?.[name] });
  if (isInitializer(kind, first))
    return conformInitializer(again(isInitializer, first), { ...called, ...examine.initializer?.[name] });
  if (isActivation(kind, first))
    return conformNode((x) => again(isActivation, first)(x ?? fill(0, [], 'float64')), {
      ...called,
      properties: { elementwise: true },
      ...examine.activation?.[name],
    });
  const targets = examine.metric?.[name];
  if (isMetric(kind, first) && targets !== undefined)
    return conformMetric(() => again(isMetric, first), { ...called, ...targets });
  return [];
}

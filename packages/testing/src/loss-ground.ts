import {
  constant,
  type FloatDType,
  type Loss,
  type Placement,
  PullbackError,
  placementOf,
  type Shape,
  sizeOf,
  tensorOf,
  type Value,
} from '@pullback/core';
import { ConformanceError } from './case.ts';
import { type Example, numbersOf } from './example.ts';
import { nested } from './numbers-as-text.ts';
import { build, type Numbers, runner } from './runner.ts';

/** Which number of a loss is meant: the whole error, or those of the samples. */
export type Form = 'forward' | 'perSample';

/** A loss, where it is examined, and the intervals of its numbers. */
export interface LossGround {
  readonly loss: Loss;
  readonly name: string;
  readonly predictions: readonly [number, number];
  readonly targets: readonly [number, number];
  readonly tolerance: number;
}

/** Prediction and target of a batch in rows. */
export interface LossBatch {
  readonly shape: Shape;
  readonly x: Float64Array;
  readonly t: Float64Array;
}

/** The numbers of an example; targets at the ends of their interval where the loss refuses others, as labels of -1 and 1. */
export function batchOf(ground: LossGround, example: Example, shape?: Shape): LossBatch {
  const { loss, predictions, targets } = ground;
  const own = shape ?? example.sizes.slice(0, 2);
  const [x = new Float64Array()] = numbersOf(example, [own], predictions);
  const [t = new Float64Array()] = numbersOf(example, [own], targets, 'targets');
  const batch = { shape: own, x, t };
  if (acceptedBy(loss, batch)) return batch;
  const labels = atEnds(batch, targets);
  return acceptedBy(loss, labels) ? labels : batch;
}

/** Whether `check` takes the targets of a batch. */
export function acceptedBy(
  { check }: Loss,
  { shape, t }: LossBatch,
  layout: Placement['layout'] = 'row',
): boolean {
  const target = tensorOf({ shape, dtype: 'float64' });
  target.data.set(t);
  const accepted = takes(() => check?.(target, { shape, dtype: 'float64' }, placementOf(layout)));
  if (target.data.some((x, k) => !Object.is(x, t[k])))
    throw new ConformanceError({
      what: 'it is not pure: check changes the targets that it is given',
      got: nested(target.data, shape),
      expected: nested(t, shape),
    });
  return accepted;
}

/** The same with targets at the ends of their interval: each sample has one at the upper. */
export function atEnds(batch: LossBatch, targets: readonly [number, number]): LossBatch {
  const [low, high] = targets.map((end) => (Number.isFinite(end) ? end : 1));
  const width = Math.max(1, batch.shape.at(-1) ?? 1);
  const t = batch.t.map((_, k) => (k % width === Math.floor(k / width) % width ? (high ?? 1) : (low ?? 0)));
  return { ...batch, t };
}

/** The batch as it lies in columns: all axes in the other order. */
export function inColumns({ shape, x, t }: LossBatch): LossBatch {
  const turn = (data: Float64Array) => {
    const turned = data.slice();
    data.forEach((y, k) => {
      turned[reversed(k, shape)] = y;
    });
    return turned;
  };
  return { shape: [...shape].reverse(), x: turn(x), t: turn(t) };
}

/** Where element `k` lies when all axes are in the other order. */
function reversed(k: number, shape: Shape): number {
  let [rest, at] = [k, 0];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] ?? 1;
    at = at * extent + (rest % extent);
    rest = Math.floor(rest / extent);
  }
  return at;
}

/** Sample `i` of a batch in rows. */
export function sampleOf({ shape, x, t }: LossBatch, i: number): LossBatch {
  const width = sizeOf(shape.slice(1));
  const cut = (data: Float64Array) => data.subarray(i * width, (i + 1) * width);
  return { shape: [1, ...shape.slice(1)], x: cut(x), t: cut(t) };
}

/** The graph of a form of the loss. */
export function graphOf(
  loss: Loss,
  form: Form,
  [x, t]: readonly (Value | undefined)[],
  at: Placement = placementOf('row'),
): Value {
  if (x === undefined || t === undefined)
    throw new ConformanceError({ what: 'a loss', got: 'no prediction', expected: 'prediction and target' });
  const made = form === 'forward' ? loss.forward(x, t, at) : loss.perSample?.(x, t, at);
  if (made === undefined)
    throw new ConformanceError({ what: 'perSample', got: 'none', expected: 'errors of samples' });
  return made;
}

interface Use {
  readonly layout?: Placement['layout'];
  readonly dtype?: FloatDType;
}

/** The numbers of a form of the loss, and the shape that they have, of a graph that is built once for many batches. */
export function numbersOfLoss(loss: Loss, form: Form, batch: LossBatch, use: Use = {}): Figures {
  const own = built.get(loss) ?? new Map<string, Numbers>();
  built.set(loss, own);
  const key = [form, use.layout, use.dtype, ...batch.shape].join();
  const run = own.get(key) ?? graphFor(loss, form, batch, use);
  own.set(key, run);
  return figuresOf(run, batch);
}

/** The same of a graph that is built for this use. */
export function numbersOfUse(loss: Loss, form: Form, batch: LossBatch, use: Use = {}): Figures {
  return figuresOf(graphFor(loss, form, batch, use), batch);
}

const built = new WeakMap<Loss, Map<string, Numbers>>();

interface Figures {
  readonly shape: Shape;
  readonly numbers: number[];
}

function graphFor(
  loss: Loss,
  form: Form,
  { shape }: LossBatch,
  { layout = 'row', dtype = 'float64' }: Use,
): Numbers {
  const of = (...given: Value[]) => graphOf(loss, form, given, placementOf(layout));
  const { inputs, outputs } = build(of, [shape, shape], dtype);
  return runner(inputs, outputs);
}

function figuresOf(run: Numbers, { x, t }: LossBatch): Figures {
  const [made] = run([x, t]);
  return { shape: made?.shape ?? [], numbers: Array.from(made?.data ?? []) };
}

/** The whole error. */
export function errorOf(loss: Loss, batch: LossBatch, layout: Placement['layout'] = 'row'): number {
  return numbersOfLoss(loss, 'forward', batch, { layout }).numbers[0] ?? Number.NaN;
}

/** A form of the loss as a function of the prediction alone, with the batch's targets. */
export function ofPrediction(loss: Loss, form: Form, { t }: LossBatch, layout: Placement['layout'] = 'row') {
  return (x?: Value): Value =>
    graphOf(
      loss,
      form,
      [x, x && constant({ shape: x.shape, data: t }, { dtype: x.dtype })],
      placementOf(layout),
    );
}

/** Whether the loss takes what `run` gives it: what it refuses, it refuses with an error of ours. */
export function takes(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof PullbackError) return false;
    throw error;
  }
}

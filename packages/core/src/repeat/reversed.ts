import { gradients, type Seed } from '../derive/gradient.ts';
import { copied } from '../graph/copied.ts';
import { upstream } from '../graph/upstream.ts';
import { type Cotangents, type Value, type Vertex, vertexCount } from '../graph/value.ts';
import { add } from '../ops/arithmetic.ts';
import { fill, placeholder } from '../ops/leaves.ts';
import { squeeze } from '../ops/reshape.ts';
import { slice } from '../ops/slice-pad.ts';
import { isFloat } from '../tensors/dtype.ts';
import type { Repetition } from './hoist.ts';
import {
  isBarrier,
  isGiven,
  isMovement,
  type Order,
  opened,
  pacesOf,
  placeholdersOf,
  type Step,
} from './step.ts';
import { type Total, totalOf } from './total.ts';

interface Forward {
  readonly step: Step;
  /** The Values whose stacks are results. */
  readonly values: readonly Value[];
  readonly order: Order;
  /** The gradients that come back to [...finals, ...histories, ...stacks]. */
  readonly arriving: Cotangents;
  readonly at: Pick<Vertex, 'inputs' | 'outputs'>;
}

/** The J^T of a repetition as one in the other direction, and what its results are. */
export interface Reversed {
  readonly repetition: Repetition;
  /** One for each of [...captured, ...carries, ...sequences]. */
  cotangents(made: { readonly finals: readonly Value[]; readonly stacks: readonly Value[] }): Cotangents;
}

/**
 * J^T of a repetition. Its carries are the gradients of the carries, its sequences what came back to the stacks and those numbers of the way forward
 * that the J^T of a step reads. The gradient of what is the same in every step is a sum over all steps, a product of two stacks where the
 * sum is one of products.
 */
export function reversed({ step, values, order, arriving, at }: Forward): Reversed {
  const count = step.carries.length;
  const [ofFinals, ofHistories, ofStacks] = [
    arriving.slice(0, count),
    arriving.slice(count, 2 * count),
    arriving.slice(2 * count),
  ];
  const sequences: Sequence[] = [];
  const read = (outside: Value, name: string): Value => {
    const { shape, dtype } = outside.spec;
    const inside = placeholder({ shape: shape.slice(1), dtype }, name);
    sequences.push({ inside, outside });
    return inside;
  };
  const floating = step.carries.flatMap((carry, i) => (isFloat(carry.dtype) ? [i] : []));
  const back = floating.map((i) => ({
    i,
    gradient: placeholder(specOf(step.carries[i]), `gradient of carry ${i}`),
  }));
  const later = order.reverse ? 0 : 1;
  const seeds: Seed[] = back.flatMap(({ i, gradient: seed }) => {
    const of = step.next[i];
    const history = ofHistories[i];
    if (of === undefined) return [];
    const rows = history && slice(history, [later], [later + order.length]);
    return [{ of, seed }, ...(rows === undefined ? [] : [{ of, seed: read(rows, 'gradient') }])];
  });
  values.forEach((of, i) => {
    const stack = ofStacks[i];
    if (stack !== undefined && isFloat(of.dtype)) seeds.push({ of, seed: read(stack, 'gradient') });
  });

  const places = placeholdersOf(step).filter(({ dtype }) => isFloat(dtype));
  const mark = vertexCount();
  const found = gradients(seeds, places);
  const slopeOf = (place: Value) => found[places.indexOf(place)];
  const next = back.map(({ i, gradient: { shape, dtype } }) => {
    const carry = step.carries[i];
    return (carry && slopeOf(carry)) ?? fill(0, shape, dtype);
  });
  const ofSlices = step.slices.map(slopeOf);
  const isRecomputed = (slope: Value) =>
    upstream([slope], ({ inputs }) => inputs).some((vertex) => vertex.id >= mark && isBarrier(vertex));
  /** Sums that are made step after step: their terms are of numbers that are not kept. */
  const running: { readonly slope: Value; readonly sum: Value }[] = [];
  const totals = step.captured.map((value, i): Total | undefined => {
    const slope = slopeOf(value);
    if (slope === undefined || !isRecomputed(slope)) return slope && totalOf(slope);
    const sum = placeholder(slope.spec, `gradient of captured ${i}`);
    const place = back.length + running.push({ slope, sum }) - 1;
    return { parts: [], make: (_, finals) => finals[place] ?? slope };
  });
  for (const { slope, sum } of running) next.push(add(sum, slope));
  const asked = [...ofSlices, ...totals.flatMap((total) => total?.parts ?? [])].filter(
    (value) => value !== undefined,
  );
  const handedOn = [...back.map(({ gradient }) => gradient), ...running.map(({ sum }) => sum)];
  const given = [...handedOn, ...sequences.map(({ inside }) => inside)];
  const kept = keptOf([...next, ...asked], { step, given, mark });
  const stacks = new Stacks(step, values, order, at);
  const standIns = new Map<Value, Value>();
  for (const inner of new Set(kept.map(opened))) standIns.set(inner, read(stacks.of(inner), 'kept'));
  const made = copied(
    [...next, ...asked],
    kept,
    kept.map((value) => standIns.get(opened(value)) ?? value),
  );
  return {
    repetition: {
      step: {
        captured: step.captured,
        carries: handedOn,
        slices: sequences.map(({ inside }) => inside),
        next: made.slice(0, next.length),
      },
      operands: {
        captured: at.inputs.slice(0, step.captured.length),
        carries: handedOn.map(
          ({ shape, dtype }, place) => ofFinals[back[place]?.i ?? -1] ?? fill(0, shape, dtype),
        ),
        sequences: sequences.map(({ outside }) => outside),
      },
      asked: made.slice(next.length),
    },
    cotangents: ({ finals, stacks: long }) => {
      const stackOf = new Map(asked.map((value, i) => [value, long[i]]));
      const stacked = (value: Value) => stackOf.get(value) ?? value;
      const first = order.reverse ? order.length : 0;
      return [
        ...totals.map((total) => total?.make(stacked, finals)),
        ...step.carries.map((_, i) => {
          const history = ofHistories[i];
          const own = finals[floating.indexOf(i)];
          if (own === undefined || history === undefined) return own;
          return add(own, squeeze(slice(history, [first], [first + 1]), 0));
        }),
        ...ofSlices.map((value) => value && stackOf.get(value)),
      ];
    },
  };
}

interface Sequence {
  readonly inside: Value;
  readonly outside: Value;
}

function specOf(value: Value | undefined): Value['spec'] {
  return value?.spec ?? { shape: [], dtype: 'float32' };
}

interface Behind {
  readonly step: Step;
  /** The placeholders of the way back. */
  readonly given: readonly Value[];
  /** The vertices of the way back have ids from here up. */
  readonly mark: number;
}

/** The Values of the way forward that are kept for the way back: where they are only moved, or are made of what is captured, that is done again. */
function keptOf(wanted: readonly Value[], { step, given, mark }: Behind): Value[] {
  const kept = new Set<Value>();
  const seen = new Set([...step.captured, ...given]);
  const paceOf = pacesOf(step);
  const own = new Set([...step.carries, ...step.slices]);
  const waiting = [...wanted];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    const { vertex } = value;
    const isBehind = vertex.id >= mark;
    if (own.has(value)) kept.add(value);
    else if (isBehind || isMovement(vertex) || isGiven(vertex) || paceOf(value) === 'once')
      waiting.push(...vertex.inputs);
    else kept.add(value);
  }
  return [...kept];
}

/** The numbers of the way forward at all steps. */
class Stacks {
  constructor(
    readonly step: Step,
    readonly values: readonly Value[],
    readonly order: Order,
    readonly at: Pick<Vertex, 'inputs' | 'outputs'>,
  ) {}

  /** The stack of a placeholder or of a Value of a primitive. */
  of(value: Value): Value {
    const { step, values, order, at } = this;
    const [captured, carries] = [step.captured.length, step.carries.length];
    const place = step.slices.indexOf(value);
    const sequence = place < 0 ? undefined : at.inputs[captured + carries + place];
    if (sequence !== undefined) return sequence;
    const [carry, next] = [step.carries.indexOf(value), step.next.map(opened).indexOf(value)];
    const history = at.outputs[carries + (carry < 0 ? next : carry)];
    if ((carry >= 0 || next >= 0) && history !== undefined) {
      const start = carry < 0 === order.reverse ? 0 : 1;
      return slice(history, [start], [start + order.length]);
    }
    const stack = at.outputs[2 * carries + values.map(opened).indexOf(value)];
    if (stack === undefined) throw new RangeError('what the way back reads is a value of the way forward');
    return stack;
  }
}

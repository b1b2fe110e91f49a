import { vmap } from '../derive/vmap.ts';
import type { Repeat } from '../forms/form.ts';
import { applyMany, vertexOf } from '../graph/apply.ts';
import type { Attributes } from '../graph/attributes.ts';
import { copied } from '../graph/copied.ts';
import type { Batch, Primitive, Program, Value, Vertex } from '../graph/value.ts';
import { broadcast } from '../ops/broadcast-sum.ts';
import { fill, placeholder } from '../ops/leaves.ts';
import { expandDims } from '../ops/reshape.ts';
import { slice } from '../ops/slice-pad.ts';
import { moveAxis } from '../ops/transpose.ts';
import { evaluateRepeat } from '../trace/repeat-primitive.ts';
import { trace } from '../trace/trace.ts';
import { hoisted, type Repetition } from './hoist.ts';
import { reversed } from './reversed.ts';
import {
  isMovement,
  type Order,
  opened,
  openedVertices,
  pacesOf,
  placeholdersOf,
  type Step,
} from './step.ts';

/** The results of a repetition. */
export interface Repeated {
  readonly finals: readonly Value[];
  /** The carries before each step and after the last: [length + 1, ...], in the order of the sequences. */
  readonly histories: readonly Value[];
  /** The Values that were asked for, at all steps: [length, ...]. */
  readonly stacks: readonly Value[];
}

/** The steps one after the other. Products that can be taken at once are taken before or after them. */
export function repeat({ step, operands, asked }: Repetition, order: Order): Repeated {
  if (order.length === 0)
    return {
      finals: operands.carries,
      histories: operands.carries.map((carry) => expandDims(carry, 0)),
      stacks: asked.map(({ shape, dtype }) => fill(0, [0, ...shape], dtype)),
    };
  const inner = hoisted({ step, operands, asked });
  const results = new Results(inner, order);
  const { finals, histories } = results;
  return { finals, histories, stacks: inner.asked.map((value) => results.stackOf(value)) };
}

/** A repetition as one vertex, and its Values at all steps. */
class Results {
  readonly finals: readonly Value[];
  readonly histories: readonly Value[];
  readonly #vertex: readonly Value[];
  readonly #places: ReadonlyMap<Value, number>;
  readonly #known = new Map<Value, Value>();
  /** The vertices that the next carries depend on. */
  readonly #handedOn: ReadonlySet<Vertex>;
  readonly #paceOf: ReturnType<typeof pacesOf>;

  constructor(
    readonly repetition: Repetition,
    readonly order: Order,
  ) {
    const { step, operands, asked } = repetition;
    const inner = openedVertices([...step.next, ...asked], step).flatMap(({ outputs }) => outputs);
    // First as they are asked for: what comes back to a composite goes through its own vjp.
    const values = [...new Set([...asked, ...inner])];
    const carries = step.carries.length;
    this.#vertex = applyMany(
      repetitionOf({ step, values, order }),
      [...operands.captured, ...operands.carries, ...operands.sequences],
      { length: order.length, reverse: order.reverse },
    );
    this.finals = this.#vertex.slice(0, carries);
    this.histories = this.#vertex.slice(carries, 2 * carries);
    this.#places = new Map(values.map((value, i) => [opened(value), 2 * carries + i] as const).reverse());
    this.#handedOn = new Set(openedVertices(step.next, step));
    this.#paceOf = pacesOf(step);
  }

  stackOf(value: Value): Value {
    const known =
      this.#known.get(value) ?? this.#stackOf(opened(value), value.vertex.expansion !== undefined);
    this.#known.set(value, known);
    return known;
  }

  #stackOf(value: Value, isComposite: boolean): Value {
    const { step, operands } = this.repetition;
    const { length, reverse } = this.order;
    const [slicePlace, carry, next] = [step.slices, step.carries, step.next.map(opened)].map((list) =>
      list.indexOf(value),
    );
    const sequence = operands.sequences[slicePlace ?? -1];
    if (sequence !== undefined) return sequence;
    if (carry !== undefined && carry >= 0) return this.#rows(carry, reverse ? 1 : 0);
    if (next !== undefined && next >= 0) return this.#rows(next, reverse ? 0 : 1);
    if (this.#paceOf(value) === 'once') {
      const [outside = value] = copied([value], step.captured, operands.captured);
      return broadcast(outside, [length, ...value.shape]);
    }
    const isKeptApart = isComposite || this.#paceOf(value) === 'withinStep';
    const made = isKeptApart ? undefined : this.#afterwards(value.vertex);
    return made ?? this.#vertex[this.#places.get(value) ?? -1] ?? value;
  }

  /** The values of a carry from `start` on in its history. */
  #rows(carry: number, start: number): Value {
    const history = this.histories[carry];
    if (history === undefined) throw new RangeError('each carry has a history');
    return slice(history, [start], [start + this.order.length]);
  }

  /** A vertex that is only movement, or a product that is not handed on, made of its operands at all steps. */
  #afterwards(vertex: Vertex): Value | undefined {
    const { node, inputs, attributes, outputs } = vertex;
    if (node.kind === 'composite') return undefined;
    const isProduct = node.form?.kind === 'contract' && !this.#handedOn.has(vertex);
    if (!isProduct && !isMovement(vertex)) return undefined;
    const { step, operands } = this.repetition;
    const each = inputs.map((input) => this.#paceOf(input) !== 'once');
    const given = inputs.map((input, i) =>
      each[i] === true
        ? this.stackOf(input)
        : (copied([input], step.captured, operands.captured)[0] ?? input),
    );
    const [made] = vmap((...x: Value[]) => vertexOf(node, x, attributes).outputs, {
      axes: each.map((is) => (is ? 0 : null)),
    })(...given);
    return outputs.length === 1 ? made : undefined;
  }
}

interface Repeatable {
  readonly step: Step;
  /** The Values that are asked for, and those of primitives in the step. */
  readonly values: readonly Value[];
  readonly order: Order;
}

/** The node of a repetition. Its results are [...finals, ...histories, ...stacks of all values]; tracing keeps those that are read. */
function repetitionOf(repeatable: Repeatable): Primitive<readonly Value[], Attributes, readonly Value[]> {
  const { step, values, order } = repeatable;
  let whole: Repeat<Program> | undefined;
  const all = step.carries.map((_, i) => i);
  const described = (): Repeat<Program> => {
    whole ??= {
      body: trace(placeholdersOf(step), [...step.next, ...values]),
      ...order,
      captured: step.captured.length,
      carries: all.length,
      finals: all,
      histories: all,
    };
    return whole;
  };
  const long =
    (more: number) =>
    ({ shape, dtype }: Value) => ({ shape: [order.length + more, ...shape], dtype });
  return {
    kind: 'repetition',
    name: 'scan',
    form: { kind: 'repeat', repeat: described },
    infer: () => [
      ...step.carries.map(({ spec }) => spec),
      ...step.carries.map(long(1)),
      ...values.map(long(0)),
    ],
    evaluate: (inputs, outputs) => evaluateRepeat(described(), inputs, outputs),
    vjp: (arriving, at) => {
      const back = reversed({ ...repeatable, arriving: [arriving].flat(), at });
      return back.cotangents(repeat(back.repetition, { ...order, reverse: !order.reverse }));
    },
    batch: (inputs, batch) => batched(repeatable, inputs, batch),
  };
}

/** The same steps for many samples, which lie along the first axis of every input that has them, and of all results. */
function batched(
  { step, values, order }: Repeatable,
  inputs: readonly Value[],
  { size, batched: own }: Batch,
): Value[] {
  const given = placeholdersOf(step);
  const [captured, carries] = [step.captured.length, step.carries.length];
  const isCarry = given.map((_, i) => i >= captured && i < captured + carries);
  const has = isCarry.map((is, i) => is || own[i] === true);
  const all = given.map(({ shape, dtype }, i) =>
    placeholder({ shape: has[i] === true ? [size, ...shape] : shape, dtype }, `samples${i}`),
  );
  const made = vmap(
    (...sample: Value[]): readonly Value[] => copied([...step.next, ...values], given, sample),
    {
      axes: has.map((is) => (is ? 0 : null)),
    },
  )(...all);
  const outside = inputs.map((input, i) => {
    if (isCarry[i] === true) return own[i] === true ? input : broadcast(input, [size, ...input.shape]);
    return i >= captured && own[i] === true ? moveAxis(input, 1, 0) : input;
  });
  const parts = <T>(list: readonly T[]) => ({
    captured: list.slice(0, captured),
    carries: list.slice(captured, captured + carries),
    slices: list.slice(captured + carries),
  });
  const { slices: sequences, ...operands } = parts(outside);
  const { finals, histories, stacks } = repeat(
    {
      step: { ...parts(all), next: made.slice(0, carries) },
      operands: { ...operands, sequences },
      asked: made.slice(carries),
    },
    order,
  );
  return [...finals, ...[...histories, ...stacks].map((long) => moveAxis(long, 1, 0))];
}

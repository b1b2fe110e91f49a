import {
  denseView,
  type Instruction,
  type Program,
  type Shape,
  sameView,
  sizeOf,
  type TensorSpec,
  type View,
} from '@pullback/core';
import {
  type Bound,
  type CommonOf,
  copyOf,
  dense,
  type InMemory,
  type Op,
  type Operand,
  type OpsMade,
} from './op.ts';
import type { Padded } from './padded.ts';

/** Elements in memory, and 0 where a bound does not hold. */
export interface Bounded extends InMemory {
  readonly bounds: readonly Bound[];
}

/** A Program on its way to ops: each of its values has a meaning, which is a view of a value in memory, a number, or places. */
export class Lowering implements OpsMade {
  readonly ops: Op[] = [];
  readonly specs = new Map<number, TensorSpec>();
  /** The values that literals hold. */
  readonly literals = new Set<number>();
  readonly #meanings = new Map<number, Operand>();
  /** Those that are padded, by what they are padded of. */
  readonly #bounded = new Map<number, Bounded>();
  /** Values that nobody has read yet. */
  readonly #padded = new Map<number, Padded>();
  /** How often each value is read or returned, and the last of its readers. */
  readonly #uses: { readonly times: readonly number[]; readonly readers: readonly Instruction[] };
  readonly #given: readonly TensorSpec[];
  #fresh: number;

  constructor(program: Program) {
    this.#given = [...program.inputs, ...program.body.flatMap(({ outputs }) => outputs)];
    this.#fresh = this.#given.length;
    this.#uses = usesIn(program, this.#fresh);
    for (const [i, spec] of program.inputs.entries()) this.specs.set(i, spec);
  }

  specOf(value = -1): TensorSpec {
    return this.#given[value] ?? { shape: [], dtype: 'float32' };
  }

  /** The number of a value that no instruction makes. */
  fresh(): number {
    return this.#fresh++;
  }

  /** Keeps a value back until it is read, or becomes part of another one. */
  keep(padded: Padded): void {
    this.#padded.set(padded.common.root, padded);
  }

  /** A value that was kept back and is 0 outside of its parts, where who asks is its only reader. */
  kept(value = -1): Padded | undefined {
    const padded = this.#padded.get(value);
    return padded?.isZero === true && this.#uses.times[value] === 1 ? padded : undefined;
  }

  release(value = -1): Padded | undefined {
    const padded = this.#padded.get(value);
    this.#padded.delete(value);
    return padded;
  }

  /** The instruction that alone reads a value; undefined where several do, or the value is returned. */
  readerOf(value: number): Instruction | undefined {
    return this.#uses.times[value] === 1 ? this.#uses.readers[value] : undefined;
  }

  meaningOf(value = -1): Operand {
    this.release(value)?.write(this);
    return this.#meanings.get(value) ?? dense(value, this.specOf(value).shape);
  }

  means(value: number, meaning: Operand): void {
    this.#meanings.set(value, meaning);
  }

  /** A padded value by the elements that are padded, beside its meaning. */
  boundedOf(value: number): Bounded | undefined {
    return this.#bounded.get(value);
  }

  bounds(value: number, meaning: Bounded | undefined): void {
    if (meaning !== undefined) this.#bounded.set(value, meaning);
  }

  define(op: Op): void {
    this.ops.push(op);
    this.specs.set(op.root, op.spec);
  }

  /** Defines the op that makes the value of an instruction, dense. */
  put(op: Op): void {
    this.define(op);
    this.means(op.root, dense(op.root, op.spec.shape));
  }

  commonOf({ first, outputs, primitive, attributes, origins }: Instruction): CommonOf {
    const [spec = this.specOf(first)] = outputs;
    return { root: first, spec, name: primitive.name, attributes, origins };
  }

  /** `meaning`, which is read as the shape of `spec`, as a value of its own that lies densely. */
  copy(meaning: Operand, spec: TensorSpec, { origins }: Pick<Instruction, 'origins'>): InMemory {
    const root = this.fresh();
    const { strides } = denseView(spec.shape);
    const { shape } = spec;
    const [kind, name] = ['map', 'copy'] as const;
    this.define({
      kind,
      name,
      formula: copyOf(spec.dtype),
      attributes: {},
      root,
      spec,
      origins,
      shape,
      operands: [meaning],
      strides,
    });
    return dense(root, shape);
  }

  /** `meaning` as elements that lie in memory somehow. */
  inMemory(meaning: Operand, spec: TensorSpec, instruction: Pick<Instruction, 'origins'>): InMemory {
    return meaning.kind === 'root' ? meaning : this.copy(meaning, spec, instruction);
  }

  isDense(meaning: Operand, shape: Shape): meaning is InMemory {
    return (
      meaning.kind === 'root' &&
      sameView(meaning.view, denseView(shape)) &&
      sizeOf(this.specs.get(meaning.root)?.shape ?? []) === sizeOf(shape)
    );
  }
}

/** A view whose axes of extent 1 may be repeated: their stride is 0. */
export function broadcastable({ offset, strides }: View, shape: Shape): View {
  return { offset, strides: strides.map((stride, i) => (shape[i] === 1 ? 0 : stride)) };
}

function usesIn({ body, outputs }: Program, values: number) {
  const times = new Array<number>(values).fill(0);
  const readers: Instruction[] = [];
  const count = (value: number): void => {
    times[value] = (times[value] ?? 0) + 1;
  };
  for (const instruction of body)
    for (const input of instruction.inputs) {
      count(input);
      readers[input] = instruction;
    }
  outputs.forEach(count);
  return { times, readers };
}

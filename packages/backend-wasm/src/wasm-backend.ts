import {
  type Backend,
  type Binding,
  type Buffer,
  bytesOf,
  DisposedError,
  type DType,
  type Executable,
  type HostTensor,
  type Program,
  ShapeError,
  sizeOf,
  type TensorSpec,
  type TypedArray,
} from '@pullback/core';
import { Assembler, type Code, call, copyMemory } from './assembler.ts';
import { chainCode } from './elementwise.ts';
import { Heap } from './heap.ts';
import { defineProduct } from './matmul.ts';
import { type Plan, planOf, type Step } from './plan.ts';
import { sumCode } from './sum.ts';

/**
 * Programs as kernels in one WebAssembly module: elementwise chains, products and sums of float32 as SIMD code made for their shapes; what is
 * left is done on the same memory by the primitives' own meaning, as the reference backend does it.
 */
export class WasmBackend implements Backend {
  readonly name = 'wasm';
  readonly dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'bool', 'uint8'];
  readonly #heap = new Heap();
  readonly #addresses = new WeakMap<Buffer, number>();
  /** Gives the scratch memory of a binding back when the binding is garbage. */
  readonly #scratch = new FinalizationRegistry<readonly number[]>((blocks) => {
    for (const block of blocks) this.#heap.give(block);
  });

  allocate(spec: TensorSpec): Buffer {
    const buffer = { spec };
    this.#addresses.set(buffer, this.#heap.take(bytesIn(spec)));
    return buffer;
  }

  write(buffer: Buffer, data: TypedArray): void {
    const own = this.#view(buffer.spec, this.#addressOf(buffer));
    if (own.length !== data.length)
      throw new ShapeError({ got: `${data.length} elements`, expected: `${own.length}` });
    own.set(data);
  }

  async read(buffer: Buffer): Promise<TypedArray> {
    return this.#view(buffer.spec, this.#addressOf(buffer)).slice();
  }

  free(buffer: Buffer): void {
    this.#heap.give(this.#addressOf(buffer));
    this.#addresses.delete(buffer);
  }

  async compile(program: Program): Promise<Executable> {
    const plan = planOf(program);
    return { bind: (inputs, outputs) => this.#bind(program, plan, inputs, outputs) };
  }

  #bind(program: Program, plan: Plan, inputs: readonly Buffer[], outputs: readonly Buffer[]): Binding {
    if (inputs.length !== program.inputs.length || outputs.length !== program.outputs.length)
      throw new ShapeError({
        got: `${inputs.length} inputs and ${outputs.length} outputs`,
        expected: `${program.inputs.length} and ${program.outputs.length}`,
      });
    const blocks: number[] = [];
    const take = (bytes: number): number => {
      const block = this.#heap.take(bytes);
      blocks.push(block);
      return block;
    };
    const addresses = new Map(inputs.map((buffer, i) => [i, this.#addressOf(buffer)]));
    for (const value of plan.kept)
      if (!addresses.has(value)) addresses.set(value, take(bytesIn(specOf(plan, value))));
    const addressOf = (value: number): number => addresses.get(plan.rootOf(value)) ?? 0;

    const assembler = new Assembler();
    const segments: (number[] | HostStep)[] = [];
    const append = (index: number): void => {
      const last = segments.at(-1);
      if (Array.isArray(last)) last.push(index);
      else segments.push([index]);
    };
    for (const step of plan.steps) {
      if (step.kind === 'host') {
        const place = hostStep(step.instruction, plan, addressOf);
        // What has no operands is the same in every run.
        if (place.inputs.length === 0) this.#evaluate(place)();
        else segments.push(place);
      } else append(defineStep(assembler, step, plan, addressOf, take));
    }
    const targets = outputs.map((buffer) => this.#addressOf(buffer));
    append(assembler.define(0, () => copies(program, plan, targets, addressOf, take)));
    segments.forEach((segment, i) => {
      if (Array.isArray(segment)) assembler.define(0, () => segment.map(call), `segment${i}`);
    });

    const module = new WebAssembly.Module(assembler.bytes());
    const { exports } = new WebAssembly.Instance(module, { e: { memory: this.#heap.memory } });
    let memory: ArrayBufferLike | undefined;
    let runs: readonly (() => void)[] = [];
    // Growing the memory detaches views, so those of steps on the host are made anew then.
    const renewed = (): readonly (() => void)[] => {
      memory = this.#heap.memory.buffer;
      return segments.map((segment, i) => {
        if (Array.isArray(segment)) return exports[`segment${i}`] as () => void;
        return this.#evaluate(segment);
      });
    };
    const binding: Binding = {
      run: (times = 1) => {
        if (memory !== this.#heap.memory.buffer) runs = renewed();
        for (let time = 0; time < times; time++) for (const run of runs) run();
      },
    };
    this.#scratch.register(binding, blocks);
    return binding;
  }

  /** A step on the host, on views of the memory as it is now. */
  #evaluate({ instruction, inputs, outputs }: HostStep): () => void {
    const tensor = ({ spec, address }: Place): HostTensor => ({ ...spec, data: this.#view(spec, address) });
    const read = inputs.map(tensor);
    const [first, ...others] = outputs.map(tensor);
    return () => {
      if (first !== undefined)
        instruction.primitive.evaluate(read, [first, ...others], instruction.attributes);
    };
  }

  #view({ dtype, shape }: TensorSpec, address: number): TypedArray {
    const { buffer } = this.#heap.memory;
    const length = sizeOf(shape);
    if (dtype === 'float32') return new Float32Array(buffer, address, length);
    if (dtype === 'float64') return new Float64Array(buffer, address, length);
    return dtype === 'int32'
      ? new Int32Array(buffer, address, length)
      : new Uint8Array(buffer, address, length);
  }

  #addressOf(buffer: Buffer): number {
    const address = this.#addresses.get(buffer);
    if (address === undefined)
      throw new DisposedError({
        got: 'a buffer that was freed or belongs to another backend',
        expected: 'a buffer of this wasm backend',
      });
    return address;
  }
}

interface Place {
  readonly spec: TensorSpec;
  readonly address: number;
}

interface HostStep {
  readonly instruction: Program['body'][number];
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
}

function bytesIn({ dtype, shape }: TensorSpec): number {
  return bytesOf(dtype) * sizeOf(shape);
}

function specOf({ specs }: Plan, value: number): TensorSpec {
  return specs[value] ?? { shape: [], dtype: 'float32' };
}

function hostStep(
  instruction: Program['body'][number],
  plan: Plan,
  addressOf: (value: number) => number,
): HostStep {
  const place = (value: number): Place => ({ spec: specOf(plan, value), address: addressOf(value) });
  return {
    instruction,
    inputs: instruction.inputs.map(place),
    outputs: instruction.outputs.map((_, k) => place(instruction.first + k)),
  };
}

function defineStep(
  assembler: Assembler,
  step: Exclude<Step, { kind: 'host' }>,
  plan: Plan,
  addressOf: (value: number) => number,
  take: (bytes: number) => number,
): number {
  if (step.kind === 'elementwise')
    return assembler.define(0, (locals) => chainCode(locals, step, plan, addressOf));
  const { first, inputs } = step.instruction;
  if (step.kind === 'sum') {
    const [outer, reduced, inner] = step.extents;
    const from = addressOf(inputs[0] ?? 0);
    return assembler.define(0, (locals) =>
      sumCode(locals, { outer, reduced, inner, from, to: addressOf(first) }),
    );
  }
  const [rows = 0, columns = 0] = specOf(plan, first).shape;
  const inner = specOf(plan, inputs[0] ?? 0).shape.at(-1) ?? 0;
  const [a, b] = step.operands.map(({ value, transposed }, i) => ({
    address: addressOf(value),
    stride: i === 0 ? (transposed ? rows : inner) : transposed ? inner : columns,
    transposed,
  }));
  if (a === undefined || b === undefined) return assembler.define(0, () => []);
  return defineProduct(assembler, {
    rows,
    inner,
    columns,
    a,
    b,
    to: addressOf(first),
    panel: take(inner * 32),
  });
}

/** The results into the buffers of the outputs, after everything was read; inputs that are outputs are put aside first. */
function copies(
  { outputs, inputs }: Program,
  plan: Plan,
  targets: readonly number[],
  addressOf: (value: number) => number,
  take: (bytes: number) => number,
): Code {
  const moves = outputs.map((value, i) => {
    const bytes = bytesIn(specOf(plan, value));
    const from = addressOf(value);
    const aside = plan.rootOf(value) < inputs.length ? take(bytes) : undefined;
    return { bytes, from, aside, to: targets[i] ?? 0 };
  });
  return [
    moves.map(({ bytes, from, aside }) => (aside === undefined ? [] : copyMemory(aside, from, bytes))),
    moves.map(({ bytes, from, aside, to }) => copyMemory(to, aside ?? from, bytes)),
  ];
}

/** A backend with a memory of its own. */
export function wasm(): WasmBackend {
  return new WasmBackend();
}

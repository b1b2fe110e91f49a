import {
  type Backend,
  type BackendStatistics,
  type Binding,
  type Buffer,
  DisposedError,
  type DType,
  type Executable,
  type HostTensor,
  type Program,
  ShapeError,
  type TensorSpec,
  type TypedArray,
  tensorOf,
  UnsupportedError,
} from '@pullback/core';

/** The reference backend: every primitive by its own meaning, one after the other. Slow and obvious. */
export class CpuBackend implements Backend {
  readonly name = 'cpu';
  readonly dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'bool', 'uint8'];
  readonly #tensors = new WeakMap<Buffer, HostTensor>();
  #buffers = 0;
  #bytes = 0;

  allocate(spec: TensorSpec): Buffer {
    const buffer = { spec };
    const tensor = tensorOf(spec);
    this.#tensors.set(buffer, tensor);
    this.#buffers++;
    this.#bytes += tensor.data.byteLength;
    return buffer;
  }

  write(buffer: Buffer, data: TypedArray): void {
    const { data: own } = this.#held(buffer);
    if (own.length !== data.length)
      throw new ShapeError({ got: `${data.length} elements`, expected: `${own.length}` });
    own.set(data);
  }

  async read(buffer: Buffer): Promise<TypedArray> {
    return this.#held(buffer).data.slice();
  }

  free(buffer: Buffer): void {
    const tensor = this.#tensors.get(buffer);
    if (tensor === undefined) return;
    this.#tensors.delete(buffer);
    this.#buffers--;
    this.#bytes -= tensor.data.byteLength;
  }

  /** Buffers that were not freed; those that were garbage collected are still counted. */
  statistics(): BackendStatistics {
    return { buffers: this.#buffers, bytes: this.#bytes };
  }

  async compile(program: Program): Promise<Executable> {
    return { bind: (inputs, outputs) => this.#bind(program, inputs, outputs) };
  }

  #bind(program: Program, inputs: readonly Buffer[], outputs: readonly Buffer[]): Binding {
    if (inputs.length !== program.inputs.length || outputs.length !== program.outputs.length)
      throw new ShapeError({
        got: `${inputs.length} inputs and ${outputs.length} outputs`,
        expected: `${program.inputs.length} and ${program.outputs.length}`,
      });
    const values: HostTensor[] = inputs.map((buffer) => this.#held(buffer));
    const steps = program.body.map(({ primitive, inputs: operands, attributes, outputs: specs }) => {
      const read = operands.map((operand) => at(values, operand));
      const [first, ...others] = specs.map(tensorOf);
      if (first === undefined) throw new UnsupportedError(`'${primitive.name}' has no output`);
      values.push(first, ...others);
      return () => primitive.evaluate(read, [first, ...others], attributes);
    });
    // An output that is itself an input is copied first: its buffer may be written by another output.
    const results = program.outputs.map((number, i) => {
      const target = this.#held(at(outputs, i));
      const source = at(values, number);
      return { target, source, aside: number < inputs.length ? source.data.slice() : undefined };
    });
    return {
      run: (times = 1) => {
        for (let time = 0; time < times; time++) {
          for (const step of steps) step();
          for (const { aside, source } of results) aside?.set(source.data);
          for (const { target, source, aside } of results) target.data.set(aside ?? source.data);
        }
      },
    };
  }

  #held(buffer: Buffer): HostTensor {
    const tensor = this.#tensors.get(buffer);
    if (tensor === undefined)
      throw new DisposedError({
        got: 'a buffer that was freed or belongs to another backend',
        expected: 'a buffer of this cpu backend',
      });
    return tensor;
  }
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined)
    throw new UnsupportedError({
      got: `value ${index}`,
      expected: `one of ${list.length}, as a Program has`,
    });
  return item;
}

/** A reference backend of one's own. */
export function cpu(): CpuBackend {
  return new CpuBackend();
}

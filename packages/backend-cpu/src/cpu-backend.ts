import {
  type Backend,
  type BackendStatistics,
  type Binding,
  type Buffer,
  boundSteps,
  checkOptions,
  DisposedError,
  type DType,
  type Executable,
  type Program,
  ShapeError,
  store,
  type Tensor,
  type TensorSpec,
  type TypedArray,
  tensorAt,
  tensorOf,
} from '@pullback/core';

/** The reference backend: every primitive by its own meaning, one after the other. Slow and obvious. */
export class CpuBackend implements Backend {
  readonly name = 'cpu';
  readonly dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'bool', 'uint8'];
  readonly #tensors = new WeakMap<Buffer, Tensor>();
  readonly #counted = { buffers: 0, bytes: 0, programs: 0, bindings: 0, allocations: 0, calls: 0 };
  #disposed = false;

  allocate(spec: TensorSpec): Buffer {
    this.#refuseDisposed();
    const buffer = { spec };
    const tensor = tensorOf(spec);
    this.#tensors.set(buffer, tensor);
    this.#counted.buffers++;
    this.#counted.allocations++;
    this.#counted.bytes += tensor.data.byteLength;
    return buffer;
  }

  write(buffer: Buffer, data: TypedArray): void {
    const { data: own, dtype } = this.#held(buffer);
    if (own.length !== data.length)
      throw new ShapeError({ got: `${data.length} elements`, expected: `${own.length}` });
    store(dtype, own, data);
  }

  async read(buffer: Buffer): Promise<TypedArray> {
    return this.#held(buffer).data.slice();
  }

  free(buffer: Buffer): void {
    const tensor = this.#tensors.get(buffer);
    if (this.#disposed || tensor === undefined) return;
    this.#tensors.delete(buffer);
    this.#counted.buffers--;
    this.#counted.bytes -= tensor.data.byteLength;
  }

  async compile(program: Program): Promise<Executable> {
    this.#refuseDisposed();
    const counted = this.#counted;
    counted.programs++;
    let bindings = new Set<Binding>();
    let disposed = false;
    return {
      bind: (inputs, outputs) => {
        this.#refuseDisposed();
        if (disposed) refuse('an executable');
        const binding = this.#bind(program, inputs, outputs, () => bindings.delete(binding));
        bindings.add(binding);
        return binding;
      },
      dispose: () => {
        if (disposed || this.#disposed) return;
        disposed = true;
        counted.programs--;
        for (const binding of bindings) binding.dispose?.();
        bindings = new Set();
      },
    };
  }

  /** Buffers, executables and bindings that were garbage collected are still counted. */
  statistics(): BackendStatistics {
    return { ...this.#counted };
  }

  dispose(): void {
    this.#disposed = true;
    Object.assign(this.#counted, { buffers: 0, bytes: 0, programs: 0, bindings: 0 });
  }

  #bind(
    program: Program,
    inputs: readonly Buffer[],
    outputs: readonly Buffer[],
    disposedOf: () => void,
  ): Binding {
    if (inputs.length !== program.inputs.length || outputs.length !== program.outputs.length)
      throw new ShapeError({
        got: `${inputs.length} inputs and ${outputs.length} outputs`,
        expected: `${program.inputs.length} and ${program.outputs.length}`,
      });
    let { values, steps } = boundSteps(
      program,
      inputs.map((buffer) => this.#held(buffer)),
    );
    // An output that is itself an input is copied first: its buffer may be written by another output.
    const results = outputs.map((buffer, i) => {
      const number = program.outputs[i] ?? -1;
      const [target, source] = [this.#held(buffer), tensorAt(values, number)];
      return { target, source, aside: number < inputs.length ? source.data.slice() : undefined };
    });
    const counted = this.#counted;
    counted.bindings++;
    let disposed = false;
    return {
      run: (times = 1) => {
        this.#refuseDisposed();
        if (disposed) refuse('a binding');
        counted.calls++;
        for (let time = 0; time < times; time++) {
          for (const step of steps) step();
          for (const { aside, source } of results) aside?.set(source.data);
          for (const { target, source, aside } of results) target.data.set(aside ?? source.data);
        }
      },
      dispose: () => {
        if (disposed || this.#disposed) return;
        disposed = true;
        counted.bindings--;
        [values, steps] = [[], []];
        results.length = 0;
        disposedOf();
      },
    };
  }

  #refuseDisposed(): void {
    if (this.#disposed) refuse('a cpu backend');
  }

  #held(buffer: Buffer): Tensor {
    this.#refuseDisposed();
    const tensor = this.#tensors.get(buffer);
    if (tensor === undefined)
      throw new DisposedError({
        got: 'a buffer that was freed or belongs to another backend',
        expected: 'a buffer of this cpu backend',
      });
    return tensor;
  }
}

function refuse(what: string): never {
  throw new DisposedError({ got: `${what} that was disposed of`, expected: 'a living one' });
}

/** A reference backend of one's own; it has no options. */
export function cpu(options: Readonly<Record<string, never>> = {}): CpuBackend {
  checkOptions('cpu', options, {});
  return new CpuBackend();
}

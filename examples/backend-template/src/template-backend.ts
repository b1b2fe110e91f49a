import {
  type Backend,
  type Binding,
  type Buffer,
  bytesOf,
  DisposedError,
  type Executable,
  type Program,
  ShapeError,
  sizeOf,
  store,
  type Tensor,
  type TensorSpec,
  type TypedArray,
  tensorOf,
} from 'pullback';
import { planOf } from './plan.ts';

/** Buffers are arrays of JavaScript; a Program becomes a list of steps over arrays that are made once. */
export class TemplateBackend implements Backend {
  readonly name = 'template';
  readonly dtypes = ['float32', 'float64', 'int32', 'bool', 'uint8'] as const;
  readonly #arrays = new Map<Buffer, Tensor>();

  allocate(spec: TensorSpec): Buffer {
    const buffer: Buffer = { spec };
    this.#arrays.set(buffer, tensorOf(spec));
    return buffer;
  }

  write(buffer: Buffer, data: TypedArray): void {
    const { data: own } = this.#held(buffer);
    refuseOther('elements', data.length, own.length);
    store(buffer.spec.dtype, own, data);
  }

  async read(buffer: Buffer): Promise<TypedArray> {
    return this.#held(buffer).data.slice();
  }

  free(buffer: Buffer): void {
    this.#arrays.delete(buffer);
  }

  async compile(program: Program): Promise<Executable> {
    return { bind: (inputs, outputs) => this.#bind(program, inputs, outputs) };
  }

  /** What is held: the conformance kit watches it for leaks. */
  statistics() {
    const specs = [...this.#arrays.keys()].map(({ spec }) => spec);
    return {
      buffers: specs.length,
      bytes: specs.reduce((total, { shape, dtype }) => total + sizeOf(shape) * bytesOf(dtype), 0),
    };
  }

  #bind(program: Program, inputs: readonly Buffer[], outputs: readonly Buffer[]): Binding {
    refuseOther('inputs', inputs.length, program.inputs.length);
    refuseOther('outputs', outputs.length, program.outputs.length);
    const { steps, results } = planOf(
      program,
      inputs.map((buffer) => this.#held(buffer)),
    );
    const targets = outputs.map((buffer) => this.#held(buffer).data);
    // An output may be the buffer of an input, so what is an input itself is set aside before anything is written.
    const copies = results.map(({ data }, i) => {
      const aside = (program.outputs[i] ?? 0) < inputs.length ? data.slice() : data;
      return { data, aside, target: targets[i] ?? data };
    });
    return {
      run: (times = 1) => {
        for (let time = 0; time < times; time++) {
          for (const step of steps) step();
          for (const { data, aside } of copies) if (aside !== data) aside.set(data);
          for (const { aside, target } of copies) target.set(aside);
        }
      },
    };
  }

  #held(buffer: Buffer): Tensor {
    const found = this.#arrays.get(buffer);
    if (found === undefined)
      throw new DisposedError({
        got: 'a buffer that was freed, or is of another backend',
        expected: `one that '${this.name}' holds`,
      });
    return found;
  }
}

function refuseOther(what: string, got: number, expected: number): void {
  if (got !== expected) throw new ShapeError({ got: `${got} ${what}`, expected: String(expected) });
}

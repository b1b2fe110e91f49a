import {
  type Backend,
  type Binding,
  type Buffer,
  DisposedError,
  type Executable,
  type Program,
  ShapeError,
  store,
  type Tensor,
  type TensorSpec,
  type TypedArray,
  tensorOf,
} from 'pullback';

// #region backend
/** A backend in a few lines: buffers are arrays, and a Program is run instruction by instruction. */
export class LoopBackend implements Backend {
  readonly name = 'loop';
  readonly dtypes = ['float32', 'float64', 'int32', 'bool', 'uint8'] as const;
  readonly #arrays = new Map<Buffer, Tensor>();

  allocate(spec: TensorSpec): Buffer {
    const buffer: Buffer = { spec };
    this.#arrays.set(buffer, tensorOf(spec));
    return buffer;
  }

  write(buffer: Buffer, data: TypedArray): void {
    const { data: own } = this.#array(buffer);
    refuseOther('elements', data.length, own.length);
    store(buffer.spec.dtype, own, data);
  }

  async read(buffer: Buffer): Promise<TypedArray> {
    return this.#array(buffer).data.slice();
  }

  free(buffer: Buffer): void {
    this.#arrays.delete(buffer);
  }

  async compile(program: Program): Promise<Executable> {
    return { bind: (inputs, outputs) => this.#bind(program, inputs, outputs) };
  }

  #bind(program: Program, inputs: readonly Buffer[], outputs: readonly Buffer[]): Binding {
    refuseOther('inputs', inputs.length, program.inputs.length);
    refuseOther('outputs', outputs.length, program.outputs.length);
    for (const buffer of [...inputs, ...outputs]) this.#array(buffer); // one that was freed is refused here
    const once = () => {
      const values = inputs.map((input) => this.#array(input));
      for (const { primitive, attributes, inputs: from, outputs: specs } of program.body) {
        const [first, ...others] = specs.map(tensorOf);
        if (first === undefined) continue;
        const operands = from.flatMap((place) => values[place] ?? []);
        primitive.evaluate(operands, [first, ...others], attributes);
        values.push(first, ...others);
      }
      // All results first, then all writes: an output may be the buffer of an input.
      const results = program.outputs.map((place) => values[place]?.data.slice());
      results.forEach((data, i) => {
        const output = outputs[i];
        if (data !== undefined && output !== undefined) this.write(output, data);
      });
    };
    return {
      run: (times = 1) => {
        for (let i = 0; i < times; i++) once();
      },
    };
  }

  #array(buffer: Buffer): Tensor {
    const found = this.#arrays.get(buffer);
    if (found === undefined)
      throw new DisposedError({
        got: 'a buffer that was freed, or of another backend',
        expected: 'one of mine',
      });
    return found;
  }
}

function refuseOther(what: string, got: number, expected: number): void {
  if (got !== expected) throw new ShapeError({ got: `${got} ${what}`, expected: String(expected) });
}
// #endregion

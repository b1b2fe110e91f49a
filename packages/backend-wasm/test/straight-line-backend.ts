import {
  arrayOn,
  type Backend,
  type Binding,
  type Buffer,
  bytesOf,
  type DType,
  type Executable,
  type Program,
  ShapeError,
  sizeOf,
  store,
  type TensorSpec,
  type TypedArray,
  UnsupportedError,
} from '@pullback/core';
import { types } from '../src/encoding.ts';
import { Heap } from '../src/heap.ts';
import { getGlobal } from '../src/instructions.ts';
import { ModuleBuilder } from '../src/module.ts';
import { callsOf, hostName } from '../src/scalar/calls.ts';
import { hostFunctionsOf } from '../src/scalar/host-functions.ts';
import { steps, straightLine } from '../src/straight-line.ts';

/** Steps that one call of the function takes at most: V8 makes it fast between calls. */
const mostSteps = 1000;

export interface StraightLineOptions {
  readonly relaxed?: boolean;
  readonly limit?: number;
}

/** Runs every Program as a straight line, and refuses what cannot be one. */
export class StraightLineBackend implements Backend {
  readonly name = 'straight line';
  readonly dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'bool', 'uint8'];
  readonly #heap = new Heap();
  readonly #addresses = new Map<Buffer, number>();
  /** Of what was bound last. */
  bytes = new Uint8Array();
  operations = 0;

  constructor(readonly options: StraightLineOptions = {}) {}

  allocate(spec: TensorSpec): Buffer {
    const buffer = { spec };
    this.#addresses.set(buffer, this.#heap.take(bytesOf(spec.dtype) * sizeOf(spec.shape)) ?? 0);
    return buffer;
  }

  write(buffer: Buffer, data: TypedArray): void {
    const own = this.#view(buffer);
    if (own.length !== data.length)
      throw new ShapeError({ got: `${data.length} elements`, expected: `${own.length}` });
    store(buffer.spec.dtype, own, data);
  }

  async read(buffer: Buffer): Promise<TypedArray> {
    return this.#view(buffer).slice();
  }

  free(buffer: Buffer): void {
    this.#addresses.delete(buffer);
  }

  /** The bytes of the memory that follow those of a buffer, up to where another one may start. */
  behind(buffer: Buffer): Uint8Array {
    const bytes = bytesOf(buffer.spec.dtype) * sizeOf(buffer.spec.shape);
    return new Uint8Array(this.#heap.memory.buffer, this.#addressOf(buffer) + bytes, 64);
  }

  async compile(program: Program): Promise<Executable> {
    return { bind: (inputs, outputs) => this.#bind(program, inputs, outputs) };
  }

  #bind(program: Program, inputs: readonly Buffer[], outputs: readonly Buffer[]): Binding {
    if (inputs.length !== program.inputs.length || outputs.length !== program.outputs.length)
      throw new ShapeError({
        got: `${inputs.length} and ${outputs.length} buffers`,
        expected: 'those of the Program',
      });
    const module = new ModuleBuilder();
    const imports = hostFunctionsOf(program);
    const calls = callsOf(module, imports);
    const given: Record<string, number> = {};
    const globalOf = (name: string, buffer: Buffer | undefined) => {
      given[name] = this.#addressOf(buffer);
      return module.importGlobal(name);
    };
    const from = inputs.map((buffer, i) => globalOf(`input${i}`, buffer));
    const to = outputs.map((buffer, i) => globalOf(`output${i}`, buffer));
    const last = new Map(outputs.map((buffer, place) => [buffer, place]));
    module.define({ parameters: [types.i32], name: 'run' }, (locals) => {
      const line = straightLine(
        program,
        {
          ...this.options,
          calls,
          inputAddress: (input) => getGlobal(from[input] ?? 0),
          outputAddress: (place) => getGlobal(to[place] ?? 0),
          nextOf: (input) => last.get(inputs[input] ?? { spec: { shape: [], dtype: 'float32' } }),
        },
        locals,
      );
      if (line === undefined) throw new UnsupportedError('a Program that is no straight line');
      this.operations = line.operations;
      return steps(line, 0);
    });
    this.bytes = module.bytes();
    const { memory } = this.#heap;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(this.bytes), {
      e: { memory, ...Object.fromEntries(imports.map((f, i) => [hostName(i), f])), ...given },
    });
    const run = exports['run'];
    if (typeof run !== 'function') throw new Error('the module has no function run');
    return {
      run: (times = 1) => {
        for (let left = times; left > 0; left -= mostSteps) run(Math.min(left, mostSteps));
      },
    };
  }

  #view(buffer: Buffer): TypedArray {
    const { dtype, shape } = buffer.spec;
    return arrayOn(this.#heap.memory.buffer, dtype, sizeOf(shape), this.#addressOf(buffer));
  }

  #addressOf(buffer: Buffer | undefined): number {
    const address = buffer && this.#addresses.get(buffer);
    if (address === undefined) throw new UnsupportedError('a buffer of another backend');
    return address;
  }
}

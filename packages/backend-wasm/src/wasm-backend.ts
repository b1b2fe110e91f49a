import {
  type Backend,
  type Buffer,
  type DType,
  type Executable,
  type Program,
  ShapeError,
  type TensorSpec,
  type TypedArray,
} from '@pullback/core';
import { WasmExecutable } from './executable.ts';
import { Memory } from './memory.ts';
import { hasRelaxed } from './relaxed.ts';

export interface WasmOptions {
  /** The same bits on every machine and engine: no relaxed multiply-add. */
  readonly deterministic?: boolean;
}

/** Programs as kernels in one WebAssembly module each, made for their shapes: a step is one call. */
export class WasmBackend implements Backend {
  readonly name = 'wasm';
  readonly dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'bool', 'uint8'];
  readonly #memory = new Memory();
  readonly #relaxed: boolean;

  constructor({ deterministic = false }: WasmOptions = {}) {
    this.#relaxed = !deterministic && hasRelaxed();
  }

  allocate(spec: TensorSpec): Buffer {
    return this.#memory.allocate(spec);
  }

  write(buffer: Buffer, data: TypedArray): void {
    const own = this.#memory.view(buffer.spec, this.#memory.addressOf(buffer));
    if (own.length !== data.length)
      throw new ShapeError({ got: `${data.length} elements`, expected: `${own.length}` });
    own.set(data);
  }

  async read(buffer: Buffer): Promise<TypedArray> {
    return this.#memory.view(buffer.spec, this.#memory.addressOf(buffer)).slice();
  }

  free(buffer: Buffer): void {
    this.#memory.free(buffer);
  }

  async compile(program: Program): Promise<Executable> {
    return new WasmExecutable(program, this.#memory, { relaxed: this.#relaxed });
  }
}

/** A backend with a memory of its own. */
export function wasm(options?: WasmOptions): WasmBackend {
  return new WasmBackend(options);
}

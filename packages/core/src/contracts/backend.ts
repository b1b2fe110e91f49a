import type { Program } from '../graph/value.ts';
import type { DType, TensorSpec, TypedArray } from '../tensors/dtype.ts';

/** Elements that a backend holds. Only the backend that made it can use it. */
export interface Buffer {
  readonly spec: TensorSpec;
}

/** The things that a backend holds at the moment, and those that it did since it was made, as far as it counts. */
export interface BackendStatistics {
  /** Buffers that were allocated and not yet freed. */
  readonly buffers: number;
  /** Bytes of the elements of these buffers. */
  readonly bytes: number;
  /** Executables that were compiled and not yet disposed of. */
  readonly programs?: number;
  /** Bindings that were made and not yet disposed of. */
  readonly bindings?: number;
  /** Buffers that were ever allocated: training that is warm allocates no more. */
  readonly allocations?: number;
  /** How often `run` was called, whatever the number of times. */
  readonly calls?: number;
}

/**
 * Compiles Programs and holds buffers; nothing else. Optional members are left out by a backend that has nothing to say there: the
 * garbage collector takes its memory, it cannot be lost, it does not count.
 */
export interface Backend {
  readonly name: string;
  readonly dtypes: readonly DType[];
  /** Bytes of the largest buffer that it can hold, where there is such a bound. */
  readonly largestBuffer?: number;
  /** A zeroed buffer. @throws UnsupportedError for a dtype that it lacks. */
  allocate(spec: TensorSpec): Buffer;
  /** Copies in; of bools, whether they are not 0, as `store` does. @throws ShapeError when the lengths differ. */
  write(buffer: Buffer, data: TypedArray): void;
  /** Copies out, after everything that was run before. */
  read(buffer: Buffer): Promise<TypedArray>;
  /** Gives the memory back; no binding that uses the buffer may be run from then on. A buffer that was freed before stays so. */
  free(buffer: Buffer): void;
  /**
   * @param shared for each output, the places of the inputs whose memory it is going to have: a backend may write that code at once. Executables can be bound in
   * other ways all the same; none is expected to share when it is left out.
   */
  compile(program: Program, shared?: readonly (readonly number[])[]): Promise<Executable>;
  /** The listing of a compiled Program: its kernels, the ops that were fused and why others were not, memory and work. */
  explain?(program: Program): string | Promise<string>;
  /**
   * The Program as code that runs without this framework: with the numbers of some inputs in it, and outputs that take the place of the input
   * of the same name for the next run. @throws UnsupportedError for a primitive that needs the host.
   */
  export?(program: Program, names: ExportedNames): Promise<Exported>;
  /** Fulfilled, never rejected, with the reason when it can compute no more, as when a device is taken away; pending until then. */
  readonly lost?: Promise<Error>;
  statistics?(): BackendStatistics;
  /**
   * Gives everything back, buffers, executables and bindings too. From then on `free` and every `dispose` do nothing, any other call
   * throws DisposedError.
   */
  dispose?(): void;
}

export interface ExportedNames {
  /** A name for every input, with its numbers where they are part of the code. */
  readonly inputs: readonly { readonly name: string; readonly data?: TypedArray }[];
  readonly outputs: readonly string[];
}

/** Code for one platform, and what loads it there. */
export interface Exported {
  readonly code: Uint8Array<ArrayBuffer>;
  /** An ECMAScript module whose `load(code)` gives `{ inputs, outputs, run }`. */
  readonly loader: string;
}

export interface Executable {
  /** Fixes the buffers. An output may be the buffer of an input: it is written once everything has been read. */
  bind(inputs: readonly Buffer[], outputs: readonly Buffer[]): Binding;
  /** Gives back what was compiled, and its bindings. A second call does nothing. */
  dispose?(): void;
}

export interface Binding {
  /** Runs the Program `times` times, each on what the one before left in the buffers. */
  run(times?: number): void;
  /** Gives back what it holds beside its buffers. A second call does nothing. */
  dispose?(): void;
}

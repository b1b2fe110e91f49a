import type { DType, TensorSpec, TypedArray } from '../dtype.ts';
import type { Program } from '../trace/program.ts';

/** Elements that a backend holds. Only the backend that made it can use it. */
export interface Buffer {
  readonly spec: TensorSpec;
}

/** What a backend holds at the moment. */
export interface BackendStatistics {
  /** Buffers that were allocated and not yet freed. */
  readonly buffers: number;
  readonly bytes: number;
}

/** Compiles Programs and holds buffers; nothing else. */
export interface Backend {
  readonly name: string;
  readonly dtypes: readonly DType[];
  /** A zeroed buffer. @throws UnsupportedError for a dtype that it lacks. */
  allocate(spec: TensorSpec): Buffer;
  /** Copies in. @throws ShapeError when the lengths differ. */
  write(buffer: Buffer, data: TypedArray): void;
  /** Copies out, after everything that was run before. */
  read(buffer: Buffer): Promise<TypedArray>;
  free(buffer: Buffer): void;
  compile(program: Program): Promise<Executable>;
  /** For a look at leaks; a backend need not count. */
  statistics?(): BackendStatistics;
}

export interface Executable {
  /** Fixes the buffers. An output may be the buffer of an input: it is written once everything has been read. */
  bind(inputs: readonly Buffer[], outputs: readonly Buffer[]): Binding;
}

export interface Binding {
  run(times?: number): void;
}

import type { Aliases } from '@pullback/compiler';
import {
  type Backend,
  type BackendStatistics,
  type Buffer,
  checkOptions,
  DisposedError,
  type DType,
  type Executable,
  type Exported,
  type ExportedNames,
  type FieldsOf,
  field,
  type Program,
  programKey,
  ShapeError,
  store,
  type TensorSpec,
  type TypedArray,
} from '@pullback/core';
import type { Compiled } from './built.ts';
import { compile } from './compile.ts';
import { WasmExecutable } from './executable.ts';
import { Memory } from './memory.ts';
import { meeting, mostWorkers } from './threads/control.ts';
import { Pool } from './threads/pool.ts';
import { whyNoThreads } from './threads/worker.ts';

export interface WasmOptions {
  /** The same bits on every machine and engine: no relaxed multiply-add. */
  readonly deterministic?: boolean;
  /**
   * How many threads compute where that is faster, this one among them; 1 when left out. The bits of the results do not depend on it. A page has threads only when it
   * is cross-origin isolated; without, one thread does all.
   */
  readonly threads?: number;
}

const wasmFields = {
  deterministic: field.flag(),
  threads: field.whole({ from: 1, to: mostWorkers }),
} satisfies FieldsOf<WasmOptions>;

/** More Programs than this, and what was compiled for the oldest is made again when it is wanted. */
const mostCompiled = 64;

/** Programs as kernels in one WebAssembly module each, made for their shapes: a step is one call. */
export class WasmBackend implements Backend {
  readonly name = 'wasm';
  readonly dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'bool', 'uint8'];
  readonly memory: Memory;
  readonly pool: Pool | undefined;
  readonly counted = { programs: 0, bindings: 0, calls: 0 };
  readonly #deterministic: boolean;
  readonly #asked: number;
  readonly #compiled = new Map<string, Promise<Compiled>>();
  #disposed = false;

  /** @throws OptionError */
  constructor(options: WasmOptions = {}) {
    const { deterministic = false, threads = 1 } = checkOptions('wasm', options, wasmFields);
    this.#deterministic = deterministic;
    this.#asked = threads;
    const shared = threads > 1 && whyNoThreads() === undefined;
    this.memory = new Memory({ shared });
    this.pool = shared ? new Pool(this.memory.memory, threads) : undefined;
  }

  /** How many calls the workers took part in. */
  get sharedCalls(): number {
    return this.pool?.jobs ?? 0;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  allocate(spec: TensorSpec): Buffer {
    this.#refuseDisposed();
    return this.memory.allocate(spec);
  }

  write(buffer: Buffer, data: TypedArray): void {
    this.#refuseDisposed();
    const own = this.memory.view(buffer.spec, this.memory.addressOf(buffer));
    if (own.length !== data.length)
      throw new ShapeError({ got: `${data.length} elements`, expected: `${own.length}` });
    store(buffer.spec.dtype, own, data);
  }

  async read(buffer: Buffer): Promise<TypedArray> {
    this.#refuseDisposed();
    return this.memory.view(buffer.spec, this.memory.addressOf(buffer)).slice();
  }

  free(buffer: Buffer): void {
    if (!this.#disposed) this.memory.free(buffer);
  }

  async compile(program: Program, shared?: Aliases): Promise<Executable> {
    this.#refuseDisposed();
    const compiled = await this.#compiledFor(program, shared);
    this.#refuseDisposed();
    return new WasmExecutable(compiled, this);
  }

  /** The listing of a Program as kernels: ops that were fused, memory, flops. */
  async explain(program: Program): Promise<string> {
    const { explainKernels } = await import('./build.ts');
    const { threads } = await this.#compiledFor(program);
    return [this.#threadsInWords(threads), explainKernels(program)].join('\n');
  }

  #threadsInWords(used: number): string {
    if (this.pool !== undefined && used === 1)
      return `1 thread of ${this.pool.size}: no kernel is worth dividing`;
    if (this.pool !== undefined) return `${this.pool.size} threads`;
    return this.#asked === 1 ? '1 thread' : `1 thread, not ${this.#asked}: ${whyNoThreads() ?? ''}`;
  }

  /** @throws UnsupportedError */
  async export(program: Program, names: ExportedNames): Promise<Exported> {
    const [
      { exportProgram },
      { buildKernels: kernels, planOf: plan },
      { buildStraight: straight, onThisEngine },
    ] = await Promise.all([import('./export.ts'), import('./build.ts'), import('./straight-lines.ts')]);
    const writers = { plan, straight, kernels, onThisEngine };
    return exportProgram(program, names, { deterministic: this.#deterministic }, writers);
  }

  statistics(): BackendStatistics {
    return { ...this.counted, ...this.memory.counted };
  }

  dispose(): void {
    this.#disposed = true;
    this.pool?.dispose();
    this.memory.dispose();
    this.#compiled.clear();
    Object.assign(this.counted, { programs: 0, bindings: 0 });
  }

  #compiledFor(program: Program, shared?: Aliases): Promise<Compiled> {
    const key = programKey(program);
    const compiled = this.#compiled.get(key) ?? this.#compile(key, program, shared);
    // The most recent is the last.
    this.#compiled.delete(key);
    this.#compiled.set(key, compiled);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size > mostCompiled && oldest !== undefined) this.#compiled.delete(oldest);
    return compiled;
  }

  /** @returns what is asked for again where it failed. */
  async #compile(key: string, program: Program, shared?: Aliases): Promise<Compiled> {
    const { pool } = this;
    const threads = pool === undefined ? {} : { threads: { count: pool.size, meeting } };
    try {
      return await compile(program, { deterministic: this.#deterministic, ...threads }, shared);
    } catch (failure) {
      this.#compiled.delete(key);
      throw failure;
    }
  }

  #refuseDisposed(): void {
    if (this.#disposed)
      throw new DisposedError({ got: 'a wasm backend that was disposed of', expected: 'a living one' });
  }
}

/** A backend with a memory of its own. */
export function wasm(options?: WasmOptions): WasmBackend {
  return new WasmBackend(options);
}

import { explain, planFor, programKey } from '@pullback/compiler';
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
  ShapeError,
  store,
  type TensorSpec,
  type TypedArray,
} from '@pullback/core';
import { build } from './build.ts';
import { Compiled, WasmExecutable } from './executable.ts';
import { Memory } from './memory.ts';
import { hasRelaxed } from './relaxed.ts';
import { mostWorkers } from './threads/control.ts';
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
  readonly #relaxed: boolean;
  readonly #asked: number;
  readonly #compiled = new Map<string, Compiled>();
  #disposed = false;

  /** @throws OptionError */
  constructor(options: WasmOptions = {}) {
    const { deterministic = false, threads = 1 } = checkOptions('wasm', options, wasmFields);
    this.#relaxed = !deterministic && hasRelaxed();
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

  async compile(program: Program): Promise<Executable> {
    this.#refuseDisposed();
    return new WasmExecutable(this.#compiledFor(program), this);
  }

  /** The listing of a Program as it is compiled here: kernels, ops that were fused, memory, flops. */
  explain(program: Program): string {
    const { kernels, threads } = this.#compiledFor(program);
    return [this.#threadsInWords(threads), explain(planFor(kernels))].join('\n');
  }

  #threadsInWords(used: number): string {
    if (this.pool !== undefined && used === 1)
      return `1 thread of ${this.pool.size}: no kernel is worth dividing`;
    if (this.pool !== undefined) return `${this.pool.size} threads`;
    return this.#asked === 1 ? '1 thread' : `1 thread, not ${this.#asked}: ${whyNoThreads() ?? ''}`;
  }

  /** @throws UnsupportedError */
  async export(program: Program, names: ExportedNames): Promise<Exported> {
    const { exportProgram } = await import('./export.ts');
    return exportProgram(program, names, { relaxed: this.#relaxed, build });
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

  #compiledFor(program: Program): Compiled {
    const key = programKey(program);
    const known = this.#compiled.get(key);
    const compiled =
      known ?? new Compiled(program, { relaxed: this.#relaxed, threads: this.pool?.size ?? 1 });
    // The most recent is the last.
    this.#compiled.delete(key);
    this.#compiled.set(key, compiled);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size > mostCompiled && oldest !== undefined) this.#compiled.delete(oldest);
    return compiled;
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

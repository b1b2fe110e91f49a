import { explain, planFor } from '@pullback/compiler';
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
import { Compiled } from './compiled.ts';
import { NativeExecutable } from './executable.ts';
import { kernelsOn } from './kernels-on.ts';
import { Memory, viewOf } from './memory.ts';
import { sourceOf } from './source.ts';
import { type Target, targetOf } from './target.ts';
import { Crew, crewSource } from './threads/crew.ts';
import { objectOf } from './toolchain/build.ts';
import { cacheFolder, type Folder, ownFolder } from './toolchain/cache.ts';
import { type Compiler, compilerOf } from './toolchain/compiler.ts';
import { type Host, hostOf } from './toolchain/host.ts';
import { type Koffi, koffiOf } from './toolchain/library.ts';

export interface NativeOptions {
  /** The same bits on every machine: multiply-add of float32 is rounded twice. */
  readonly deterministic?: boolean;
  /** How many threads compute where that is faster, this one among them; 1 when left out. The bits of the results do not depend on it. */
  readonly threads?: number;
  /** The command of a C compiler; `CC`, or the first of cc, gcc and clang when left out. */
  readonly compiler?: string;
  /** The folder that compiled code is kept in; the user's cache when left out, none for ''. */
  readonly cache?: string;
  /** Seconds that the compiler may take for a Program; 120 when left out. */
  readonly timeout?: number;
  /** The compiler's level from 0 to 3; 3 when left out, and 1 takes half the time for slower code. */
  readonly optimize?: number;
}

const mostThreads = 64;

const nativeFields = {
  deterministic: field.flag(),
  threads: field.whole({ from: 1, to: mostThreads }),
  compiler: field.text(),
  cache: field.text(),
  timeout: field.whole({ from: 1 }),
  optimize: field.whole({ from: 0, to: 3 }),
} satisfies FieldsOf<NativeOptions>;

/** More Programs than this, and what was compiled for the oldest is loaded again when it is wanted. */
const mostCompiled = 64;

/** Programs as C, compiled by the machine's own compiler for its own processor: a step is one call. */
export class NativeBackend implements Backend {
  readonly name = 'native';
  readonly dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'bool', 'uint8'];
  readonly memory: Memory;
  readonly #compiler: Compiler;
  readonly target: Target;
  readonly counted = { programs: 0, bindings: 0, calls: 0 };
  /** Operations and elements from which on a kernel is divided: some microseconds, as long as threads take to meet. */
  protected readonly wide: number = 100_000;
  readonly #host: Host;
  readonly #koffi: Koffi;
  readonly #folder: Folder;
  readonly #timeout: number;
  readonly #threads: number;
  #crew: Promise<Crew | undefined> | undefined;
  readonly #compiled = new Map<string, Promise<Compiled>>();
  #disposed = false;

  /** @throws OptionError, and UnsupportedError where there is no compiler or no koffi. */
  constructor(options: NativeOptions = {}) {
    const {
      deterministic = false,
      threads = 1,
      compiler,
      cache,
      timeout = 120,
      optimize,
    } = checkOptions('native', options, nativeFields);
    const host = hostOf();
    this.#host = host;
    this.#koffi = koffiOf(host);
    const own = ownFolder(host, cache === '' ? false : cache);
    this.#compiler = compilerOf(host, compiler, own.path, optimize);
    this.target = targetOf(this.#compiler.macros, { deterministic });
    this.#folder = cacheFolder(host, own);
    this.#timeout = timeout;
    this.#threads = threads;
    this.memory = new Memory((bytes) => Number(this.#koffi.address(bytes)));
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
    const own = viewOf(this.memory.blockOf(buffer), buffer.spec);
    if (own.length !== data.length)
      throw new ShapeError({ got: `${data.length} elements`, expected: `${own.length}` });
    store(buffer.spec.dtype, own, data);
  }

  async read(buffer: Buffer): Promise<TypedArray> {
    this.#refuseDisposed();
    return viewOf(this.memory.blockOf(buffer), buffer.spec).slice();
  }

  free(buffer: Buffer): void {
    if (!this.#disposed) this.memory.free(buffer);
  }

  /** @throws UnsupportedError where the compiler fails or takes too long, with what it says. */
  async compile(program: Program): Promise<Executable> {
    this.#refuseDisposed();
    const compiled = await this.#compiledFor(program);
    this.#refuseDisposed();
    return new NativeExecutable(compiled, this);
  }

  /** A Program as it is run here: kernels, reasons, memory, and the C with its origins. */
  explain(program: Program): string {
    const kernels = kernelsOn(program);
    const { command, macros } = this.#compiler;
    const version = macros.get('__VERSION__')?.replaceAll('"', '') ?? '';
    const { lanes, fused } = this.target;
    const { path, passing } = this.#folder;
    return [
      `compiled by ${command} ${version} for vectors of ${lanes * 32} bits, multiply-add rounded ${fused ? 'once' : 'twice'}, ${this.#threads === 1 ? '1 thread' : `${this.#threads} threads`}`,
      passing === undefined ? `kept in ${path}` : `not kept: ${passing}`,
      explain(planFor(kernels)),
      ...sourceOf(kernels, this.target).functions,
    ].join('\n');
  }

  /** The Program as C of plain loops, whatever this backend compiles. @throws UnsupportedError */
  async export(program: Program, names: ExportedNames): Promise<Exported> {
    const { exportC } = await import('./export.ts');
    return exportC(program, names);
  }

  statistics(): BackendStatistics {
    return { ...this.counted, ...this.memory.counted };
  }

  dispose(): void {
    this.#disposed = true;
    this.memory.dispose();
    this.#compiled.clear();
    this.#crew?.then((crew) => crew?.end());
    Object.assign(this.counted, { programs: 0, bindings: 0 });
  }

  #compiledFor(program: Program): Promise<Compiled> {
    const key = programKey(program);
    const compiled = this.#compiled.get(key) ?? this.#build(program);
    compiled.catch(() => this.#compiled.delete(key));
    // The most recent is the last.
    this.#compiled.delete(key);
    this.#compiled.set(key, compiled);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size > mostCompiled && oldest !== undefined) this.#compiled.delete(oldest);
    return compiled;
  }

  async #build(program: Program): Promise<Compiled> {
    const kernels = kernelsOn(program);
    const source = sourceOf(kernels, this.target, this.#threads > 1 ? this.wide : undefined);
    const [path, crew] = await Promise.all([
      this.#objectOf(source.inParts(this.#host.os.availableParallelism())),
      this.#crewOf(),
    ]);
    return new Compiled(program, kernels, source, this.#koffi.load(path), crew);
  }

  #objectOf(parts: readonly string[]): Promise<string> {
    const [compiler, folder, timeout] = [this.#compiler, this.#folder, this.#timeout];
    return objectOf(this.#host, parts, { compiler, folder, timeout });
  }

  /** The threads beside this one, begun with the first Program. */
  #crewOf(): Promise<Crew | undefined> {
    if (this.#threads === 1) return Promise.resolve(undefined);
    this.#crew ??= this.#objectOf([crewSource]).then((path) => Crew.start(this.#koffi, path, this.#threads));
    return this.#crew;
  }

  #refuseDisposed(): void {
    if (this.#disposed)
      throw new DisposedError({ got: 'a native backend that was disposed of', expected: 'a living one' });
  }
}

/** A backend on the processor by C. @throws UnsupportedError where there is no C compiler or no koffi. */
export function native(options?: NativeOptions): NativeBackend {
  return new NativeBackend(options);
}

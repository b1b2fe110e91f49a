/// <reference lib="esnext.disposable" preserve="true" />
import { kernelsFor } from '@pullback/compiler';
import {
  arrayOn,
  type Backend,
  type BackendStatistics,
  type Buffer,
  bytesOf,
  checkOptions,
  DisposedError,
  type DType,
  type Executable,
  type FieldsOf,
  field,
  formatShape,
  type Program,
  PullbackError,
  ShapeError,
  sizeOf,
  store,
  type TensorSpec,
  type TypedArray,
  UnsupportedError,
} from '@pullback/core';
import { type AdapterDescription, type AdapterOptions, nameOf, type Opened, openDevice } from './device.ts';
import { Pipelines } from './pipelines.ts';
import type { Surroundings } from './recorded.ts';
import { hasWhole, unsupported } from './stages/whole.ts';
import { Timeline } from './timeline.ts';
import { WebGpuExecutable } from './webgpu-executable.ts';

/** The device was taken away: a driver that was reset, an adapter that was pulled out, a page that used too much. */
export class DeviceLostError extends PullbackError {}

export interface WebGpuOptions extends AdapterOptions {
  /** Where primitives without a kernel run: nowhere, when it is left out, or on the host, with their operands copied there and back. */
  readonly fallback?: 'cpu';
  /**
   * Keeps large float32 values between dispatches (activations and gradients) as float16, where the adapter has 'shader-f16'. Arithmetic and sums are in
   * float32; inputs, outputs and weights too. Off when it is left out.
   */
  readonly float16?: boolean;
  /** How products and reductions are cut; found from the adapter when it is left out. */
  readonly tuning?: Partial<Tuning>;
}

/** How kernels are shaped for an adapter. */
export interface Tuning {
  /** About how many invocations keep it busy. */
  readonly invocations: number;
  /** Rows longer than this are shared by a workgroup. */
  readonly longestRow: number;
  /** Whether tiles of products are kept in workgroup memory. */
  readonly sharedTiles: boolean;
  /** Whether products read four elements along the inner axis at once. */
  readonly innerVectors: boolean;
}

const tuningFields = {
  invocations: field.whole({ from: 1 }),
  longestRow: field.whole({ from: 1 }),
  sharedTiles: field.flag(),
  innerVectors: field.flag(),
} satisfies FieldsOf<Partial<Tuning>>;

const webGpuFields = {
  powerPreference: field.oneOf('low-power', 'high-performance'),
  device: field.having<GPUDevice>('a GPUDevice', 'createBuffer'),
  subgroups: field.flag(),
  fallback: field.oneOf('cpu'),
  float16: field.flag(),
  tuning: field.object(tuningFields),
} satisfies FieldsOf<WebGpuOptions>;

// Where a workgroup is a loop of one thread barriers are dear, and a vector is read element by element.
const tunings = {
  software: { invocations: 128, longestRow: 2 ** 14, sharedTiles: false, innerVectors: false },
  hardware: { invocations: 8192, longestRow: 64, sharedTiles: true, innerVectors: true },
} as const satisfies Record<string, Tuning>;

/** More storage buffers than this are not used by a kernel, whatever the adapter allows: all browsers have as many. */
const mostBuffers = 8;

/** Programs as WebGPU kernels: a step is one command buffer of one pass. */
export class WebGpuBackend implements Backend {
  readonly name = 'webgpu';
  readonly dtypes: readonly DType[] = ['float32', 'int32', 'bool', 'uint8'];
  readonly largestBuffer: number;
  /** The adapter that computes. */
  readonly adapter: AdapterDescription;
  /** Fulfilled when the device is taken away. */
  readonly lost: Promise<Error>;
  readonly #device: GPUDevice;
  readonly #owned: boolean;
  readonly #timeline: Timeline;
  readonly #around: Surroundings;
  readonly #buffers = new Map<Buffer, GPUBuffer>();
  readonly #executables = new Set<WebGpuExecutable>();
  readonly #counts = { allocations: 0, calls: 0, bytes: 0 };
  #disposed = false;

  constructor({ device, adapter, owned }: Opened, { fallback, tuning, float16 = false }: WebGpuOptions = {}) {
    this.#device = device;
    this.#owned = owned;
    this.adapter = adapter;
    const { limits } = device;
    this.largestBuffer = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
    this.#timeline = new Timeline(device);
    this.#around = {
      device,
      pipelines: new Pipelines(device),
      limits,
      options: {
        ...tunings[adapter.software ? 'software' : 'hardware'],
        ...tuning,
        subgroups: adapter.subgroups === 'used',
      },
      subgroups: adapter.subgroups,
      fallback: fallback === 'cpu',
      float16,
      bufferOf: (buffer) => this.#held(buffer),
    };
    // What nobody else caught on a device of our own, such as too little memory; a user's device has a user's listeners.
    if (owned)
      device.addEventListener('uncapturederror', ({ error }) =>
        this.#timeline.report(new PullbackError({ got: `WebGPU: ${error.message}` })),
      );
    this.lost = new Promise((resolve) => {
      device.lost.then(({ reason, message }) => {
        if (this.#disposed) return;
        const error = new DeviceLostError({
          got: `the WebGPU device was lost (${reason}): ${message}`,
          expected: 'a device that stays',
          hint: 'Numbers that were on it are gone. Make another backend and go on from a checkpoint or from weights that were read.',
        });
        this.#timeline.fail(error);
        resolve(error);
      });
    });
  }

  /** Whether the adapter runs on the CPU. */
  get software(): boolean {
    return this.adapter.software;
  }

  allocate(spec: TensorSpec): Buffer {
    this.#alive();
    this.#checkDtype(spec.dtype);
    const bytes = Math.max(16, Math.ceil((sizeOf(spec.shape) * bytesOf(spec.dtype)) / 4) * 4);
    if (bytes > this.largestBuffer)
      throw new UnsupportedError({
        got: `a buffer of ${bytes} bytes, ${spec.dtype}${formatShape(spec.shape)}`,
        expected: `at most ${this.largestBuffer} on this adapter`,
      });
    const buffer = { spec };
    this.#buffers.set(
      buffer,
      this.#device.createBuffer({
        label: `${spec.dtype}${formatShape(spec.shape)}`,
        size: bytes,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      }),
    );
    this.#counts.allocations++;
    this.#counts.bytes += sizeOf(spec.shape) * bytesOf(spec.dtype);
    return buffer;
  }

  write(buffer: Buffer, data: TypedArray): void {
    this.#alive();
    const to = this.#held(buffer);
    const { shape, dtype } = buffer.spec;
    if (data.length !== sizeOf(shape))
      throw new ShapeError({ got: `${data.length} elements`, expected: `${sizeOf(shape)}` });
    if (data.length === 0) return;
    const own = hostArray(dtype, data);
    this.#timeline.write(to, new Uint8Array(own.buffer, own.byteOffset, own.byteLength));
  }

  async read(buffer: Buffer): Promise<TypedArray> {
    this.#alive();
    const { shape, dtype } = buffer.spec;
    const from = this.#held(buffer);
    const bytes = await this.#timeline.read(from, Math.max(4, sizeOf(shape) * bytesOf(dtype)));
    return arrayOn(bytes, dtype, sizeOf(shape));
  }

  free(buffer: Buffer): void {
    const held = this.#buffers.get(buffer);
    if (held === undefined) return;
    this.#buffers.delete(buffer);
    this.#counts.bytes -= sizeOf(buffer.spec.shape) * bytesOf(buffer.spec.dtype);
    // What was asked for before may still use it.
    this.#timeline.after(() => held.destroy());
  }

  async compile(program: Program): Promise<Executable> {
    this.#alive();
    const { fallback } = this.#around;
    const specs = [...program.inputs, ...program.body.flatMap(({ outputs }) => outputs)];
    for (const { dtype } of specs) this.#checkDtype(dtype);
    const kernels = kernelsFor(program, {
      mostBuffers,
      doubles: false,
    });
    if (!fallback)
      for (const kernel of kernels.groups.flat())
        if (kernel.kind === 'whole' && !hasWhole(kernel)) throw unsupported(kernel);
    const executable = new WebGpuExecutable(kernels, this.#around, {
      timeline: this.#timeline,
      ran: () => this.#counts.calls++,
      alive: () => this.#alive(),
      disposed: () => this.#executables.delete(executable),
    });
    this.#executables.add(executable);
    return executable;
  }

  statistics(): BackendStatistics {
    const { allocations, calls, bytes } = this.#counts;
    return {
      buffers: this.#buffers.size,
      bytes,
      programs: this.#executables.size,
      bindings: [...this.#executables].reduce((n, { bindings }) => n + bindings, 0),
      allocations,
      calls,
    };
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#timeline.fail(disposedError());
    for (const executable of [...this.#executables]) executable.dispose();
    for (const buffer of this.#buffers.values()) buffer.destroy();
    this.#buffers.clear();
    this.#counts.bytes = 0;
    this.#timeline.destroy();
    if (this.#owned) this.#device.destroy();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #alive(): void {
    if (this.#disposed) throw disposedError();
    const { failure } = this.#timeline;
    if (failure !== undefined) throw failure;
  }

  #checkDtype(dtype: DType): void {
    if (!this.dtypes.includes(dtype))
      throw new UnsupportedError({
        got: `${dtype} on the webgpu backend`,
        expected: this.dtypes.join(', '),
        hint: `Shaders have no ${dtype}; the backends 'cpu' and 'wasm' compute with it.`,
      });
  }

  #held(buffer: Buffer): GPUBuffer {
    const held = this.#buffers.get(buffer);
    if (held === undefined)
      throw new DisposedError({
        got: 'a buffer that was freed or belongs to another backend',
        expected: 'a buffer of this webgpu backend',
      });
    return held;
  }
}

function disposedError(): DisposedError {
  return new DisposedError({ got: 'a webgpu backend that was disposed', expected: 'a living one' });
}

/** The numbers in the array that the host keeps such a dtype in. */
function hostArray(dtype: DType, data: TypedArray): TypedArray {
  if (dtype === 'float32') return data instanceof Float32Array ? data : Float32Array.from(data);
  if (dtype === 'int32') return data instanceof Int32Array ? data : Int32Array.from(data);
  if (dtype === 'uint8' && data instanceof Uint8Array) return data;
  const bytes = new Uint8Array(data.length);
  store(dtype, bytes, data);
  return bytes;
}

let warned = false;

/**
 * A backend on the GPU: in browsers, and in Node through the optional package `webgpu`. An adapter that runs on the CPU is used when there is no other,
 * and a warning says so once.
 * @throws UnsupportedError where there is no WebGPU, no adapter, or none with what an option needs.
 */
export async function webgpu(options: WebGpuOptions = {}): Promise<WebGpuBackend> {
  checkOptions('webgpu', options, webGpuFields);
  const opened = await openDevice(options, options.float16 === true ? ['shader-f16'] : []);
  if (opened.adapter.software && !warned) {
    warned = true;
    console.warn(
      `WebGPU has only a software adapter here (${nameOf(opened.adapter)}): the backend wasm is faster.`,
    );
  }
  return new WebGpuBackend(opened, options);
}

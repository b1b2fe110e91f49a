import { PullbackError } from '@pullback/core';
import type { Dispatch } from './dispatches.ts';
import { ShaderError } from './pipelines.ts';

/** One run of a binding: commands, and between them the work of the host. */
export interface Recording {
  /** Settled when all pipelines are there. */
  readonly ready: Promise<void>;
  readonly isReady: boolean;
  readonly segments: readonly Segment[];
  readonly dispatches: readonly Dispatch[];
}

export type Segment =
  | { readonly kind: 'commands'; encode(pass: GPUComputePassEncoder): void }
  | { readonly kind: 'host'; run(timeline: HostAccess): Promise<void> };

/** How what runs on the host reaches buffers, between commands. */
export interface HostAccess {
  download(from: GPUBuffer, offset: number, bytes: number): Promise<ArrayBuffer>;
  upload(to: GPUBuffer, offset: number, data: ArrayBuffer): void;
}

type Task =
  | { readonly kind: 'write'; readonly to: GPUBuffer; readonly data: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'run'; readonly recording: Recording; times: number }
  | { readonly kind: 'then'; readonly act: () => void }
  | {
      readonly kind: 'read';
      readonly from: GPUBuffer;
      readonly bytes: number;
      readonly done: (data: Promise<ArrayBuffer>) => void;
    };

/** Submits under way. */
const mostInFlight = 3;
/** Steps of one submit. */
const mostSteps = 50;
/** Writes of together more bytes than this are not gathered. */
const mostGathered = 2 ** 22;
/** Buffers for reading back that are kept. */
const mostStaging = 8;

/**
 * Writes, runs and reads in the order in which they were asked for. The host never waits: what cannot be submitted yet, because pipelines are being
 * made or enough is under way, waits here. Writes between two runs travel as one.
 */
export class Timeline implements HostAccess {
  readonly #device: GPUDevice;
  readonly #tasks: Task[] = [];
  readonly #staging = new Map<number, GPUBuffer[]>();
  #gathered: { readonly to: GPUBuffer; readonly from: number; readonly bytes: number }[] = [];
  #host = new Uint8Array(2 ** 12);
  #filled = 0;
  #upload: GPUBuffer | undefined;
  #inFlight = 0;
  #blocked = false;
  #failure: Error | undefined;
  #problem: Error | undefined;
  #checks: Promise<void> = Promise.resolve();
  readonly #checked = new WeakSet<Recording>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** From now on everything is refused with this error, also what waits. */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const task of this.#tasks.splice(0)) {
      if (task.kind === 'read') task.done(Promise.reject(error));
      if (task.kind === 'then') task.act();
    }
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Keeps an error of the background: the next read throws it, once. */
  report(problem: Error): void {
    this.#problem ??= problem;
  }

  write(to: GPUBuffer, data: Uint8Array): void {
    if (this.#tasks.length > 0) this.#tasks.push({ kind: 'write', to, data: new Uint8Array(data) });
    else this.#gather(to, data);
  }

  run(recording: Recording, times: number): void {
    const last = this.#tasks.at(-1);
    if (last?.kind === 'run' && last.recording === recording) last.times += times;
    else this.#tasks.push({ kind: 'run', recording, times });
    this.#drain();
  }

  read(from: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    return new Promise((resolve, reject) => {
      const done = (data: Promise<ArrayBuffer>): void => void data.then(resolve, reject);
      this.#tasks.push({ kind: 'read', from, bytes, done });
      this.#drain();
    });
  }

  /** Calls `act` when all that was asked for so far has been submitted. */
  after(act: () => void): void {
    if (this.#failure !== undefined) {
      act();
      return;
    }
    this.#tasks.push({ kind: 'then', act });
    this.#drain();
  }

  destroy(): void {
    this.#upload?.destroy();
    for (const list of this.#staging.values()) for (const buffer of list) buffer.destroy();
    this.#staging.clear();
  }

  download(from: GPUBuffer, offset: number, bytes: number): Promise<ArrayBuffer> {
    const encoder = this.#device.createCommandEncoder();
    const size = Math.max(4, Math.ceil(bytes / 4) * 4);
    const staging = this.#take(size);
    encoder.copyBufferToBuffer(from, offset, staging, 0, size);
    this.#device.queue.submit([encoder.finish()]);
    return this.#map(staging, bytes);
  }

  upload(to: GPUBuffer, offset: number, data: ArrayBuffer): void {
    this.#device.queue.writeBuffer(to, offset, data);
  }

  /** Submits what can be. */
  #drain(): void {
    while (!this.#blocked && this.#failure === undefined) {
      const [task] = this.#tasks;
      if (task === undefined) return;
      if (task.kind === 'run') {
        if (!task.recording.isReady) {
          this.#block(
            task.recording.ready.catch((error: unknown) => {
              if (this.#tasks[0] === task) this.#tasks.shift();
              throw error;
            }),
          );
          return;
        }
        if (task.recording.segments.some(({ kind }) => kind === 'host')) {
          this.#tasks.shift();
          this.#block(this.#runWithHost(task.recording, task.times));
          return;
        }
        if (this.#inFlight >= mostInFlight) return;
        const times = Math.min(task.times, mostSteps);
        task.times -= times;
        if (task.times === 0) this.#tasks.shift();
        this.#submit(task.recording, times);
        continue;
      }
      this.#tasks.shift();
      if (task.kind === 'write') this.#gather(task.to, task.data);
      else {
        this.#flush();
        if (task.kind === 'then') task.act();
        else task.done(this.download(task.from, 0, task.bytes));
      }
    }
  }

  /** Goes on when `until` is settled. */
  #block(until: Promise<void>): void {
    this.#blocked = true;
    until
      .catch((error: unknown) =>
        this.report(error instanceof Error ? error : new PullbackError(String(error))),
      )
      .then(() => {
        this.#blocked = false;
        this.#drain();
      });
  }

  #submit(recording: Recording, times: number): void {
    const device = this.#device;
    // Commands that are not valid show in their first submit; asking every time costs.
    const check = !this.#checked.has(recording);
    if (check) device.pushErrorScope('validation');
    const encoder = device.createCommandEncoder();
    this.#copyGathered(encoder);
    const pass = encoder.beginComputePass();
    for (let time = 0; time < times; time++)
      for (const segment of recording.segments) if (segment.kind === 'commands') segment.encode(pass);
    pass.end();
    device.queue.submit([encoder.finish()]);
    if (check) {
      this.#checked.add(recording);
      const names = recording.dispatches.map(({ label }) => label).join('; ');
      const scope = device.popErrorScope().then(
        (error) => {
          if (error !== null) this.report(new ShaderError({ got: `${error.message} (in ${names})` }));
        },
        () => undefined,
      );
      this.#checks = Promise.all([this.#checks, scope]).then(() => undefined);
    }
    this.#inFlight++;
    const landed = (): void => {
      this.#inFlight--;
      this.#drain();
    };
    device.queue.onSubmittedWorkDone().then(landed, landed);
  }

  async #runWithHost({ segments }: Recording, times: number): Promise<void> {
    this.#flush();
    for (let time = 0; time < times; time++)
      for (const segment of segments) {
        if (segment.kind === 'host') {
          await segment.run(this);
          continue;
        }
        const encoder = this.#device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        segment.encode(pass);
        pass.end();
        this.#device.queue.submit([encoder.finish()]);
      }
  }

  /** Keeps what is written until something is submitted. */
  #gather(to: GPUBuffer, data: Uint8Array): void {
    const size = Math.ceil(data.length / 4) * 4;
    if (this.#filled + size > mostGathered) this.#flush();
    if (size > mostGathered) {
      this.#device.queue.writeBuffer(to, 0, padded(data, size));
      return;
    }
    if (this.#filled + size > this.#host.length) {
      const grown = new Uint8Array(2 ** Math.ceil(Math.log2(this.#filled + size)));
      grown.set(this.#host);
      this.#host = grown;
    }
    this.#host.fill(0, this.#filled + data.length, this.#filled + size);
    this.#host.set(data, this.#filled);
    this.#gathered = this.#gathered.filter((write) => write.to !== to);
    this.#gathered.push({ to, from: this.#filled, bytes: size });
    this.#filled += size;
  }

  /** Writes what was gathered, outside of commands. */
  #flush(): void {
    for (const { to, from, bytes } of this.#gathered)
      this.#device.queue.writeBuffer(to, 0, this.#host, from, bytes);
    this.#gathered = [];
    this.#filled = 0;
  }

  /** Writes what was gathered: one of them as it is, several as one that commands spread. */
  #copyGathered(encoder: GPUCommandEncoder): void {
    if (this.#gathered.length < 2) {
      this.#flush();
      return;
    }
    const upload = this.#uploadBuffer(this.#filled);
    this.#device.queue.writeBuffer(upload, 0, this.#host, 0, this.#filled);
    for (const { to, from, bytes } of this.#gathered) encoder.copyBufferToBuffer(upload, from, to, 0, bytes);
    this.#gathered = [];
    this.#filled = 0;
  }

  #uploadBuffer(bytes: number): GPUBuffer {
    if (this.#upload === undefined || this.#upload.size < bytes) {
      this.#upload?.destroy();
      this.#upload = this.#device.createBuffer({
        label: 'writes',
        size: 2 ** Math.max(12, Math.ceil(Math.log2(bytes))),
        usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
      });
    }
    return this.#upload;
  }

  /** A buffer to map of at least that many bytes. */
  #take(bytes: number): GPUBuffer {
    const size = 2 ** Math.max(8, Math.ceil(Math.log2(bytes)));
    return (
      this.#staging.get(size)?.pop() ??
      this.#device.createBuffer({
        label: 'reads',
        size,
        usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
      })
    );
  }

  async #map(staging: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    try {
      await staging.mapAsync(GPUMapMode.READ);
      await this.#checks;
    } catch (error) {
      // A lost device refuses first and says so afterwards.
      await Promise.race([this.#device.lost, new Promise((resolve) => setTimeout(resolve, 100))]);
      throw this.#failure ?? error;
    }
    if (this.#failure !== undefined) throw this.#failure;
    const problem = this.#problem;
    this.#problem = undefined;
    if (problem !== undefined) throw problem;
    const data = staging.getMappedRange().slice(0, bytes);
    staging.unmap();
    const kept = this.#staging.get(staging.size) ?? [];
    this.#staging.set(staging.size, kept);
    if (kept.length < mostStaging) kept.push(staging);
    else staging.destroy();
    return data;
  }
}

function padded(data: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  whole.set(data);
  return whole;
}

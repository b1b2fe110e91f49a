import { describeKernel, type Plan, type WholeKernel } from '@pullback/compiler';
import {
  allocateArray,
  arrayOn,
  type Buffer,
  bytesOf,
  InternalError,
  type Origin,
  sizeOf,
  type Tensor,
  type TypedArray,
} from '@pullback/core';
import type { Limits } from './bindings.ts';
import type { SubgroupUse } from './device.ts';
import { type Dispatch, dispatchesFor, folded } from './dispatches.ts';
import type { Pipeline, Pipelines } from './pipelines.ts';
import type { Stage } from './stage.ts';
import { type StageOptions, stagesOf } from './stages/stages.ts';
import { hasWhole } from './stages/whole.ts';
import type { Recording, Segment } from './timeline.ts';
import { type Region, Values, wordOf } from './values.ts';

/** The backend as a binding needs it. */
export interface Surroundings {
  readonly device: GPUDevice;
  readonly pipelines: Pipelines;
  readonly limits: Limits;
  readonly options: Omit<StageOptions, 'scratch'>;
  readonly subgroups: SubgroupUse;
  /** Whether primitives without kernels run on the host. */
  readonly fallback: boolean;
  /** Whether temporaries are kept as float16 where that may be. */
  readonly float16: boolean;
  bufferOf(buffer: Buffer): GPUBuffer;
}

type Part =
  | { readonly kind: 'dispatches'; readonly dispatches: readonly Dispatch[] }
  | { readonly kind: 'host'; readonly kernel: WholeKernel };

/** A plan with its buffers, as commands that are made once. @throws UnsupportedError, ShaderError from `ready` */
export class Recorded implements Recording {
  readonly ready: Promise<void>;
  readonly segments: Segment[] = [];
  readonly dispatches: readonly Dispatch[];
  /** The values that are copied to the host and back in each run. */
  readonly copied: readonly string[];
  #isReady = false;
  readonly #arena: GPUBuffer | undefined;
  readonly #around: Surroundings;
  readonly #values: Values;

  constructor(
    plan: Plan,
    inputs: readonly Buffer[],
    outputs: readonly Buffer[],
    halves: ReadonlySet<number>,
    around: Surroundings,
  ) {
    this.#around = around;
    const values = new Values(plan, inputs, outputs, halves);
    this.#values = values;
    const parts = partsOf(plan, values, around);
    this.dispatches = parts.flatMap((part) => (part.kind === 'dispatches' ? part.dispatches : []));
    this.copied = parts.flatMap((part) => (part.kind === 'host' ? [describeKernel(part.kernel)] : []));
    const { device } = around;
    if (values.bytes > 0) {
      this.#arena = device.createBuffer({
        label: 'arena',
        size: values.bytes,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      });
      for (const { value, data } of plan.literals) {
        const { offset } = values.region(value);
        device.queue.writeBuffer(this.#arena, offset, asWords(data));
      }
    }
    this.ready = this.#prepare(parts, plan);
    // Whoever runs it asks; nobody need.
    this.ready.catch(() => undefined);
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Bytes of its own. */
  get bytes(): number {
    return this.#values.bytes;
  }

  dispose(): void {
    this.#arena?.destroy();
  }

  async #prepare(parts: readonly Part[], plan: Plan): Promise<void> {
    const pipelines = await Promise.all(
      parts.map((part) =>
        part.kind === 'host'
          ? []
          : Promise.all(part.dispatches.map((each) => this.#around.pipelines.get(each))),
      ),
    );
    parts.forEach((part, i) => {
      if (part.kind === 'host') this.segments.push(this.#hostSegment(part.kernel, plan));
      else this.segments.push(this.#commands(part.dispatches, pipelines[i] ?? []));
    });
    this.#isReady = true;
  }

  #gpuBuffer(buffer: Buffer | undefined): GPUBuffer {
    const found = buffer === undefined ? this.#arena : this.#around.bufferOf(buffer);
    if (found === undefined)
      throw new InternalError({ got: 'a kernel over memory that is not there', expected: 'an arena' });
    return found;
  }

  #commands(dispatches: readonly Dispatch[], pipelines: readonly Pipeline[]): Segment {
    const steps = dispatches.flatMap(({ label, bindings, groups }, i) => {
      const made = pipelines[i];
      if (made === undefined) return [];
      const bindGroup = this.#around.device.createBindGroup({
        label,
        layout: made.layout,
        entries: bindings.map(({ buffer, offset, bytes }, binding) => {
          const resource = this.#gpuBuffer(buffer);
          return {
            binding,
            resource: { buffer: resource, offset, size: Math.min(bytes, resource.size - offset) },
          };
        }),
      });
      const [x, y] = folded(groups);
      return [{ pipeline: made.pipeline, bindGroup, x, y }];
    });
    return {
      kind: 'commands',
      encode: (pass) => {
        for (const { pipeline, bindGroup, x, y } of steps) {
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, bindGroup);
          pass.dispatchWorkgroups(x, y);
        }
      },
    };
  }

  /** A primitive by its own meaning, between commands. */
  #hostSegment({ instruction, inputs, shapes, outputs }: WholeKernel, plan: Plan): Segment {
    const specOf = (value: number) => plan.specs.get(value) ?? { shape: [], dtype: 'float32' as const };
    return {
      kind: 'host',
      run: async (access) => {
        const read = await Promise.all(
          inputs.map(async (value, i): Promise<Tensor> => {
            const region = this.#values.region(value);
            const shape = shapes[i] ?? [];
            const bytes = await access.download(this.#gpuBuffer(region.buffer), region.offset, region.bytes);
            return { shape, dtype: region.dtype, data: fromWords(bytes, region, sizeOf(shape)) };
          }),
        );
        const [first, ...others] = outputs.map((value): Tensor => {
          const spec = specOf(value);
          return { ...spec, data: allocateArray(spec.dtype, sizeOf(spec.shape)) };
        });
        if (first === undefined) return;
        instruction.primitive.evaluate(read, [first, ...others], instruction.attributes);
        [first, ...others].forEach(({ data }, i) => {
          const region = this.#values.region(outputs[i] ?? -1);
          access.upload(
            this.#gpuBuffer(region.buffer),
            region.offset,
            region.packed ? wholeWords(data) : asWords(data),
          );
        });
      },
    };
  }
}

function partsOf(plan: Plan, values: Values, { options, limits, fallback }: Surroundings): Part[] {
  const parts: Part[] = [];
  let stages: Stage[] = [];
  const close = (): void => {
    if (stages.length > 0)
      parts.push({ kind: 'dispatches', dispatches: dispatchesFor(stages, values, limits) });
    stages = [];
  };
  for (const kernel of plan.kernels) {
    if (fallback && kernel.kind === 'whole' && !hasWhole(kernel)) {
      close();
      parts.push({ kind: 'host', kernel });
    } else stages.push(...stagesOf(kernel, plan.specs, { ...options, scratch: values.scratch }));
  }
  for (const { from, output } of plan.copies) stages.push(copyStage(from, values.output(output), values));
  close();
  return parts;
}

/** An output that is written when everything has been read. */
function copyStage(from: number, to: number, values: Values): Stage {
  const region = values.region(from);
  const n = region.bytes / wordOf(region.dtype);
  const origins: readonly Origin[] = [];
  return {
    label: 'copy',
    origins,
    reads: [from],
    writes: [to],
    operations: 1,
    groups: (width) => Math.ceil(n / width),
    body: (memory, width) =>
      [
        `  let point = group * ${width}u + lane;`,
        `  if (point < ${n}u) {`,
        `    ${memory.store(to, 'point', memory.load(from, 'point'))}`,
        '  }',
      ].join('\n'),
  };
}

/** Elements as the arena keeps them: each in a word of its own. */
function asWords(data: TypedArray): ArrayBuffer {
  const words = data instanceof Uint8Array ? Uint32Array.from(data) : data;
  return wholeWords(words);
}

/** The bytes, filled up to whole words. */
function wholeWords({ buffer, byteOffset, byteLength }: ArrayBufferView): ArrayBuffer {
  const bytes = new Uint8Array(Math.ceil(byteLength / 4) * 4);
  bytes.set(new Uint8Array(buffer, byteOffset, byteLength));
  return bytes.buffer;
}

function fromWords(bytes: ArrayBuffer, { dtype, packed }: Region, length: number): TypedArray {
  const isWide = packed || bytesOf(dtype) > 1;
  return isWide ? arrayOn(bytes, dtype, length) : Uint8Array.from(new Uint32Array(bytes, 0, length));
}

import { describeOrigins, PullbackError } from '@pullback/core';
import type { StorageBinding } from './bindings.ts';
import type { Dispatch } from './dispatches.ts';

/** A shader that the device did not take, or a command that was not valid. */
export class ShaderError extends PullbackError {}

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** More pipelines than this are not kept for Programs to come. */
const mostKept = 1024;

/** Pipelines by everything that makes them: the text of the shader and how its buffers are bound. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #pipelines = new Map<string, Promise<Pipeline>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** The pipeline of a dispatch, made in the background where it is not there. @throws ShaderError with the kernel and where it comes from. */
  get(dispatch: Dispatch): Promise<Pipeline> {
    // The code declares its bindings, so it is the whole structure.
    const known = this.#pipelines.get(dispatch.code);
    if (known !== undefined) return known;
    const made = this.#make(dispatch);
    this.#pipelines.set(dispatch.code, made);
    made.catch(() => this.#pipelines.delete(dispatch.code));
    const [oldest] = this.#pipelines.keys();
    if (this.#pipelines.size > mostKept && oldest !== undefined) this.#pipelines.delete(oldest);
    return made;
  }

  async #make({ label, code, bindings, origins }: Dispatch): Promise<Pipeline> {
    const device = this.#device;
    const layout = this.#layoutOf(bindings);
    // Errors of modules come through their messages and the pipeline; the scope keeps them from being reported twice.
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ label, code });
    const scope = device.popErrorScope();
    try {
      const pipeline = await device.createComputePipelineAsync({
        label,
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: 'main' },
      });
      await scope;
      return { pipeline, layout };
    } catch (error) {
      await scope.catch(() => undefined);
      const { messages } = await module.getCompilationInfo().catch(() => ({ messages: [] }));
      const lines = code.split('\n');
      const said = [...messages]
        .filter(({ type }) => type === 'error')
        .map(({ message, lineNum }) => `${message} (line ${lineNum}: ${lines[lineNum - 1]?.trim() ?? ''})`);
      throw new ShaderError({
        got: `the kernel '${label}', which the device refuses: ${said.join('; ') || String(error)}`,
        at: describeOrigins(origins),
      });
    }
  }

  #layoutOf(bindings: readonly StorageBinding[]): GPUBindGroupLayout {
    const key = bindings.map(({ access }) => access).join();
    const known = this.#layouts.get(key);
    if (known !== undefined) return known;
    const layout = this.#device.createBindGroupLayout({
      entries: bindings.map(({ access }, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: access === 'read' ? 'read-only-storage' : 'storage' },
      })),
    });
    this.#layouts.set(key, layout);
    return layout;
  }
}

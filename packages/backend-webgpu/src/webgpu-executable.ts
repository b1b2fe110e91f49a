import { explain, type Kernels, planFor } from '@pullback/compiler';
import {
  type Binding,
  type Buffer,
  DisposedError,
  type Executable,
  OptionError,
  ShapeError,
} from '@pullback/core';
import { halvesOf } from './halves.ts';
import { Recorded, type Surroundings } from './recorded.ts';
import type { Timeline } from './timeline.ts';
import { alignment, wordOf } from './values.ts';

/** The backend as an executable sees it. */
export interface Owner {
  readonly timeline: Timeline;
  ran(): void;
  alive(): void;
  disposed(): void;
}

/** A Program as kernels, to be bound to buffers. */
export class WebGpuExecutable implements Executable {
  readonly #kernels: Kernels;
  readonly #around: Surroundings;
  readonly #halves: ReadonlySet<number>;
  readonly #owner: Owner;
  readonly #recorded = new Set<Recorded>();

  constructor(kernels: Kernels, around: Surroundings, owner: Owner) {
    this.#kernels = kernels;
    this.#around = around;
    this.#halves = around.float16 ? halvesOf(kernels) : new Set();
    this.#owner = owner;
  }

  get bindings(): number {
    return this.#recorded.size;
  }

  bind(inputs: readonly Buffer[], outputs: readonly Buffer[]): WebGpuBinding {
    this.#owner.alive();
    const { program } = this.#kernels;
    if (inputs.length !== program.inputs.length || outputs.length !== program.outputs.length)
      throw new ShapeError({
        got: `${inputs.length} inputs and ${outputs.length} outputs`,
        expected: `${program.inputs.length} and ${program.outputs.length}`,
      });
    for (const buffer of [...inputs, ...outputs]) this.#around.bufferOf(buffer);
    const aliases = outputs.map((output) => inputs.flatMap((input, i) => (input === output ? [i] : [])));
    const plan = planFor(this.#kernels, aliases, {
      alignment,
      bytesOf: (dtype, value) => (this.#halves.has(value) ? 2 : wordOf(dtype)),
    });
    const recorded = new Recorded(plan, inputs, outputs, this.#halves, this.#around);
    this.#recorded.add(recorded);
    const { timeline, ran, alive } = this.#owner;
    const { subgroups } = this.#around;
    let disposed = false;
    return {
      run: (times = 1) => {
        alive();
        if (disposed)
          throw new DisposedError({ got: 'a binding that was disposed', expected: 'a living one' });
        if (!Number.isInteger(times) || times < 0)
          throw new OptionError({ got: `${times} runs`, expected: 'a whole number' });
        for (const buffer of [...inputs, ...outputs]) this.#around.bufferOf(buffer);
        ran();
        if (times > 0) timeline.run(recorded, times);
      },
      dispose: () => {
        if (disposed) return;
        disposed = true;
        this.#recorded.delete(recorded);
        timeline.after(() => recorded.dispose());
      },
      explain: () =>
        [
          explain(plan),
          `${recorded.dispatches.length} dispatches, arena with partial results ${recorded.bytes} bytes`,
          ...recorded.dispatches.map(
            ({ label, groups, bindings }, i) =>
              `  ${i}. ${label}: ${groups} workgroups, ${bindings.length} buffers`,
          ),
          ...(subgroups === 'not asked for' ? [] : [`  subgroups: ${subgroups}`]),
          ...recorded.copied.map((kernel) => `  on the host, operands and results copied: ${kernel}`),
        ].join('\n'),
      shaders: recorded.dispatches.map(({ code }) => code),
    };
  }

  dispose(): void {
    const { timeline, disposed } = this.#owner;
    for (const recorded of this.#recorded) timeline.after(() => recorded.dispose());
    this.#recorded.clear();
    disposed();
  }
}

/** A binding that shows what it does. */
export interface WebGpuBinding extends Binding {
  dispose(): void;
  /** Kernels, dispatches and what runs on the host. */
  explain(): string;
  /** The text of the shader of each dispatch. */
  readonly shaders: readonly string[];
}

import { type Kernels, kernelsFor, type Plan, planFor } from '@pullback/compiler';
import {
  type Binding,
  type Buffer,
  type Executable,
  elementary,
  type HostTensor,
  type Program,
  ShapeError,
  UnsupportedError,
} from '@pullback/core';
import { type Built, build } from './build.ts';
import type { Memory } from './memory.ts';
import { importedFunctions } from './rules/scalar-functions.ts';

interface Compiled {
  readonly plan: Plan;
  readonly built: Built;
  readonly module: WebAssembly.Module;
}

/** A Program as WebAssembly: a module for each way in which outputs share the memory of inputs, an instance for each binding. */
export class WasmExecutable implements Executable {
  readonly #kernels: Kernels;
  readonly #compiled = new Map<string, Compiled>();

  constructor(
    readonly program: Program,
    readonly memory: Memory,
    readonly options: { readonly relaxed: boolean },
  ) {
    this.#kernels = kernelsFor(program);
  }

  bind(inputs: readonly Buffer[], outputs: readonly Buffer[]): Binding {
    const { program } = this;
    if (inputs.length !== program.inputs.length || outputs.length !== program.outputs.length)
      throw new ShapeError({
        got: `${inputs.length} inputs and ${outputs.length} outputs`,
        expected: `${program.inputs.length} and ${program.outputs.length}`,
      });
    const addresses = new Map([
      ...inputs.map((buffer, i) => [`input${i}`, this.memory.addressOf(buffer)] as const),
      ...outputs.map((buffer, i) => [`output${i}`, this.memory.addressOf(buffer)] as const),
    ]);
    const aliases = outputs.map((output) => inputs.flatMap((input, i) => (input === output ? [i] : [])));
    const compiled = this.#compile(aliases);
    return new WasmBinding(compiled, addresses, this.memory);
  }

  #compile(aliases: readonly (readonly number[])[]): Compiled {
    const key = JSON.stringify(aliases);
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const plan = planFor(this.#kernels, aliases);
    const built = build(plan, this.options);
    const compiled = { plan, built, module: new WebAssembly.Module(built.bytes) };
    this.#compiled.set(key, compiled);
    return compiled;
  }
}

type Run = (times: number) => void;

class WasmBinding implements Binding {
  readonly #run: Run;
  /** Views of the memory for what the host runs, made anew when the memory has grown. */
  #steps: { readonly memory: ArrayBufferLike; readonly run: readonly (() => void)[] } | undefined;

  constructor(
    readonly compiled: Compiled,
    readonly addresses: ReadonlyMap<string, number>,
    readonly memory: Memory,
  ) {
    const { built, plan, module } = compiled;
    const arena = memory.take(built.arena + built.scratch);
    memory.giveWith(this, arena);
    const globals = new Map([...addresses, ['arena', arena]]);
    for (const { value, data } of plan.literals) {
      const location = plan.locate(value);
      const spec = plan.specs.get(value);
      if (location.kind === 'arena' && spec !== undefined)
        memory.view(spec, arena + location.offset).set(data);
    }
    const { exports } = new WebAssembly.Instance(module, {
      e: {
        memory: memory.memory,
        host: (kernel: number) => this.#onHost(kernel, globals),
        ...Object.fromEntries(importedFunctions.map((name) => [name, elementary[name]])),
        ...Object.fromEntries(built.globals.map((name) => [name, globals.get(name) ?? 0])),
      },
    });
    const { run } = exports;
    if (typeof run !== 'function') throw new UnsupportedError('a module without a step');
    this.#run = run as Run;
  }

  run(times = 1): void {
    if (times > 0) this.#run(times);
  }

  #onHost(kernel: number, globals: ReadonlyMap<string, number>): void {
    const { memory } = this.memory;
    if (this.#steps?.memory !== memory.buffer)
      this.#steps = { memory: memory.buffer, run: this.#hostSteps(globals) };
    this.#steps.run[kernel]?.();
  }

  #hostSteps(globals: ReadonlyMap<string, number>): (() => void)[] {
    const { plan, built } = this.compiled;
    const tensor = (value: number): HostTensor => {
      const location = plan.locate(value);
      const spec = plan.specs.get(value) ?? { shape: [], dtype: 'float32' };
      const base = location.kind === 'arena' ? 'arena' : `${location.kind}${location.index}`;
      const address = (globals.get(base) ?? 0) + (location.kind === 'arena' ? location.offset : 0);
      return { ...spec, data: this.memory.view(spec, address) };
    };
    return built.host.map(({ instruction, inputs, outputs }) => {
      const read = inputs.map(tensor);
      const [first, ...others] = outputs.map(tensor);
      return () => {
        if (first !== undefined)
          instruction.primitive.evaluate(read, [first, ...others], instruction.attributes);
      };
    });
  }
}

import type { Aliases, Kernel, Plan, WholeKernel } from '@pullback/compiler';
import { bytesOf, sizeOf } from '@pullback/core';
import { type Code, types } from './encoding.ts';
import { branchIf, call, choose, copyMemory, get, i32, loop, set, tee } from './instructions.ts';
import { Globals } from './kernels/bases.ts';
import { type Defined, defineLoop } from './kernels/loop.ts';
import { defineProductKernel } from './kernels/product.ts';
import type { LaneOptions } from './lane.ts';
import { ModuleBuilder } from './module.ts';
import { ScalarFunctions } from './rules/scalar-functions.ts';
import { steps, straightLine } from './straight-line.ts';

/** A plan as code: its function `run` does a number of steps. */
export interface Built {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The names of the addresses that the module is given. */
  readonly globals: readonly string[];
  /** Bytes for what lies between kernels, and behind them for what a kernel needs while it runs. */
  readonly arena: number;
  readonly scratch: number;
  /** The kernels that the host runs, by the numbers under which the module asks for them. */
  readonly host: readonly WholeKernel[];
}

export interface BuildOptions {
  readonly relaxed: boolean;
  /** Whether small Programs become straight lines; they do when left out. */
  readonly straight?: boolean;
}

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** As straight-line code where the Program is small, else as a function for each kernel. */
export function build(plan: Plan, aliases: Aliases, options: BuildOptions): Built {
  const straight = options.straight === false ? undefined : buildStraight(plan, aliases, options);
  return straight ?? buildKernels(plan, options);
}

/** Engines change to optimized code when a function is called again: no call does more steps than this. */
const mostSteps = 1000;

function buildStraight(plan: Plan, aliases: Aliases, { relaxed }: BuildOptions): Built | undefined {
  const module = new ModuleBuilder();
  const functions = new ScalarFunctions(module);
  const globals = new Globals(module, plan);
  let done = false;
  const some = module.define({ parameters: [types.i32] }, (locals) => {
    const line = straightLine(
      plan.program,
      {
        relaxed,
        scalarFunction: functions.indexOf,
        inputAddress: (input) => globals.named(`input${input}`),
        outputAddress: (place) => globals.named(`output${place}`),
        nextOf: (input) => {
          const place = aliases.map((inputs) => inputs.includes(input)).lastIndexOf(true);
          return place < 0 ? undefined : place;
        },
      },
      locals,
    );
    done = line !== undefined;
    return line === undefined ? [] : steps(line, 0);
  });
  if (!done) return undefined;
  module.define({ parameters: [types.i32], name: 'run' }, (locals) => {
    const now = locals.make(types.i32);
    return loop(
      set(now, choose(get(0), i32.const(mostSteps), i32.ltU(get(0), i32.const(mostSteps)))),
      call(some, get(now)),
      branchIf(0, tee(0, i32.sub(get(0), get(now)))),
    );
  });
  return { bytes: module.bytes(), globals: globals.names, arena: 0, scratch: 0, host: [] };
}

function buildKernels(plan: Plan, { relaxed }: BuildOptions): Built {
  const module = new ModuleBuilder();
  const functions = new ScalarFunctions(module);
  const host = plan.kernels.filter((kernel): kernel is WholeKernel => kernel.kind === 'whole');
  const onHost = host.length > 0 ? module.importFunction('host', { parameters: [types.i32] }) : -1;
  const globals = new Globals(module, plan);
  const options: LaneOptions = { relaxed, scalarFunction: functions.indexOf };
  const arena = align(plan.arena.bytes);
  const scratch = i32.add(globals.named('arena'), i32.const(arena));
  let most = 0;
  const calls = plan.kernels.map((kernel): Code => {
    if (kernel.kind === 'whole') return call(onHost, i32.const(host.indexOf(kernel)));
    const { index, units, scratch: bytes } = define(kernel, globals, options);
    most = Math.max(most, bytes);
    return units === 0 ? [] : call(index, i32.const(0), i32.const(units), scratch);
  });
  const step = module.define({}, () => [calls, copies(plan, globals)]);
  // A call for each step, so that the step becomes fast as soon as its optimized code is there.
  module.define({ parameters: [types.i32], name: 'run' }, () =>
    loop(call(step), branchIf(0, tee(0, i32.sub(get(0), i32.const(1))))),
  );
  return { bytes: module.bytes(), globals: globals.names, arena, scratch: align(most), host };
}

function define(kernel: Exclude<Kernel, WholeKernel>, globals: Globals, options: LaneOptions): Defined {
  return kernel.kind === 'product'
    ? defineProductKernel(kernel, globals, options)
    : defineLoop(kernel, globals, options);
}

function copies(plan: Plan, globals: Globals): Code {
  return plan.copies.map(({ from, output }) => {
    const { name, offset } = globals.of(from);
    const { shape, dtype } = plan.specs.get(from) ?? { shape: [], dtype: 'float32' };
    return copyMemory(
      globals.named(`output${output}`),
      i32.add(globals.named(name), i32.const(offset)),
      i32.const(sizeOf(shape) * bytesOf(dtype)),
    );
  });
}

import type { Kernel, Plan, WholeKernel } from '@pullback/compiler';
import { bytesOf, sizeOf } from '@pullback/core';
import { type Code, types } from './encoding.ts';
import { branchIf, call, copyMemory, get, i32, loop, tee } from './instructions.ts';
import { Globals } from './kernels/bases.ts';
import { type Defined, defineLoop } from './kernels/loop.ts';
import { defineProductKernel } from './kernels/product.ts';
import type { LaneOptions } from './lane.ts';
import { ModuleBuilder } from './module.ts';
import { ScalarFunctions } from './rules/scalar-functions.ts';

/** A plan as code: one function runs it any number of times. */
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

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;

export function build(plan: Plan, { relaxed }: { readonly relaxed: boolean }): Built {
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

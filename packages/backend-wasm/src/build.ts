import { type Aliases, explain, type Kernels, type Plan, planFor } from '@pullback/compiler';
import { bytesOf, type Program, sizeOf } from '@pullback/core';
import type { BuildOptions, Built, Compiled, CompileOptions } from './built.ts';
import { type Code, types } from './encoding.ts';
import { branchIf, call, copyMemory, get, i32, loop, tee } from './instructions.ts';
import { defineKernels } from './kernels/functions.ts';
import { Globals } from './kernels/places.ts';
import { isWritten } from './kernels/whole.ts';
import { kernelsOn } from './kernels-on.ts';
import { linkedOf, linkedOnce, memoryOf, onThisEngine, ownOf } from './linked.ts';
import { ModuleBuilder } from './module.ts';
import { callsOf } from './scalar/calls.ts';
import { hostFunctionsOf } from './scalar/host-functions.ts';
import { callsOf as callsOfParts, isDivided } from './threads/parts.ts';
import { defineWork } from './threads/work.ts';

/** A meeting of threads takes a microsecond or two where all have a processor, and a kernel of so much work some ten. */
const usuallyWide = 16_384;

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** Any Program as kernels, which are made when it is bound first. */
export function compileKernels(program: Program, given: CompileOptions): Compiled {
  const options = onThisEngine(given);
  let kernels: Kernels | undefined;
  return linkedOnce(program, (aliases) => {
    kernels ??= kernelsOn(program);
    const plan = planFor(kernels, aliases);
    return linkedOf(buildKernels(plan, options), plan);
  });
}

export function planOf(program: Program, aliases?: Aliases): Plan {
  return planFor(kernelsOn(program), aliases);
}

/** The kernels of a Program in words. */
export function explainKernels(program: Program): string {
  return explain(planOf(program));
}

/** A function for each kernel, or for those that are equal. */
export function buildKernels(plan: Plan, given: BuildOptions): Built {
  const { relaxed } = given;
  const module = new ModuleBuilder(memoryOf(given));
  const imports = hostFunctionsOf(plan.program);
  const functions = callsOf(module, imports);
  const asksHost = plan.kernels.some((kernel) => kernel.kind === 'whole' && !isWritten(kernel));
  const onHost = asksHost ? module.importFunction('host', { parameters: [types.i32] }) : -1;
  const globals = new Globals(module, plan, given.own?.addresses);
  // Functions of the host cannot be sent to a worker.
  const most = imports.length === 0 ? (given.threads?.count ?? 1) : 1;
  const { parts, host, table, literals, steps, ...needed } = defineKernels(plan, globals, {
    relaxed,
    calls: functions,
    wide: most > 1 ? (given.wide ?? usuallyWide) : undefined,
  });
  const at = align(plan.arena.bytes) + steps;
  const threads = parts.some(isDivided) ? most : 1;
  const own = align(needed.scratch);
  const arena = at + align(table.length * 4);
  const scratch = i32.add(globals.named('arena'), i32.const(arena));
  const hostCall = (kernel: number) => call(onHost, i32.const(kernel));
  const rowAt = (row: number) => i32.add(globals.named('arena'), i32.const(at + row * 4));
  const step = module.define({}, (locals) => [
    callsOfParts(parts, { locals, scratch, onHost: hostCall, rowAt }),
    copies(plan, globals),
  ]);
  // A call for each step, so that the step becomes fast as soon as its optimized code is there.
  module.define({ parameters: [types.i32], name: 'run' }, () =>
    loop(call(step), branchIf(0, tee(0, i32.sub(get(0), i32.const(1))))),
  );
  if (threads > 1 && given.threads !== undefined)
    defineWork(module, parts, {
      threads,
      meeting: given.threads.meeting,
      scratch: (thread) => i32.add(scratch, i32.mul(thread, i32.const(own))),
      onHost: hostCall,
      rowAt,
      last: copies(plan, globals),
    });
  return {
    bytes: module.bytes(ownOf(given, arena + own * threads, { at, starts: table }, literals)),
    globals: globals.names,
    arena,
    scratch: own * threads,
    table: { at, starts: table },
    literals,
    host,
    imports,
    threads,
  };
}

function copies(plan: Plan, globals: Globals): Code {
  return plan.copies.map(({ from, output }) => {
    const { code, offset } = globals.of(from);
    const { shape, dtype } = plan.specs.get(from) ?? { shape: [], dtype: 'float32' };
    return copyMemory(
      globals.named(`output${output}`),
      i32.add(code, i32.const(offset)),
      i32.const(sizeOf(shape) * bytesOf(dtype)),
    );
  });
}

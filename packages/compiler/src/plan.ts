import { type Program, unrolled } from '@pullback/core';
import { fuse } from './fuse/fuse.ts';
import { kernelsOf } from './kernels/build.ts';
import type { Kernel, Steps } from './kernels/kernel.ts';
import { type Lowered, lower } from './lower/lower.ts';
import { type Arena, type MemoryOptions, planArena } from './memory/memory.ts';
import { type Aliases, schedule } from './memory/schedule.ts';
import { anyTarget, type Target } from './target.ts';

/** All that a backend has to do for a Program, in order. */
export interface Plan extends Steps {
  readonly program: Program;
  /** Results that are copied from the arena when all kernels are done. */
  readonly copies: readonly { readonly from: number; readonly output: number }[];
  readonly arena: Arena;
  /** Why kernels began. */
  readonly reasons: readonly string[];
}

/** A Program as kernels, before it is known which buffers it will be run on. */
export interface Kernels {
  readonly program: Program;
  readonly lowered: Lowered;
  readonly groups: readonly (readonly Kernel[])[];
  readonly reasons: readonly string[];
}

export function kernelsFor(program: Program, options: Partial<Target> = {}): Kernels {
  const target = { ...anyTarget, ...options };
  if (target.repeats === undefined) return kernelsIn(unrolled(program), target);
  const kernels = kernelsIn(program, target);
  return kernels.groups.flat().every((kernel) => isRepeated(kernel, target))
    ? kernels
    : kernelsIn(unrolled(program), target);
}

/** Whether nothing in a step has to be done by the host, which finds its buffers in one place. */
function isRepeated(kernel: Kernel, { repeats }: Target): boolean {
  const { step } = (kernel.kind === 'whole' && kernel.repeated) || { step: undefined };
  return (step?.kernels ?? []).every(
    (each) => each.kind !== 'whole' || each.repeated !== undefined || repeats?.(each) === true,
  );
}

function kernelsIn(program: Program, target: Target): Kernels {
  const lowered = lower(program, target);
  const fused = fuse(lowered, target);
  const groups = fused.groups
    .map((group) => kernelsOf(group, lowered, fused).map((kernel) => withSteps(kernel, target)))
    .filter(({ length }) => length > 0);
  return { program, lowered, groups, reasons: fused.reasons };
}

/** A repetition with the kernels of a step. */
function withSteps(kernel: Kernel, target: Target): Kernel {
  if (kernel.kind !== 'whole') return kernel;
  const { primitive, attributes } = kernel.instruction;
  if (primitive.form?.kind !== 'repeat') return kernel;
  const repeat = primitive.form.repeat(attributes);
  return { ...kernel, repeated: { ...repeat, step: planFor(kernelsFor(repeat.body, target)) } };
}

/** Order and memory of the kernels, for outputs that share the memory of inputs. */
export function planFor(
  { program, lowered, groups, reasons }: Kernels,
  aliases: Aliases = [],
  memory: MemoryOptions = {},
): Plan {
  const { outputs, inputs, specs, ops } = lowered;
  const { kernels, aside } = schedule(groups, outputs, aliases);
  const literals = ops.flatMap(({ kind, root, attributes }) => {
    const data = attributes['data'];
    return kind === 'literal' && ArrayBuffer.isView(data) ? [{ value: root, data }] : [];
  });
  const direct = new Map<number, number>();
  const copies: { from: number; output: number }[] = [];
  outputs.forEach((root, output) => {
    if (aside.has(root)) copies.push({ from: root, output });
    else direct.set(root, output);
  });
  const inArena = new Map([...specs].filter(([root]) => root >= inputs && !direct.has(root)));
  const given = new Set(literals.map(({ value }) => value));
  const arena = planArena(kernels, inArena, { kept: aside, given }, memory);
  return {
    program,
    kernels,
    copies,
    literals,
    specs,
    arena,
    reasons,
    locate: (value) => {
      if (value < inputs) return { kind: 'input', index: value };
      const output = direct.get(value);
      if (output !== undefined) return { kind: 'output', index: output };
      return { kind: 'arena', offset: arena.offsets.get(value) ?? 0 };
    },
  };
}

import { type Kernel, type Kernels, kernelsFor } from '@pullback/compiler';
import { type Program, unrolled } from '@pullback/core';
import { isWritten } from './kernels/whole.ts';
import { target } from './target.ts';

/** A Program as kernels. Where the host has to do a part of a step, which it finds in one place, the steps are written out. */
export function kernelsOn(program: Program): Kernels {
  const kernels = kernelsFor(program, target);
  const isAsked = (kernel: Kernel, inLoop: boolean): boolean => {
    if (kernel.kind !== 'whole') return false;
    if (kernel.repeated !== undefined)
      return kernel.repeated.step.kernels.some((each) => isAsked(each, true));
    return inLoop && !isWritten(kernel);
  };
  return kernels.groups.flat().some((kernel) => isAsked(kernel, false))
    ? kernelsFor(unrolled(program), target)
    : kernels;
}

import {
  describeKernel,
  flopsOf,
  type Kernel,
  type Kernels,
  structureOf,
  trafficOf,
  type WholeKernel,
} from '@pullback/compiler';
import { describeOrigins, type TensorSpec } from '@pullback/core';
import type { Target } from '../target.ts';
import type { Call, Start } from './call.ts';
import { functionOf, mayDivide, type Printed, printKernel } from './print.ts';
import { printRepetition } from './repetition.ts';
import { isWritten } from './whole.ts';

type Specs = ReadonlyMap<number, TensorSpec>;

/** A function in C, with the comment and the functions before it. */
export interface Defined {
  readonly name: string;
  readonly text: string;
  /** Whether it calls functions of other kernels. */
  readonly isRepetition: boolean;
  /** The name of the function that all threads go through. */
  readonly together: string | undefined;
}

/** The kernels of a Program, and of steps of its repetitions, as functions: one for all that are equal but for their buffers. */
export class Functions {
  readonly list: Defined[] = [];
  readonly #printed = new Map<string, Printed & Pick<Call, 'name' | 'index'>>();
  readonly #repetitions = new Map<string, Pick<Call, 'name' | 'index' | 'together'>>();
  readonly #alike = new Map<string, Kernel[]>();
  readonly #calls = new Map<Kernel, Call | undefined>();

  constructor(
    { groups, lowered }: Kernels,
    readonly target: Target,
    /** Operations and elements from which on a kernel is divided among threads; none is when left out. */
    readonly wide = Infinity,
  ) {
    const kernels = groups.flat();
    this.#count(kernels, lowered.specs);
    for (const kernel of kernels) this.callOf(kernel, lowered.specs);
  }

  #count(kernels: readonly Kernel[], specs: Specs): void {
    for (const kernel of kernels) {
      if (kernel.kind === 'whole' && kernel.repeated !== undefined) {
        const { step } = kernel.repeated;
        this.#count(step.kernels, step.specs);
        continue;
      }
      const { key } = structureOf(kernel, specs);
      const alike = this.#alike.get(key);
      if (alike === undefined) this.#alike.set(key, [kernel]);
      else alike.push(kernel);
    }
  }

  /** The call of a kernel; undefined where there is nothing to do, or the host does it. */
  callOf(kernel: Kernel, specs: Specs): Call | undefined {
    if (!this.#calls.has(kernel)) {
      const isRepetition = kernel.kind === 'whole' && kernel.repeated !== undefined;
      this.#calls.set(kernel, isRepetition ? this.#repetition(kernel) : this.#kernel(kernel, specs));
    }
    return this.#calls.get(kernel);
  }

  #kernel(kernel: Kernel, specs: Specs): Call | undefined {
    if (kernel.kind === 'whole' && !isWritten(kernel)) return undefined;
    const { key, from } = structureOf(kernel, specs);
    const printed = this.#printed.get(key) ?? this.#print(kernel, specs, key);
    this.#printed.set(key, printed);
    if (printed.units === 0) return undefined;
    return {
      ...printed,
      bytes: 0,
      divided: printed.units > 1 && mayDivide(kernel) && workOf(kernel, specs) >= this.wide,
      together: undefined,
      starts: from.map(({ buffer, offset }) => ({ kind: 'value', value: buffer, element: offset })),
    };
  }

  #print(kernel: Kernel, specs: Specs, key: string) {
    const index = this.list.length;
    const name = `kernel_${index}`;
    const printed = printKernel(kernel, specs, this.target, name);
    const text = [commentOf(this.#alike.get(key) ?? [kernel]), printed.text].join('\n');
    this.list.push({ name, text, isRepetition: false, together: undefined });
    return { ...printed, name, index };
  }

  #repetition(kernel: WholeKernel): Call | undefined {
    const { repeated, inputs, offsets, outputs } = kernel;
    if (repeated === undefined) return undefined;
    const printed = printRepetition(kernel, repeated, (each, specs) => this.callOf(each, specs));
    const key = JSON.stringify([printed.alone, printed.together]);
    const known = this.#repetitions.get(key) ?? this.#define(kernel, printed);
    this.#repetitions.set(key, known);
    const values = [
      ...inputs.map((value, i) => ({ value, element: offsets[i] ?? 0 })),
      ...outputs.map((value) => ({ value, element: 0 })),
    ].map((start): Start => ({ kind: 'value', ...start }));
    return {
      ...known,
      ...{ units: 1, scratch: printed.scratch, bytes: printed.bytes },
      divided: known.together !== undefined,
      starts: [{ kind: 'own' }, ...values, ...printed.numbers],
    };
  }

  #define(kernel: WholeKernel, printed: Pick<ReturnType<typeof printRepetition>, 'alone' | 'together'>) {
    const index = this.list.length;
    const name = `kernel_${index}`;
    const together = printed.together && `together_${index}`;
    const texts = [
      commentOf([kernel]),
      functionOf(name, printed.alone),
      ...(printed.together === undefined
        ? []
        : [
            `static void ${together}(char *const *b_, struct hand *hand) {`,
            ...printed.together.map((line) => `  ${line}`),
            '}',
          ]),
    ];
    this.list.push({ name, text: texts.join('\n'), isRepetition: true, together });
    return { name, index, together };
  }
}

function commentOf(kernels: readonly Kernel[]): string {
  const [first] = kernels;
  const from = describeOrigins(kernels.flatMap(({ origins }) => origins));
  const lines = [
    ...(first === undefined ? [] : describeKernel(first).split('\n')),
    ...(kernels.length > 1 ? [`for ${kernels.length} kernels`] : []),
    ...(from === '' ? [] : [`from ${from}`]),
  ];
  return lines.map((line) => `// ${line.replaceAll('\\', '/')}`).join('\n');
}

/** Operations and elements of a kernel, which say how long it takes. */
function workOf(kernel: Kernel, specs: Specs): number {
  return flopsOf(kernel) + trafficOf(kernel, { specs }) / 4;
}

import type { Code } from '../wgsl/code.ts';
import { count, typeOf } from '../wgsl/numbers.ts';
import { type Accumulator, joined } from './accumulate.ts';

/** How many invocations share a long row. */
export const team = 64;

/** How the invocations of a workgroup put together what each has in its variables `a<statement>`, so that all have it. */
export interface WorkgroupJoin {
  /** Whether its code needs `enable subgroups;`. */
  readonly subgroups: boolean;
  /** Workgroup memory; names end in `suffix`. */
  declarations(accumulators: readonly Accumulator[], suffix: string): string;
  /** Writes the code that runs once, before the first of them. */
  prepare(code: Code, suffix: string): void;
  join(code: Code, a: Accumulator, suffix: string): void;
}

/** Half of the invocations take what the other half has, until one has all. */
export const byTree: WorkgroupJoin = {
  subgroups: false,
  declarations: arraysOf,
  prepare: () => undefined,
  join: (code, a, suffix) => {
    const [name, mine] = [arrayName(a, suffix), `a${a.statement}`];
    code.line(`${name}[lane] = ${mine};`);
    code.line('workgroupBarrier();');
    code.block(`for (var half = ${count(team / 2)}; half > 0u; half >>= 1u)`, () => {
      code.block('if (lane < half)', () =>
        code.line(`${name}[lane] = ${joined(a, `${name}[lane]`, `${name}[lane + half]`)};`),
      );
      code.line('workgroupBarrier();');
    });
    code.line(`${mine} = workgroupUniformLoad(&${name}[0]);`);
  },
};

/**
 * Each subgroup joins its own, one of its invocations writes that down, and all read those few in one order, so that all have the same bits.
 * Nothing is taken for granted of how many invocations a subgroup has or which: the leaders mark themselves in a bit set, where a leader's place is
 * the number of leaders before it.
 */
export const bySubgroups: WorkgroupJoin = {
  subgroups: true,
  declarations: (accumulators, suffix) =>
    `${arraysOf(accumulators, suffix)}\nvar<workgroup> leaders${suffix}: array<atomic<u32>, ${team / 32}>;`,
  prepare: (code, suffix) => {
    code.line('let leads = subgroupBroadcastFirst(lane) == lane;');
    code.block('if (leads)', () => code.line(`atomicOr(&leaders${suffix}[lane / 32u], 1u << (lane % 32u));`));
    code.line('workgroupBarrier();');
    code.line('var place = 0u;');
    code.line('var subgroups = 0u;');
    code.block(`for (var word = 0u; word < ${count(team / 32)}; word++)`, () => {
      code.line(`let leaders = atomicLoad(&leaders${suffix}[word]);`);
      code.line('let before = select((1u << (lane % 32u)) - 1u, 0xffffffffu, word < lane / 32u);');
      code.line('place += countOneBits(select(leaders & before, 0u, word > lane / 32u));');
      code.line('subgroups += countOneBits(leaders);');
    });
  },
  join: (code, a, suffix) => {
    const [name, mine] = [arrayName(a, suffix), `a${a.statement}`];
    code.line(`${mine} = ${ofSubgroup(a, mine)};`);
    code.block('if (leads)', () => code.line(`${name}[place] = ${mine};`));
    code.line('workgroupBarrier();');
    code.line(`${mine} = ${name}[0];`);
    code.block('for (var other = 1u; other < subgroups; other++)', () =>
      code.line(`${mine} = ${joined(a, mine, `${name}[other]`)};`),
    );
    // The next one writes to the same memory.
    code.line('workgroupBarrier();');
  },
};

/** The sum or maximum of a subgroup's invocations. subgroupMax of floats may lose a NaN; that of their keys does not. */
function ofSubgroup({ name, dtype }: Accumulator, x: string): string {
  if (name === 'sum') return `subgroupAdd(${x})`;
  return dtype === 'float32' ? `f32_of_key(subgroupMax(key_of_f32(${x})))` : `subgroupMax(${x})`;
}

function arrayName({ dtype }: Accumulator, suffix: string): string {
  return `tree${suffix}_${typeOf(dtype)}`;
}

/** One array for each type. */
function arraysOf(accumulators: readonly Accumulator[], suffix: string): string {
  const arrays = accumulators.map(
    (a) => `var<workgroup> ${arrayName(a, suffix)}: array<${typeOf(a.dtype)}, ${team}>;`,
  );
  return [...new Set(arrays)].join('\n');
}

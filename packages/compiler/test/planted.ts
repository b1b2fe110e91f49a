import { type Input, type Kernel, type Plan, readBy, type View, writtenBy } from '@pullback/compiler';
import { denseView } from '@pullback/core';
import type { Op, Operand } from '../src/lower/op.ts';
import { type Arena, planArena } from '../src/memory/memory.ts';
import type { Changes } from './run-plan.ts';

/** Bugs as they are made: what a stage hands on, a little wrong. */
export const planted: Readonly<Record<string, Changes>> = {
  // views
  'a transposed square is read straight': views((view, shape) => swapped(view, shape, (a, b) => a < b)),
  'a flip is forgotten': views(({ offset, strides }, shape) => ({
    offset: offset + strides.reduce((sum, s, axis) => (s < 0 ? sum + s * ((shape[axis] ?? 1) - 1) : sum), 0),
    strides: strides.map(Math.abs),
  })),
  'the start of a slice is forgotten': views(({ offset, strides }) => ({
    offset: strides.some((stride) => stride < 0) ? offset : 0,
    strides,
  })),
  'the last axis is taken to be dense': views(({ offset, strides }) => ({
    offset,
    strides: strides.map((stride, axis) => (axis === strides.length - 1 ? Math.min(stride, 1) : stride)),
  })),
  'what is repeated is taken to be there': views(({ offset, strides }, shape) => ({
    offset,
    strides: strides.map((stride, axis) => (stride === 0 && (shape[axis] ?? 1) > 1 ? 1 : stride)),
  })),
  'all parts are put at the start': ops((op) =>
    op.within ? { ...op, within: { ...op.within, offset: 0 } } : op,
  ),
  'the places between padded elements are forgotten': ops((op) =>
    op.within ? { ...op, strides: denseView(op.shape).strides } : op,
  ),
  'padding is not filled': {
    lowered: (lowered) => ({ ...lowered, ops: lowered.ops.filter((op) => !isFill(op)) }),
  },
  'padding is always 0': ops((op) =>
    isFill(op) ? { ...op, operands: [{ kind: 'number', number: 0, dtype: op.spec.dtype }] } : op,
  ),
  'the matrices of a batch are all the first': ops((op) =>
    op.kind === 'product'
      ? {
          ...op,
          operands: op.operands.map((operand) =>
            operand.kind === 'number' || op.shape.length < 4
              ? operand
              : { ...operand, view: { ...operand.view, strides: [0, ...operand.view.strides.slice(1)] } },
          ),
        }
      : op,
  ),
  'an index one too large is inside': ops((op) =>
    op.kind === 'gather' ? { ...op, extent: op.extent + 1 } : op,
  ),
  'rows by index are taken to be one element long': ops((op) =>
    op.kind === 'gather' ? { ...op, stride: Math.min(1, op.stride) } : op,
  ),

  // fusion
  'a square is summed along its other axis': ops((op) => {
    const [axis = -1, ...others] = op.kind === 'reduce' ? op.axes : [];
    const other = op.shape.findIndex((extent, i) => i !== axis && extent > 1 && extent === op.shape[axis]);
    if (op.kind !== 'reduce' || others.length > 0 || other < 0) return op;
    return { ...op, axes: [other], strides: exchanged(op.strides, axis, other) };
  }),
  'a sum known when all is done is taken for one of each row': {
    fused: (fused) => {
      for (const { members } of fused.groups)
        for (const [root, member] of members) members.set(root, { ...member, late: false });
      return fused;
    },
  },
  'a residual is added to a transposed product': kernels((kernel) =>
    kernel.kind === 'product'
      ? inputs(kernel, (input) =>
          input.kind === 'load' ? { ...input, view: swapped(input.view, kernel.space) } : input,
        )
      : kernel,
  ),
  'what another kernel reads is not stored': {
    groups: (groups, { outputs }) =>
      groups.map((group) =>
        group.map((kernel) =>
          kernel.kind === 'whole'
            ? kernel
            : { ...kernel, stores: kernel.stores.filter(({ buffer }) => outputs.includes(buffer)) },
        ),
      ),
  },
  'a value is computed once along an axis along which it differs': kernels((kernel) =>
    kernel.kind === 'whole'
      ? kernel
      : {
          ...kernel,
          statements: kernel.statements.map((statement) => {
            const first = statement.varies.indexOf(true);
            return statement.kind === 'map'
              ? { ...statement, varies: statement.varies.map((does, axis) => does && axis !== first) }
              : statement;
          }),
        },
  ),
  'two axes are merged whatever is read along them': kernels((kernel) => {
    if (kernel.kind !== 'loop' || kernel.order !== 'map' || kernel.space.length !== 2) return kernel;
    const last = (view: View): View => ({ ...view, strides: view.strides.slice(1) });
    const [rows = 1, columns = 1] = kernel.space;
    return {
      ...kernel,
      space: [rows * columns],
      statements: kernel.statements.map((statement) => ({
        ...statement,
        varies: [statement.varies.includes(true)],
        inputs: statement.inputs.map((input) =>
          'view' in input ? { ...input, view: last(input.view) } : input,
        ),
        ...(statement.kind === 'gather' && { view: last(statement.view) }),
      })),
      stores: kernel.stores.map((store) => ({ ...store, view: last(store.view) })),
    };
  }),
  'rows have an axis too many': kernels((kernel) =>
    kernel.kind === 'loop' && kernel.order === 'rows' && kernel.outer > 0
      ? { ...kernel, outer: kernel.outer - 1 }
      : kernel,
  ),
  'the first column is taken for all': kernels((kernel) =>
    kernel.kind === 'loop' && kernel.order === 'columns'
      ? inputs(kernel, (input) =>
          input.kind === 'load' ? { ...input, view: withoutLast(input.view) } : input,
        )
      : kernel,
  ),

  // order
  'new numbers are written though the old ones are still to be read': { aliases: () => [] },
  'a kernel writes over what it still reads': {
    plan: (plan) => {
      const inPlace = new Map(plan.copies.map(({ from, output }) => [from, output]));
      return {
        ...plan,
        copies: [],
        locate: (value) => {
          const index = inPlace.get(value);
          return index === undefined ? plan.locate(value) : { kind: 'output', index };
        },
      };
    },
  },
  'buffers that are exchanged are taken to be their own': {
    aliases: (aliases) => aliases.map((inputs, output) => inputs.filter((input) => input === output)),
  },
  'a kernel runs before the one whose result it reads': {
    plan: (plan) => {
      const order = [...plan.kernels];
      const late = order.findIndex((kernel, i) =>
        readBy(kernel).some(
          (value) => order[i - 1] !== undefined && writtenBy(order[i - 1] as Kernel).includes(value),
        ),
      );
      if (late > 0) order.splice(late - 1, 0, ...order.splice(late, 1));
      return { ...plan, kernels: order };
    },
  },
  'results that were written aside are never copied': { plan: (plan) => ({ ...plan, copies: [] }) },
  'a reader waits for one part alone': {
    plan: (plan) => {
      const order = [...plan.kernels];
      const first = order.findIndex((kernel) => partOf(kernel) !== undefined);
      const value = order.slice(first).map(partOf)[0] ?? -1;
      const reader = order.findIndex((kernel, i) => i > first && readBy(kernel).includes(value));
      if (first >= 0 && reader >= 0) order.splice(first + 1, 0, ...order.splice(reader, 1));
      return { ...plan, kernels: order };
    },
  },

  // memory
  'places are as large as for float32': replanned((plan, again) =>
    again({ specs: new Map([...plan.specs].map(([value, spec]) => [value, { ...spec, dtype: 'float32' }])) }),
  ),
  'lives end at the first reader': replanned((plan, again) => {
    const read = new Set<number>();
    return again({
      kernels: plan.kernels.map((kernel) => {
        const known = new Set(read);
        for (const value of readBy(kernel)) read.add(value);
        return only(kernel, (value) => !known.has(value));
      }),
    });
  }),
  'lives end where they begin': replanned((plan, again) => {
    const written = new Set(plan.kernels.flatMap(writtenBy));
    return again({ kernels: plan.kernels.map((kernel) => only(kernel, (value) => !written.has(value))) });
  }),
  'literals live from their first reader on': replanned((_, again) => again({ given: new Set() })),
  'results that are copied at the end die before': replanned((_, again) => again({ kept: new Set() })),
};

function ops(change: (op: Op) => Op): Changes {
  return { lowered: (lowered) => ({ ...lowered, ops: lowered.ops.map(change) }) };
}

/** Changes what operands read. */
function views(change: (view: View, shape: readonly number[]) => View): Changes {
  const read = (operand: Operand, shape: readonly number[]): Operand =>
    operand.kind === 'root' ? { ...operand, view: change(operand.view, shape) } : operand;
  return ops((op) => ({
    ...op,
    operands: op.operands.map((operand, i) => read(operand, shapeRead(op, i))),
  }));
}

/** The box over which the view of an operand goes. */
function shapeRead(op: Op, operand: number): readonly number[] {
  if (op.kind !== 'product') return op.shape;
  const { lines = [], steps = [] } = op.factors[operand] ?? {};
  return [...op.shape.slice(0, -3), ...lines, ...steps];
}

/** Whether an op writes what no part covers. */
function isFill({ within, operands: [operand] }: Op): boolean {
  return within !== undefined && operand?.kind === 'number';
}

function exchanged(numbers: readonly number[], a: number, b: number): number[] {
  return numbers.map((number, i) => numbers[i === a ? b : i === b ? a : i] ?? number);
}

/** The strides of two axes of one extent exchanged, where they are in that order. */
function swapped(
  view: View,
  shape: readonly number[],
  wrong: (a: number, b: number) => boolean = () => true,
): View {
  const { strides } = view;
  for (let a = 0; a < shape.length; a++)
    for (let b = a + 1; b < shape.length; b++) {
      const [one = 0, two = 0] = [strides[a], strides[b]];
      if (shape[a] === shape[b] && one > 0 && two > 0 && wrong(one, two))
        return { ...view, strides: exchanged(strides, a, b) };
    }
  return view;
}

function withoutLast({ offset, strides }: View): View {
  return { offset, strides: strides.map((stride, axis) => (axis === strides.length - 1 ? 0 : stride)) };
}

/** A value of which a kernel writes a part. */
function partOf(kernel: Kernel): number | undefined {
  return kernel.kind === 'whole' ? undefined : kernel.stores.find(({ isPart }) => isPart)?.buffer;
}

function kernels(change: (kernel: Kernel) => Kernel): Changes {
  return { groups: (groups) => groups.map((group) => group.map(change)) };
}

function inputs<K extends Exclude<Kernel, { kind: 'whole' }>>(kernel: K, change: (input: Input) => Input): K {
  return {
    ...kernel,
    statements: kernel.statements.map((statement) => ({
      ...statement,
      inputs: statement.inputs.map(change),
    })),
  };
}

/** The kernel as one that reads those values alone: enough for lives. */
function only(kernel: Kernel, wanted: (value: number) => boolean): Kernel {
  const instruction = { primitive: never, attributes: {}, inputs: [], first: 0, outputs: [], origins: [] };
  return {
    kind: 'whole',
    instruction,
    inputs: readBy(kernel).filter(wanted),
    offsets: [],
    shapes: [],
    outputs: writtenBy(kernel),
    origins: [],
  };
}

const never = {
  kind: 'elementwise',
  name: 'never',
  infer: () => [],
  evaluate: () => {},
} as const;

interface Lives {
  readonly kernels?: readonly Kernel[];
  readonly specs?: Plan['specs'];
  readonly kept?: ReadonlySet<number>;
  readonly given?: ReadonlySet<number>;
}

/** Plans the arena once more, from something else. */
function replanned(change: (plan: Plan, again: (lives: Lives) => Arena) => Arena): Changes {
  return {
    plan: (plan) => {
      const isInArena = (value: number) => plan.locate(value).kind === 'arena';
      const arena = change(plan, ({ kernels = plan.kernels, specs = plan.specs, kept, given }) =>
        planArena(kernels, new Map([...specs].filter(([value]) => isInArena(value))), {
          kept: kept ?? new Set(plan.copies.map(({ from }) => from)),
          given: given ?? new Set(plan.literals.map(({ value }) => value)),
        }),
      );
      const bytes = Math.max(arena.bytes, plan.arena.bytes);
      return {
        ...plan,
        arena: { ...arena, bytes },
        locate: (value) =>
          isInArena(value) ? { kind: 'arena', offset: arena.offsets.get(value) ?? 0 } : plan.locate(value),
      };
    },
  };
}

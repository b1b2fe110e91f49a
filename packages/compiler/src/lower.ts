import {
  add,
  coreNameOf,
  type Instruction,
  type Primitive,
  type Program,
  placeholder,
  type Shape,
  sizeOf,
  type TensorSpec,
} from '@pullback/core';
import type { Op, Operand } from './op.ts';
import { denseView, moved, sameView, type View } from './view.ts';

/** A Program without movement: what it computes, each value read through views. */
export interface Lowered {
  readonly ops: readonly Op[];
  /** The spec of every value that has memory or is computed, by number; the Program's inputs come first. */
  readonly specs: ReadonlyMap<number, TensorSpec>;
  /** The value of each output, as dense as the output. */
  readonly outputs: readonly number[];
  readonly inputs: number;
}

/** What a value of the Program is: a view of something, a number everywhere, or places. */
type Meaning = Operand;
type InMemory = Extract<Operand, { kind: 'root' }>;

export interface LowerOptions {
  /** Elementwise primitives that the backend has no scalar rule for: they are kernels of their own, by the meaning that they bring. */
  readonly asWhole?: (primitive: Primitive) => boolean;
}

/** Opens movement into views; what no view can say becomes a copy. */
export function lower(program: Program, { asWhole = () => false }: LowerOptions = {}): Lowered {
  const ops: Op[] = [];
  const specs = new Map<number, TensorSpec>();
  const meanings = new Map<number, Meaning>();
  const shapes = [...program.inputs, ...program.body.flatMap(({ outputs }) => outputs)];
  let fresh = shapes.length;
  const specOf = (value: number): TensorSpec => shapes[value] ?? { shape: [], dtype: 'float32' };
  const meaningOf = (value: number): Meaning => meanings.get(value) ?? dense(value, specOf(value).shape);
  const define = (op: Op): void => {
    ops.push(op);
    specs.set(op.root, op.spec);
  };
  for (const [i, spec] of program.inputs.entries()) specs.set(i, spec);

  /** `meaning`, which is read as `shape`, as a value of its own that lies densely. */
  const copy = (meaning: Meaning, spec: TensorSpec, { origins }: Pick<Instruction, 'origins'>): number => {
    const root = fresh++;
    define({
      kind: 'map',
      name: 'copy',
      primitive: undefined,
      attributes: {},
      root,
      spec,
      origins,
      shape: spec.shape,
      operands: [meaning],
      strides: denseView(spec.shape).strides,
    });
    return root;
  };
  /** `meaning` as elements that lie in memory somehow. */
  const inMemory = (meaning: Meaning, spec: TensorSpec, instruction: Instruction): InMemory =>
    meaning.kind === 'root' ? meaning : dense(copy(meaning, spec, instruction), spec.shape);
  const isDense = (meaning: Meaning, shape: Shape): meaning is InMemory =>
    meaning.kind === 'root' &&
    sameView(meaning.view, denseView(shape)) &&
    sizeOf(specs.get(meaning.root)?.shape ?? []) === sizeOf(shape);

  for (const instruction of program.body) {
    const { inputs, first, attributes, origins } = instruction;
    const [spec = specOf(first)] = instruction.outputs;
    const name = coreNameOf(instruction.primitive) ?? '';
    const operands = inputs.map(meaningOf);
    const [operand, other] = operands;
    const from = specOf(inputs[0] ?? -1).shape;
    const common = { root: first, spec, name, attributes, origins };
    const put = (op: Op): void => {
      define(op);
      meanings.set(first, dense(first, spec.shape));
    };
    const { kind } = instruction.primitive;
    if (name === 'fill') {
      meanings.set(first, { kind: 'number', number: Number(attributes['value']), dtype: spec.dtype });
    } else if (name === 'iota') {
      const axis = Number(attributes['axis']);
      const strides = spec.shape.map((extent, i) => (i === axis && extent !== 1 ? 1 : 0));
      meanings.set(first, { kind: 'index', view: { offset: 0, strides }, dtype: spec.dtype });
    } else if (name === 'literal') {
      put({
        ...common,
        kind: 'literal',
        shape: spec.shape,
        operands: [],
        strides: denseView(spec.shape).strides,
      });
    } else if ((name === 'barrier' || name === 'stopGradient') && operand !== undefined) {
      meanings.set(first, operand);
    } else if (kind === 'movement' && name !== '' && operand !== undefined && isOneToOne(name)) {
      const view =
        operand.kind === 'number'
          ? undefined
          : moved(name, instruction, from, broadcastable(operand.view, from));
      if (operand.kind === 'number') meanings.set(first, operand);
      else if (view !== undefined) meanings.set(first, { ...operand, view });
      else {
        // Row-major order is kept by a copy, so the copy of what is reshaped lies as the result does.
        const root = copy(operand, { shape: from, dtype: spec.dtype }, instruction);
        meanings.set(first, dense(root, spec.shape));
      }
    } else if (name === 'pad' || name === 'concatenate') {
      put(
        assembled(
          common,
          instruction,
          operands,
          inputs.map((input) => specOf(input).shape),
        ),
      );
    } else if (
      kind === 'elementwise' &&
      instruction.outputs.length === 1 &&
      !asWhole(instruction.primitive)
    ) {
      put({
        ...common,
        kind: 'map',
        name: name === '' ? instruction.primitive.name : name,
        primitive: instruction.primitive,
        shape: spec.shape,
        operands,
        strides: denseView(spec.shape).strides,
      });
    } else if ((name === 'sum' || name === 'max') && operand !== undefined) {
      const axes = attributes['axes'];
      const along = Array.isArray(axes) ? (axes as readonly number[]).filter((axis) => from[axis] !== 1) : [];
      // Along axes of extent 1 the maximum is the element, the sum 0 + the element, which makes 0 of -0.
      if (along.length === 0 && name === 'max') meanings.set(first, operand);
      else if (along.length === 0)
        put({
          ...common,
          kind: 'map',
          name: 'add',
          primitive: addition(),
          attributes: {},
          shape: spec.shape,
          operands: [operand, { kind: 'number', number: 0, dtype: spec.dtype }],
          strides: denseView(spec.shape).strides,
        });
      else
        put({
          ...common,
          kind: 'reduce',
          name,
          axes: along,
          shape: from,
          operands,
          strides: denseView(spec.shape).strides,
        });
    } else if (name === 'matmul' && operand !== undefined && other !== undefined) {
      const [a, b] = [specOf(inputs[0] ?? -1), specOf(inputs[1] ?? -1)];
      put(product(common, inMemory(operand, a, instruction), inMemory(other, b, instruction), from));
    } else if (name === 'gather' && operand !== undefined && other !== undefined) {
      const axis = Number(attributes['axis']);
      const indices = specOf(inputs[1] ?? -1).shape;
      const rank = indices.length;
      const source = inMemory(operand, specOf(inputs[0] ?? -1), instruction);
      const spread = (strides: readonly number[]): number[] => [
        ...new Array<number>(axis).fill(0),
        ...strides,
        ...new Array<number>(from.length - axis - 1).fill(0),
      ];
      const { strides } = source.view;
      put({
        ...common,
        kind: 'gather',
        from: source.root,
        view: {
          offset: source.view.offset,
          strides: [
            ...strides.slice(0, axis),
            ...new Array<number>(rank).fill(0),
            ...strides.slice(axis + 1),
          ],
        },
        stride: strides[axis] ?? 0,
        extent: from[axis] ?? 0,
        shape: spec.shape,
        operands: [
          other.kind === 'number'
            ? other
            : { ...other, view: { ...other.view, strides: spread(other.view.strides) } },
        ],
        strides: denseView(spec.shape).strides,
      });
    } else {
      const read = inputs.map((input, i): Operand => {
        const meaning = operands[i] ?? meaningOf(input);
        const { shape } = specOf(input);
        return isDense(meaning, shape) ? meaning : dense(copy(meaning, specOf(input), instruction), shape);
      });
      put({
        ...common,
        kind: 'whole',
        name: instruction.primitive.name,
        instruction,
        shapes: inputs.map((input) => specOf(input).shape),
        shape: spec.shape,
        operands: read,
        strides: denseView(spec.shape).strides,
      });
      for (const [k, made] of instruction.outputs.entries()) specs.set(first + k, made);
    }
  }
  const taken = new Set<number>();
  const outputs = program.outputs.map((value) => {
    const meaning = meaningOf(value);
    const spec = specOf(value);
    const own =
      isDense(meaning, spec.shape) && meaning.root >= program.inputs.length ? meaning.root : undefined;
    const isLiteral = ops.some(({ kind, root }) => kind === 'literal' && root === own);
    const root =
      own === undefined || isLiteral || taken.has(own) ? copy(meaning, spec, { origins: [] }) : own;
    taken.add(root);
    return root;
  });
  return { ...withoutDead(ops, outputs), specs, outputs, inputs: program.inputs.length };
}

/** The primitive of a + b. */
function addition(): Primitive | undefined {
  const x = placeholder({ shape: [], dtype: 'float32' }, 'x');
  const { node } = add(x, x);
  return node.kind === 'composite' ? undefined : node;
}

function dense(root: number, shape: Shape): InMemory {
  return { kind: 'root', root, view: denseView(shape) };
}

function isOneToOne(name: string): boolean {
  return ['reshape', 'transpose', 'broadcast', 'slice', 'flip'].includes(name);
}

/** A view whose axes of extent 1 may be repeated: their stride is 0. */
function broadcastable({ offset, strides }: View, shape: Shape): View {
  return { offset, strides: strides.map((stride, i) => (shape[i] === 1 ? 0 : stride)) };
}

type CommonOf = Pick<Op, 'root' | 'spec' | 'name' | 'attributes' | 'origins'>;

function product(common: CommonOf, a: InMemory, b: InMemory, shapeOfA: Shape): Op {
  const inner = shapeOfA.at(-1) ?? 0;
  const shape = [...common.spec.shape, inner];
  const rank = shape.length;
  // a is [...batch, rows, inner], b [...batch, inner, columns]; each is repeated along the other's axis.
  const place = (operand: InMemory, zero: number): InMemory => {
    const { offset, strides } = operand.view;
    const [last, beforeLast] = [strides.at(-1) ?? 0, strides.at(-2) ?? 0];
    const batch = strides.slice(0, -2);
    return {
      ...operand,
      view: {
        offset,
        strides: zero === rank - 2 ? [...batch, beforeLast, 0, last] : [...batch, 0, last, beforeLast],
      },
    };
  };
  return {
    ...common,
    kind: 'product',
    shape,
    operands: [place(a, rank - 2), place(b, rank - 3)],
    strides: [...denseView(common.spec.shape).strides, 0],
  };
}

function assembled(
  common: CommonOf,
  { attributes }: Instruction,
  operands: readonly Operand[],
  shapes: readonly Shape[],
): Op {
  const { shape } = common.spec;
  const { strides } = denseView(shape);
  const numbers = (name: string): readonly number[] => {
    const value = attributes[name];
    return Array.isArray(value) ? value : [];
  };
  const [low, between] = [numbers('low'), numbers('between')];
  const axis = Number(attributes['axis']);
  let from = 0;
  const parts = operands.map((operand, i) => {
    const own = shapes[i] ?? [];
    const start = common.name === 'pad' ? low : shape.map((_, k) => (k === axis ? from : 0));
    from += own[axis] ?? 0;
    const to = {
      offset: strides.reduce((sum, stride, k) => sum + stride * (start[k] ?? 0), 0),
      strides: strides.map((stride, k) => (own[k] === 1 ? 0 : stride * ((between[k] ?? 0) + 1))),
    };
    return { shape: own, operand, to };
  });
  const fill = common.name === 'pad' ? Number(attributes['value']) : undefined;
  return { ...common, kind: 'assemble', fill, parts, shape, operands, strides };
}

/** Without the ops that movement left unused. */
function withoutDead(ops: readonly Op[], outputs: readonly number[]): { readonly ops: readonly Op[] } {
  const needed = new Set(outputs);
  const alive: Op[] = [];
  for (const op of [...ops].reverse()) {
    const made = op.kind === 'whole' ? op.instruction.outputs.map((_, k) => op.root + k) : [op.root];
    if (!made.some((root) => needed.has(root))) continue;
    alive.push(op);
    const operands = op.kind === 'assemble' ? op.parts.map(({ operand }) => operand) : op.operands;
    for (const operand of operands) if (operand.kind === 'root') needed.add(operand.root);
    if (op.kind === 'gather') needed.add(op.from);
  }
  return { ops: alive.reverse() };
}

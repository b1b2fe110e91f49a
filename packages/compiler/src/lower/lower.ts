import {
  denseView,
  type Form,
  formulaOf,
  type Instruction,
  operandsOf,
  type Program,
  type Scalar,
  type Shape,
  sameShape,
  sameView,
  scalarOperations,
  sizeOf,
  type TensorSpec,
  type View,
} from '@pullback/core';
import { anyTarget, type Target } from '../target.ts';
import { needed, paddedBy } from './bounds.ts';
import { boxOf } from './boxes.ts';
import { contraction } from './contraction.ts';
import { type Bounded, broadcastable, Lowering } from './lowering.ts';
import {
  type Bound,
  type CommonOf,
  copyOf,
  dense,
  madeBy,
  type Op,
  type Operand,
  type Part,
  rootsOf,
} from './op.ts';
import { assemble, inTurn, Padded } from './padded.ts';

/** A Program without movement: what it computes, each value read through views. */
export interface Lowered {
  readonly ops: readonly Op[];
  /** The spec of every value that has memory or is computed, by number; the Program's inputs come first. */
  readonly specs: ReadonlyMap<number, TensorSpec>;
  /** The value of each output, as dense as the output. */
  readonly outputs: readonly number[];
  readonly inputs: number;
}

/** Opens movement into views; what no view can say becomes a copy. */
export function lower(program: Program, target: Target = anyTarget): Lowered {
  const lowering = new Lowering(program);
  for (const instruction of program.body) lowerInstruction(lowering, instruction, target);
  const taken = new Set<number>();
  const outputs = program.outputs.map((value) => {
    const meaning = lowering.meaningOf(value);
    const spec = lowering.specOf(value);
    const own =
      lowering.isDense(meaning, spec.shape) && meaning.root >= program.inputs.length
        ? meaning.root
        : undefined;
    const needsCopy = own === undefined || lowering.literals.has(own) || taken.has(own);
    const root = needsCopy ? lowering.copy(meaning, spec, { origins: [] }).root : own;
    taken.add(root);
    return root;
  });
  const { ops, specs } = lowering;
  return { ...withoutDead(ops, outputs), specs, outputs, inputs: program.inputs.length };
}

function lowerInstruction(lowering: Lowering, instruction: Instruction, { doubles }: Target): void {
  const { primitive, inputs, first, attributes } = instruction;
  const { form } = primitive;
  const common = lowering.commonOf(instruction);
  const { spec } = common;
  switch (form?.kind) {
    case 'number':
      lowering.means(first, { kind: 'number', number: form.number(attributes), dtype: spec.dtype });
      return;
    case 'place': {
      const axis = form.axis(attributes);
      const strides = spec.shape.map((extent, i) => (i === axis && extent !== 1 ? 1 : 0));
      lowering.means(first, { kind: 'index', view: { offset: 0, strides }, dtype: spec.dtype });
      return;
    }
    case 'data':
      lowering.literals.add(first);
      lowering.put({ ...common, kind: 'literal', ...flat(spec), operands: [] });
      return;
    case 'same':
      lowering.means(first, lowering.meaningOf(inputs[0]));
      lowering.bounds(first, lowering.boundedOf(inputs[0] ?? -1));
      return;
    case 'view':
      view(lowering, instruction, form);
      return;
    case 'parts':
      parts(lowering, instruction, form);
      return;
    case 'reduce':
      if (form.combine === 'argmax') break;
      reduce(lowering, instruction, form.combine, form.axes(attributes));
      return;
    case 'contract':
      contraction(lowering, instruction, form.labels(attributes));
      return;
    case 'take':
      take(lowering, instruction, form.axis(attributes));
      return;
    case 'elements': {
      const dtypes = inputs.map((input) => lowering.specOf(input).dtype);
      const formula = formulaOf(primitive, attributes, dtypes, doubles);
      if (formula === undefined || !isPointwise(lowering, instruction)) break;
      if (isSum(formula) && sumOfPadded(lowering, instruction)) return;
      const operands = inputs.map((input) => lowering.meaningOf(input));
      lowering.put({ ...common, kind: 'map', formula, ...flat(spec), operands });
      return;
    }
    case 'repeat':
      whole(lowering, instruction, true);
      return;
    case 'scatter':
    case undefined:
      break;
    default:
      form satisfies never;
  }
  whole(lowering, instruction);
}

/** Whether operands and the only result have one shape: a plugin's primitive may broadcast its operands itself. */
function isPointwise(lowering: Lowering, { inputs, outputs: [output, ...others] }: Instruction): boolean {
  return (
    output !== undefined &&
    others.length === 0 &&
    inputs.every((input) => sameShape(lowering.specOf(input).shape, output.shape))
  );
}

/** Every point of a shape, results dense. */
function flat({ shape }: TensorSpec): Pick<Op, 'shape' | 'strides'> {
  return { shape, strides: denseView(shape).strides };
}

function view(lowering: Lowering, instruction: Instruction, form: Extract<Form, { kind: 'view' }>): void {
  const { inputs, first, attributes } = instruction;
  const { spec } = lowering.commonOf(instruction);
  const operand = lowering.meaningOf(inputs[0]);
  const from = lowering.specOf(inputs[0]);
  const through = (given: View) =>
    form.view({ ...broadcastable(given, from.shape), shape: from.shape }, attributes, spec.shape);
  const seen = ({ view: given }: Exclude<Operand, { kind: 'number' }>) => through(given);
  const bounded = lowering.boundedOf(inputs[0] ?? -1);
  if (bounded !== undefined) lowering.bounds(first, throughBounds(bounded, through, spec.shape));
  if (operand.kind === 'number') {
    lowering.means(first, operand);
    return;
  }
  const found = seen(operand);
  // A dense copy is a view of the result, whatever the operand was.
  const base = found === undefined ? lowering.copy(operand, from, instruction) : operand;
  lowering.means(first, { ...base, view: found ?? seen(base) ?? dense(-1, spec.shape).view });
}

/** A padded value seen through a view: its bounds are affine functions of places, as the place of each element is. */
function throughBounds(
  { bounds, ...inner }: Bounded,
  through: (view: View) => View | undefined,
  to: Shape,
): Bounded | undefined {
  const view = through(inner.view);
  const moved = bounds.flatMap(({ start, strides, extent }): Bound[] => {
    const seen = through({ offset: start, strides });
    return seen === undefined ? [] : [{ start: seen.offset, strides: seen.strides, extent }];
  });
  if (view === undefined || moved.length < bounds.length) return undefined;
  return { ...inner, view, bounds: needed(moved, to) };
}

function parts(lowering: Lowering, instruction: Instruction, form: Extract<Form, { kind: 'parts' }>): void {
  const { inputs, attributes } = instruction;
  const common = lowering.commonOf(instruction);
  const to = common.spec.shape;
  const shapes = inputs.map((input) => lowering.specOf(input).shape);
  const places = form.parts(shapes, attributes, to);
  const fill = form.fill?.(attributes);
  if (fill !== undefined && padded(lowering, common, { value: inputs[0], places, fill })) return;
  const all = inputs.map((input, i): Part => {
    const shape = shapes[i] ?? [];
    return { shape, operand: lowering.meaningOf(input), to: places[i] ?? denseView(shape) };
  });
  if (fill !== undefined) {
    lowering.put(inTurn(common, all, fill));
    return;
  }
  const formula = copyOf(common.spec.dtype);
  const pieces = all.map(({ operand, ...part }) => ({ ...part, operands: [operand], formula }));
  assemble(
    lowering,
    common,
    pieces.filter(({ shape }) => sizeOf(shape) > 0),
  );
}

interface Padding {
  readonly value: number | undefined;
  readonly places: readonly View[];
  readonly fill: number;
}

/** Keeps a value back that is one operand in a box of it; tells whether it is one. */
function padded(lowering: Lowering, common: CommonOf, { value = -1, places, fill }: Padding): boolean {
  const { shape } = lowering.specOf(value);
  const outer = common.spec.shape;
  const [place, ...others] = places;
  const box = place && boxOf(place, shape, outer);
  if (place === undefined || box === undefined || others.length > 0) return false;
  const isZero = Object.is(fill, 0);
  const inner = isZero ? lowering.kept(value) : undefined;
  const operand = inner === undefined ? lowering.meaningOf(value) : undefined;
  const known = lowering.boundedOf(value);
  const within = known ?? (operand?.kind === 'root' ? { ...operand, bounds: [] } : undefined);
  if (isZero && within !== undefined) lowering.bounds(common.root, paddedBy(within, shape, place, outer));
  if (inner !== undefined) {
    lowering.release(value);
    inner.padAgain(common, box);
    lowering.keep(inner);
  } else if (operand !== undefined) lowering.keep(new Padded(common, fill, { operand, box }));
  return true;
}

/** Whether a formula is the sum of the two operands. */
function isSum({ operation, operands }: Scalar): boolean {
  return operation === 'add' && operands.every((x, i) => x.operation === 'operand' && x.number === i);
}

/** Whether both operands of an addition are kept back, and its result is now in place of them. */
function sumOfPadded(lowering: Lowering, instruction: Instruction): boolean {
  const { inputs } = instruction;
  const [a, b] = inputs.map((input) => lowering.kept(input));
  if (a === undefined || b === undefined) return false;
  const [sum, term] = b.parts.length === 1 ? [a, b] : [b, a];
  if (term.parts.length !== 1) return false;
  for (const input of inputs) lowering.release(input);
  sum.add(term, lowering.commonOf(instruction));
  lowering.keep(sum);
  return true;
}

function reduce(
  lowering: Lowering,
  instruction: Instruction,
  combine: 'sum' | 'max',
  axes: readonly number[],
): void {
  const common = lowering.commonOf(instruction);
  const [value] = instruction.inputs;
  const operand = lowering.meaningOf(value);
  const { shape } = lowering.specOf(value);
  const { strides } = denseView(common.spec.shape);
  const along = axes.filter((axis) => shape[axis] !== 1);
  if (along.length > 0)
    lowering.put({
      ...common,
      kind: 'reduce',
      name: combine,
      axes: along,
      shape,
      operands: [operand],
      strides,
    });
  // Along axes of extent 1 the maximum is the element, the sum 0 + the element, which makes 0 of -0.
  else if (combine === 'max') lowering.means(common.root, operand);
  else {
    const formula = operandsOf([common.spec.dtype]).reduce(
      (sum, x) => scalarOperations.add(x, sum),
      zero(common.spec),
    );
    lowering.put({ ...common, kind: 'map', name: 'add', formula, ...flat(common.spec), operands: [operand] });
  }
}

function zero({ dtype }: TensorSpec): Scalar {
  return scalarOperations.number(0, dtype === 'uint8' ? 'int32' : dtype);
}

function take(lowering: Lowering, instruction: Instruction, axis: number): void {
  const [value, places] = instruction.inputs;
  const common = lowering.commonOf(instruction);
  const { shape } = lowering.specOf(value);
  const source = lowering.inMemory(lowering.meaningOf(value), lowering.specOf(value), instruction);
  const indices = lowering.meaningOf(places);
  const rank = lowering.specOf(places).shape.length;
  const zeros = (n: number) => new Array<number>(n).fill(0);
  const { strides, offset } = source.view;
  const spread = (own: readonly number[]) => [...zeros(axis), ...own, ...zeros(shape.length - axis - 1)];
  lowering.put({
    ...common,
    kind: 'gather',
    from: source.root,
    view: { offset, strides: [...strides.slice(0, axis), ...zeros(rank), ...strides.slice(axis + 1)] },
    stride: strides[axis] ?? 0,
    extent: shape[axis] ?? 0,
    ...flat(common.spec),
    operands: [
      indices.kind === 'number'
        ? indices
        : { ...indices, view: { ...indices.view, strides: spread(indices.view.strides) } },
    ],
  });
}

/** A primitive as a whole, on dense operands; `inside` a value, they may be a part of it. */
function whole(lowering: Lowering, instruction: Instruction, inside = false): void {
  const common = lowering.commonOf(instruction);
  const specs = instruction.inputs.map((input) => lowering.specOf(input));
  const operands = instruction.inputs.map((input, i): Operand => {
    const meaning = lowering.meaningOf(input);
    const spec = specs[i] ?? lowering.specOf(input);
    const fits = inside ? liesTogether(meaning, spec.shape) : lowering.isDense(meaning, spec.shape);
    return fits ? meaning : lowering.copy(meaning, spec, instruction);
  });
  lowering.put({
    ...common,
    kind: 'whole',
    instruction,
    shapes: specs.map(({ shape }) => shape),
    ...flat(common.spec),
    operands,
  });
  for (const [k, made] of instruction.outputs.entries()) lowering.specs.set(instruction.first + k, made);
}

function liesTogether(meaning: Operand, shape: Shape): boolean {
  if (meaning.kind !== 'root') return false;
  return sameView({ ...meaning.view, offset: 0 }, denseView(shape));
}

/** Without the ops that movement left unused. */
function withoutDead(ops: readonly Op[], outputs: readonly number[]): { readonly ops: readonly Op[] } {
  const needed = new Set(outputs);
  const alive: Op[] = [];
  for (const op of [...ops].reverse()) {
    if (!madeBy(op).some((root) => needed.has(root))) continue;
    alive.push(op);
    for (const root of rootsOf(op)) needed.add(root);
  }
  return { ops: alive.reverse() };
}

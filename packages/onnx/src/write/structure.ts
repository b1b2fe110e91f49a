import {
  type Attributes,
  broadcast,
  concatenate,
  denseView,
  flip,
  type Instruction,
  type Labels,
  type Primitive,
  pad,
  placeholder,
  reshape,
  sizeOf,
  slice,
  tensorOf,
  transpose,
  UnsupportedError,
  type Value,
  windows,
} from '@pullback/core';
import { types } from '../element-types.ts';
import { range } from '../operators/axes.ts';
import type { InstructionWriter, ProgramWriting } from './program-writing.ts';

type Numbers = readonly number[];

function numbersAt(attributes: Attributes, name: string): Numbers {
  const given = attributes[name];
  return Array.isArray(given) ? given : [];
}

const shapeOf = (writing: ProgramWriting, number: number | undefined): Numbers =>
  writing.spec(number ?? 0).shape;

const reshaped: InstructionWriter = (writing, { inputs: [x = 0], outputs: [to] }) =>
  writing.reshape(writing.full(x), shapeOf(writing, x), to?.shape ?? []);

const transposed: InstructionWriter = (writing, { inputs: [x = 0], attributes }) =>
  writing.node('Transpose', [writing.full(x)], { perm: numbersAt(attributes, 'permutation') });

/** Broadcasting is left to whatever reads the result, as far as that broadcasts by itself. */
const broadcasted: InstructionWriter = (writing, { inputs: [x = 0], outputs: [to], first }) => {
  if (to !== undefined) writing.setThin(first, to, writing.thin(x));
  return '';
};

const sliced: InstructionWriter = (writing, { inputs: [x = 0], attributes }) => {
  const parts = ['start', 'stop', 'step'].map((name) => numbersAt(attributes, name));
  const [start = [], stop = [], step = []] = parts;
  const axes = range(start.length);
  return writing.node('Slice', [
    writing.full(x),
    ...[start, stop, axes, step].map((own) => writing.longs(own)),
  ]);
};

/** Backwards from the last place to beyond the first. */
const flipped: InstructionWriter = (writing, { inputs: [x = 0], attributes }) => {
  const axes = numbersAt(attributes, 'axes');
  const each = (n: number) => writing.longs(axes.map(() => n));
  return writing.node('Slice', [
    writing.full(x),
    each(-1),
    each(-(2 ** 31 - 1)),
    writing.longs(axes),
    each(-1),
  ]);
};

/** Windows by two-dimensional indices along each axis; the places of windows are then the last axes. */
const windowed: InstructionWriter = (writing, { inputs: [x = 0], attributes, outputs: [to] }) => {
  const axes = numbersAt(attributes, 'axes');
  const [size, step, dilation] = ['size', 'step', 'dilation'].map((name) => numbersAt(attributes, name));
  let name = writing.full(x);
  // From the last axis on, so that those before stay where they are.
  const order = [...axes.keys()].sort((a, b) => (axes[b] ?? 0) - (axes[a] ?? 0));
  let labels = shapeOf(writing, x).map((_, axis) => axis);
  for (const i of order) {
    const axis = axes[i] ?? 0;
    const [count, places] = [to?.shape[axis] ?? 1, size?.[i] ?? 1];
    const data = Int32Array.from(
      { length: count * places },
      (_, p) => Math.floor(p / places) * (step?.[i] ?? 1) + (p % places) * (dilation?.[i] ?? 1),
    );
    const index = writing.constant({ shape: [count, places], dtype: 'int32', data }, 'windows');
    name = writing.node('Gather', [name, index], { axis });
    labels = [...labels.slice(0, axis + 1), -1 - i, ...labels.slice(axis + 1)];
  }
  const wanted = [...range(shapeOf(writing, x).length), ...axes.map((_, i) => -1 - i)];
  return writing.node('Transpose', [name], { perm: wanted.map((label) => labels.indexOf(label)) });
};

/** Any view: the flat elements, at the places that its strides say. */
function gathered(
  writing: ProgramWriting,
  { inputs: [x = 0], primitive, attributes, outputs: [to] }: Instruction,
): string {
  const from = shapeOf(writing, x);
  const shape = to?.shape ?? [];
  const { form } = primitive;
  const view =
    form?.kind === 'view' ? form.view({ shape: from, ...denseView(from) }, attributes, shape) : undefined;
  if (view === undefined)
    throw new UnsupportedError({ got: `the view '${primitive.name}'`, expected: 'one that strides can say' });
  const data = new Int32Array(sizeOf(shape));
  const { strides } = denseView(shape);
  for (let i = 0; i < data.length; i++)
    data[i] = shape.reduce(
      (at, extent, axis) =>
        at + (Math.floor(i / (strides[axis] || 1)) % Math.max(1, extent)) * (view.strides[axis] ?? 0),
      view.offset,
    );
  const flat = writing.reshape(writing.full(x), from, [sizeOf(from)]);
  return writing.node('Gather', [flat, writing.constant({ shape, dtype: 'int32', data }, 'places')]);
}

const concatenated: InstructionWriter = (writing, { inputs, attributes }) =>
  writing.node(
    'Concat',
    inputs.map((input) => writing.full(input)),
    { axis: Number(attributes['axis']) },
  );

/** Places around, and between: those come from a new axis of extent 1 that is made longer. */
const padded: InstructionWriter = (writing, { inputs: [x = 0], attributes }) => {
  const { dtype, shape } = writing.spec(x);
  const [low, high, between] = ['low', 'high', 'between'].map((name) => numbersAt(attributes, name));
  const value = writing.scalar(Number(attributes['value']), dtype);
  const spread = between?.some((n) => n > 0) === true && sizeOf(shape) > 0;
  let name = writing.full(x);
  if (spread) {
    const pairs = shape.flatMap((extent) => [extent, 1]);
    const more = shape.flatMap((_, i) => [0, between?.[i] ?? 0]);
    const zeros = pairs.map(() => 0);
    const wide = writing.node('Pad', [
      writing.reshape(name, shape, pairs),
      writing.longs([...zeros, ...more]),
      value,
    ]);
    const whole = shape.map((extent, i) => extent * ((between?.[i] ?? 0) + 1));
    const inside = shape.map((extent, i) => extent + (extent - 1) * (between?.[i] ?? 0));
    name = writing.node('Slice', [
      writing.node('Reshape', [wide, writing.longs(whole)]),
      writing.longs(shape.map(() => 0)),
      writing.longs(inside),
    ]);
  }
  if (![...(low ?? []), ...(high ?? [])].some((n) => n > 0)) return name;
  return writing.node('Pad', [name, writing.longs([...(low ?? []), ...(high ?? [])]), value]);
};

let known: ReadonlyMap<Primitive, InstructionWriter> | undefined;

/** The writers of our own primitives that move elements, which are recognised by what their functions make. */
function ownWriters(): ReadonlyMap<Primitive, InstructionWriter> {
  const x = placeholder({ shape: [2, 3], dtype: 'float32' }, 'x');
  const made: readonly (readonly [Value, InstructionWriter])[] = [
    [reshape(x, [3, 2]), reshaped],
    [transpose(x, [1, 0]), transposed],
    [broadcast(x, [2, 2, 3]), broadcasted],
    [slice(x, [1]), sliced],
    [flip(x), flipped],
    [windows(x, { axes: [1], size: 2 }), windowed],
    [concatenate([x, x]), concatenated],
    [pad(x, { low: [1] }), padded],
  ];
  return new Map(
    made.flatMap(([{ node }, write]) => (node.kind === 'composite' ? [] : [[node, write] as const])),
  );
}

/** The writer of an instruction that moves elements. @throws UnsupportedError for parts that are not ours. */
export function movingWriter({ primitive }: Instruction): InstructionWriter {
  known ??= ownWriters();
  const own = known.get(primitive);
  if (own !== undefined) return own;
  if (primitive.form?.kind === 'view') return gathered;
  throw new UnsupportedError({
    got: `'${primitive.name}', which puts parts together`,
    expected: 'concatenate or pad',
  });
}

/** Sums, maxima and their places over axes, which stay. */
export function reductionWriter(combine: 'sum' | 'max' | 'argmax', axes: Numbers): InstructionWriter {
  return (writing, { inputs: [x = 0] }) => {
    if (combine === 'argmax')
      return writing.node(
        'Cast',
        [writing.node('ArgMax', [writing.full(x)], { axis: axes[0] ?? 0, keepdims: 1 })],
        { to: types.int32.code },
      );
    const operator = combine === 'sum' ? 'ReduceSum' : 'ReduceMax';
    return writing.node(operator, [writing.full(x), writing.longs(axes)], { keepdims: 1 });
  };
}

/** A contraction: a product of matrices where it is one, else sums of products by letters. */
export function contractionWriter({ a, b, out }: Labels): InstructionWriter {
  return (writing, { inputs: [x = 0, y = 0] }) => {
    const batch = out.slice(0, -2);
    const [row, column] = out.slice(-2);
    const inner = a.at(-1);
    const isProduct =
      out.length >= 2 &&
      a.join() === [...batch, row, inner].join() &&
      (b.join() === [...batch, inner, column].join() || b.join() === [inner, column].join());
    if (isProduct) return writing.node('MatMul', [writing.full(x), writing.full(y)]);
    const letters = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    const all = [...new Set([...a, ...b])];
    const word = (labels: Numbers) => labels.map((label) => letters[all.indexOf(label)] ?? '').join('');
    return writing.node('Einsum', [writing.full(x), writing.full(y)], {
      equation: `${word(a)},${word(b)}->${word(out)}`,
    });
  };
}

/** Slices by index, 0 where the index is outside. */
export function takeWriter(axis: number): InstructionWriter {
  return (writing, { inputs: [x = 0, indices = 0] }) => {
    const from = writing.spec(x);
    const { shape } = writing.spec(indices);
    const index = writing.full(indices);
    const zero = writing.scalar(0, 'int32');
    const inside = writing.node('And', [
      writing.node('LessOrEqual', [zero, index]),
      writing.node('Less', [index, writing.scalar(from.shape[axis] ?? 0, 'int32')]),
    ]);
    const safe = writing.node('Where', [inside, index, zero]);
    const read = writing.node('Gather', [writing.full(x), safe], { axis });
    const wide = writing.reshape(inside, shape, [...shape, ...from.shape.slice(axis + 1).map(() => 1)]);
    if (from.dtype === 'bool') return writing.node('And', [wide, read]);
    return writing.node('Where', [wide, read, writing.scalar(0, from.dtype)]);
  };
}

/** Slices added where indices say; those outside go to a row of their own, which is cut off. */
export function scatterWriter(axis: number): InstructionWriter {
  return (writing, { inputs: [updates = 0, indices = 0], outputs: [to] }) => {
    const from = writing.spec(updates);
    const { shape } = writing.spec(indices);
    const size = to?.shape[axis] ?? 0;
    const rank = from.shape.length;
    const places = range(shape.length, axis);
    const others = range(rank).filter((i) => !places.includes(i));
    const perm = [...places, ...others];
    const rest = others.map((i) => from.shape[i] ?? 1);
    const index = writing.full(indices);
    const [zero, end] = [writing.scalar(0, 'int32'), writing.scalar(size, 'int32')];
    const inside = writing.node('And', [
      writing.node('LessOrEqual', [zero, index]),
      writing.node('Less', [index, end]),
    ]);
    const safe = writing.node('Cast', [writing.node('Where', [inside, index, end])], {
      to: types.int64.code,
    });
    const rows = writing.reshape(safe, shape, [...shape, 1]);
    const zeros = writing.node('Expand', [writing.scalar(0, from.dtype), writing.longs([size + 1, ...rest])]);
    const front = writing.node('Transpose', [writing.full(updates)], { perm });
    const summed = writing.node('ScatterND', [zeros, rows, front], { reduction: 'add' });
    const cut = writing.node('Slice', [
      summed,
      writing.longs([0]),
      writing.longs([size]),
      writing.longs([0]),
    ]);
    const order = range(others.length + 1, 1).slice(0, -1);
    const back = [...order.slice(0, axis), 0, ...order.slice(axis)];
    return writing.node('Transpose', [cut], { perm: back });
  };
}

/** The writer of numbers that are known before: one number, places along an axis, numbers of the Program. */
export function knownWriter(kind: 'number' | 'place' | 'data'): InstructionWriter {
  return (writing, { primitive, attributes, outputs: [spec], first }) => {
    const wanted = spec ?? { shape: [], dtype: 'float32' as const };
    if (kind === 'data') {
      const tensor = tensorOf(wanted);
      primitive.evaluate([], [tensor], attributes);
      return writing.constant(tensor);
    }
    if (kind === 'number') {
      const tensor = tensorOf({ shape: [1], dtype: wanted.dtype });
      primitive.evaluate([], [tensor], { ...attributes, shape: [1] });
      const name = writing.scalar(tensor.data[0] ?? 0, wanted.dtype);
      if (wanted.shape.length === 0) return name;
      writing.setThin(first, wanted, name);
      return '';
    }
    const axis = Number(attributes['axis']);
    const shape = wanted.shape.map((extent, i) => (i === axis ? extent : 1));
    const tensor = tensorOf({ shape, dtype: wanted.dtype });
    primitive.evaluate([], [tensor], { ...attributes, shape });
    const name = writing.constant(tensor, 'places');
    writing.setThin(first, wanted, name);
    return '';
  };
}

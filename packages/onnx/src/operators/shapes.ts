import {
  add,
  broadcast,
  cast,
  concatenate,
  constant,
  fill,
  flip,
  formatShape,
  greaterEqual,
  iota,
  lessEqual,
  mul,
  pad,
  reshape,
  ShapeError,
  select,
  slice,
  transpose,
  UnsupportedError,
  type Value,
} from '@pullback/core';
import { dtypeFor, type ElementType, typeOfCode, types } from '../element-types.ts';
import { int64, needing, type OperatorNode, type Operators, type Typed } from '../operator-node.ts';
import { along, axesOf, axisOf, range, sizeOfShape, withExtent } from './axes.ts';

function reshaped(node: OperatorNode): Value {
  const x = node.x(0);
  const given = node.numbersAt(1, 'shape') ?? [];
  const asIs = node.int('allowzero', 0) === 0;
  const shape = given.map((extent, i) => (extent === 0 && asIs ? (x.shape[i] ?? 0) : extent));
  if (shape.filter((extent) => extent === -1).length > 1)
    throw new ShapeError({ got: formatShape(shape), expected: 'at most one extent of -1' });
  return reshape(x, shape);
}

function flattened(node: OperatorNode): Value {
  const { shape } = node.x(0);
  const given = node.int('axis', 1);
  const axis = given < 0 ? given + shape.length : given;
  return reshape(node.x(0), [sizeOfShape(shape.slice(0, axis)), sizeOfShape(shape.slice(axis))]);
}

function squeezed(node: OperatorNode): Value {
  const x = node.x(0);
  const given = node.numbersAt(1, 'axes');
  const axes =
    given === undefined
      ? range(x.shape.length).filter((i) => x.shape[i] === 1)
      : axesOf(given, x.shape.length);
  if (axes.some((axis) => x.shape[axis] !== 1))
    throw new ShapeError({ got: formatShape(x.shape), expected: `extents of 1 at ${formatShape(axes)}` });
  return reshape(
    x,
    x.shape.filter((_, axis) => !axes.includes(axis)),
  );
}

function unsqueezed(node: OperatorNode): Value {
  const x = node.x(0);
  const given = node.numbersAt(1, 'axes') ?? [];
  const rank = x.shape.length + given.length;
  const axes = axesOf(given, rank);
  const rest = [...x.shape];
  return reshape(
    x,
    range(rank).map((axis) => (axes.includes(axis) ? 1 : (rest.shift() ?? 1))),
  );
}

function shapeOf(node: OperatorNode): Typed {
  const { shape } = node.x(0);
  const bound = (given: number) =>
    Math.min(shape.length, Math.max(0, given < 0 ? given + shape.length : given));
  const made = shape.slice(bound(node.int('start', 0)), bound(node.int('end', shape.length)));
  return int64(constant(made, { dtype: 'int32' }));
}

function expanded(node: OperatorNode): Value {
  const x = node.x(0);
  const shape = node.known(1);
  const rank = Math.max(shape.length, x.shape.length);
  const own = [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape];
  const asked = [...new Array<number>(rank - shape.length).fill(1), ...shape];
  return broadcast(
    x,
    own.map((extent, i) => (extent === 1 ? (asked[i] ?? 1) : extent)),
  );
}

function tiled(node: OperatorNode): Value {
  const x = node.x(0);
  const times = node.known(1);
  const wide = broadcast(
    reshape(
      x,
      x.shape.flatMap((extent) => [1, extent]),
    ),
    x.shape.flatMap((extent, i) => [times[i] ?? 1, extent]),
  );
  return reshape(
    wide,
    x.shape.map((extent, i) => extent * (times[i] ?? 1)),
  );
}

/** Slice, with starts and ends beyond the axis cut off and steps backwards. */
function sliced(node: OperatorNode): Value {
  let x = node.x(0);
  const [starts, ends] = [node.numbersAt(1, 'starts') ?? [], node.numbersAt(2, 'ends') ?? []];
  const axes = axesOf(node.numbersAt(3, 'axes') ?? range(starts.length), x.shape.length);
  const steps = node.has(4) ? node.known(4) : starts.map(() => 1);
  axes.forEach((axis, i) => {
    const extent = x.shape[axis] ?? 0;
    const step = steps[i] ?? 1;
    const place = (given: number, low: number, high: number) =>
      Math.min(high, Math.max(low, given < 0 ? given + extent : given));
    const back = step < 0;
    const start = place(starts[i] ?? 0, 0, back ? extent - 1 : extent);
    const end = place(ends[i] ?? 0, back ? -1 : 0, extent);
    const turned = back ? flip(x, axis) : x;
    const [from, to] = back ? [extent - 1 - start, extent - 1 - end] : [start, end];
    const zeros = x.shape.map(() => 0);
    x = slice(
      turned,
      withExtent(zeros, axis, Math.max(0, Math.min(from, extent))),
      withExtent(x.shape, axis, Math.max(from, to, 0)),
      withExtent(
        x.shape.map(() => 1),
        axis,
        Math.abs(step),
      ),
    );
  });
  return x;
}

/** The places that padding reads along one axis: negative ones stand for `value`. */
function paddedPlaces(extent: number, low: number, high: number, mode: string): number[] {
  return range(extent + low + high, -low).map((i) => {
    if (i >= 0 && i < extent) return i;
    if (mode === 'edge') return i < 0 ? 0 : extent - 1;
    if (mode === 'wrap') return ((i % extent) + extent) % extent;
    const period = Math.max(1, 2 * (extent - 1));
    const at = ((i % period) + period) % period;
    return at < extent ? at : period - at;
  });
}

function padded(node: OperatorNode): Value {
  const x = node.x(0);
  const pads = node.numbersAt(1, 'pads') ?? node.ints('paddings') ?? [];
  const axes = node.has(3) ? axesOf(node.known(3), x.shape.length) : range(x.shape.length);
  const mode = node.word('mode', 'constant', 'reflect', 'edge', 'wrap');
  return axes.reduce((now, axis, i) => {
    const [low, high] = [pads[i] ?? 0, pads[i + axes.length] ?? 0];
    const extent = now.shape[axis] ?? 0;
    const cut = along(now, axis, Math.max(0, -low), extent + Math.min(0, high));
    const [before, after] = [Math.max(0, low), Math.max(0, high)];
    if (before + after === 0) return cut;
    if (mode !== 'constant')
      return joined(cut, axis, paddedPlaces(cut.shape[axis] ?? 0, before, after, mode));
    const zeros = now.shape.map(() => 0);
    const around = { low: withExtent(zeros, axis, before), high: withExtent(zeros, axis, after) };
    const value = node.maybe(2);
    if (value === undefined) return pad(cut, { ...around, value: node.float('value', 0) });
    const inside = pad(fill(1, cut.shape, 'bool'), around);
    return select(inside, pad(cut, around), reshape(value, []));
  }, x);
}

/** Runs of neighbouring places, forwards or backwards, side by side: views alone. */
function joined(x: Value, axis: number, places: readonly number[]): Value {
  const runs: number[][] = [];
  for (const place of places) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    const step = run !== undefined && run.length > 1 ? (run[1] ?? 0) - (run[0] ?? 0) : undefined;
    const next =
      last !== undefined && Math.abs(place - last) === 1 && (step === undefined || place - last === step);
    if (next) run?.push(place);
    else runs.push([place]);
  }
  const parts = runs.map((run) => {
    const [first = 0, last = first] = [run[0], run.at(-1)];
    const part = along(x, axis, Math.min(first, last), Math.max(first, last) + 1);
    return first > last ? flip(part, axis) : part;
  });
  return concatenate(parts, { axis });
}

function split(node: OperatorNode): Value[] {
  const x = node.x(0);
  const axis = axisOf(node.int('axis', 0), x.shape.length);
  const extent = x.shape[axis] ?? 0;
  const given = node.numbersAt(1, 'split');
  const count = node.int('num_outputs', node.proto.output.length);
  const each = Math.ceil(extent / count);
  const sizes = given ?? range(count).map((i) => Math.max(0, Math.min(each, extent - i * each)));
  let from = 0;
  return sizes.map((size) => {
    from += size;
    return along(x, axis, from - size, from);
  });
}

function depthToSpace(node: OperatorNode): Value {
  const x = node.x(0);
  const [n = 0, c = 0, h = 0, w = 0] = x.shape;
  const b = node.int('blocksize', 1);
  const deep = c / (b * b);
  if (node.word('mode', 'DCR', 'CRD') === 'DCR')
    return reshape(transpose(reshape(x, [n, b, b, deep, h, w]), [0, 3, 4, 1, 5, 2]), [n, deep, h * b, w * b]);
  return reshape(transpose(reshape(x, [n, deep, b, b, h, w]), [0, 1, 4, 2, 5, 3]), [n, deep, h * b, w * b]);
}

function spaceToDepth(node: OperatorNode): Value {
  const x = node.x(0);
  const [n = 0, c = 0, h = 0, w = 0] = x.shape;
  const b = node.int('blocksize', 1);
  const parts = reshape(x, [n, c, h / b, b, w / b, b]);
  const order = node.word('mode', 'DCR', 'CRD') === 'DCR' ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4];
  return reshape(transpose(parts, order), [n, c * b * b, h / b, w / b]);
}

function constantNode(node: OperatorNode): Typed {
  const { floats } = node.around;
  const tensor = node.attribute('value')?.t;
  if (tensor !== undefined) return node.around.numbers(node.proto.output[0] ?? '', tensor);
  const [float, int] = [node.attribute('value_float'), node.attribute('value_int')];
  if (float !== undefined) return { value: fill(float.f, [], floats), type: types.float };
  if (int !== undefined) return int64(fill(Number(int.i), [], 'int32'));
  const ints = node.ints('value_ints');
  if (ints !== undefined) return int64(constant({ shape: [ints.length], data: ints }, { dtype: 'int32' }));
  const many = node.floats('value_floats');
  if (many !== undefined)
    return { value: constant({ shape: [many.length], data: many }, { dtype: floats }), type: types.float };
  throw new UnsupportedError({ got: 'a constant of strings or sparse numbers', expected: 'a tensor' });
}

function typeAttribute(node: OperatorNode, otherwise: ElementType): ElementType {
  const code = node.int('dtype');
  return code === undefined ? otherwise : typeOfCode(code, node.proto.opType);
}

function filled(node: OperatorNode): Typed {
  const numbers = node.numbers('value');
  const type = numbers?.type ?? types.float;
  const shape = node.known(0);
  return { value: fill(numbers?.data[0] ?? 0, shape, dtypeFor(type, node.around.floats)), type };
}

function rangeNode(node: OperatorNode): Value {
  const [start = 0, limit = 0, delta = 1] = [0, 1, 2].map((i) => node.known(i)[0] ?? 0);
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  const { dtype } = node.x(0);
  return add(mul(iota([count], { dtype }), delta), start);
}

function eye(node: OperatorNode): Typed {
  const [rows = 0, columns = 0] = node.x(0).shape;
  const type = typeAttribute(node, node.type(0));
  const shape = [rows, columns];
  const across = iota(shape, { axis: 1 });
  const on = add(iota(shape, { axis: 0 }), node.int('k', 0));
  const diagonal = select(lessEqual(across, on), greaterEqual(across, on), fill(0, shape, 'bool'));
  return { value: cast(diagonal, dtypeFor(type, node.around.floats)), type };
}

function triangle(node: OperatorNode): Value {
  const x = node.x(0);
  const [rows = 0, columns = 0] = x.shape.slice(-2);
  const k = node.has(1) ? (node.known(1)[0] ?? 0) : 0;
  const [row, column] = [iota([rows, columns], { axis: 0 }), iota([rows, columns], { axis: 1 })];
  const edge = add(row, Math.max(-(2 ** 30), Math.min(2 ** 30, k)));
  const kept = node.int('upper', 1) === 1 ? greaterEqual(column, edge) : lessEqual(column, edge);
  return select(kept, x, 0);
}

function centered(node: OperatorNode): Value {
  const x = node.x(0);
  const wanted = node.known(1);
  const axes = axesOf(node.ints('axes') ?? range(x.shape.length), x.shape.length);
  return axes.reduce((now, axis, i) => {
    const [extent, want] = [now.shape[axis] ?? 0, wanted[i] ?? 0];
    if (want <= extent) {
      const from = Math.floor((extent - want) / 2);
      return along(now, axis, from, from + want);
    }
    const before = Math.floor((want - extent) / 2);
    const zeros = now.shape.map(() => 0);
    return pad(now, {
      low: withExtent(zeros, axis, before),
      high: withExtent(zeros, axis, want - extent - before),
    });
  }, x);
}

/** Shapes, and what moves or makes elements by them. */
export const shapes: Operators = {
  Shape: { make: shapeOf, ofShapes: true },
  Size: { make: (node) => int64(fill(sizeOfShape(node.x(0).shape), [], 'int32')), ofShapes: true },
  Identity: (node) => node.typed(0),
  OptionalGetElement: (node) => node.typed(0),
  OptionalHasElement: { make: (node) => fill(Number(node.has(0)), [], 'bool'), ofShapes: true },
  Reshape: needing([1], reshaped),
  Flatten: flattened,
  Squeeze: needing([1], squeezed),
  Unsqueeze: needing([1], unsqueezed),
  Transpose: (node) => {
    const rank = node.x(0).shape.length;
    return transpose(node.x(0), node.ints('perm') ?? range(rank).reverse());
  },
  Concat: (node) => concatenate(node.all(), { axis: axisOf(node.int('axis', 1), node.x(0).shape.length) }),
  Split: needing([1], split),
  Slice: needing([1, 2, 3, 4], sliced),
  Expand: needing([1], expanded),
  Tile: needing([1], tiled),
  Pad: needing([1, 3], padded),
  CenterCropPad: needing([1], centered),
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Constant: constantNode,
  ConstantOfShape: needing([0], filled),
  Range: needing('all', rangeNode),
  EyeLike: { make: eye, ofShapes: true },
  Trilu: needing([1], triangle),
};

import { DTypeError, OptionError, ShapeError } from '../errors.ts';
import type { Labels } from '../forms/form.ts';
import { rolesOf } from '../forms/roles.ts';
import { applyPrimitive } from '../graph/apply.ts';
import { remembered } from '../graph/remembered.ts';
import type { Primitive, Value } from '../graph/value.ts';
import { offsetsOf } from '../graph/walk.ts';
import type { Tensor } from '../tensors/dtype.ts';
import { isFloat } from '../tensors/dtype.ts';
import { formatShape, sizeOf, stridesOf } from '../tensors/shape.ts';

interface ContractAttributes extends Labels, Readonly<Record<string, readonly number[]>> {
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly out: readonly number[];
}

const contractPrimitive: Primitive<readonly [Value, Value], ContractAttributes, Value> = {
  kind: 'contraction',
  name: 'contract',
  form: { kind: 'contract', labels: (labels) => labels },
  infer: ([a, b], labels) => {
    if (a.dtype !== b.dtype || !isFloat(a.dtype))
      throw new DTypeError({
        got: `a product of ${a.dtype} and ${b.dtype}`,
        expected: 'two of one float dtype',
      });
    const extents = extentsOf([a.shape, b.shape], labels);
    return { shape: labels.out.map((label) => extents.get(label) ?? 1), dtype: a.dtype };
  },
  // Sums run over the inner labels in order, in float64, and are rounded once. The operands are laid out as matrices of float64
  // first, so that the inner loop sees one kind of array.
  evaluate: (inputs, [output], labels) => {
    const { m, k, n, lines, row, places, left: first, right: second } = matricesOf(inputs, output, labels);
    const [left, right] = [first(inputs[0]), second(inputs[1])];
    for (let i = 0; i < lines; i++) {
      const matrix = Math.floor(i / m) * k * n;
      row.fill(0);
      for (let l = 0; l < k; l++) addScaled(row, left[i * k + l] ?? 0, right, matrix + l * n);
      for (let j = 0; j < n; j++) output.data[places[i * n + j] ?? 0] = row[j] ?? 0;
    }
  },
  // grad_A = G B^T, grad_B = A^T G: the same labels, with the gradient in the place of the operand.          (4.1, 4.2)
  vjp: (gradient, { inputs: [a, b], attributes: { a: left, b: right, out } }) => [
    contract(gradient, b, { a: out, b: right, out: left }),
    contract(a, gradient, { a: left, b: out, out: right }),
  ],
  // The samples are one more label: a batch where both operands have them, else rows or columns.
  batch: ([x, y], { attributes: { a, b, out }, batched: [left, right] }) => {
    const sample = 1 + Math.max(-1, ...a, ...b, ...out);
    return contract(x, y, {
      a: left === true ? [sample, ...a] : a,
      b: right === true ? [sample, ...b] : b,
      out: [sample, ...out],
    });
  },
};

/** The extent of each label. @throws ShapeError, OptionError */
function extentsOf(
  shapes: readonly [readonly number[], readonly number[]],
  { a, b, out }: Labels,
): Map<number, number> {
  const extents = new Map<number, number>();
  const lists = [a, b] as const;
  for (const [i, labels] of lists.entries()) {
    const shape = shapes[i] ?? [];
    const fits = labels.length === shape.length && new Set(labels).size === labels.length;
    if (!fits || labels.some((label, axis) => (extents.get(label) ?? shape[axis]) !== shape[axis]))
      throw new ShapeError({
        got: `${formatShape(shapes[0])} and ${formatShape(shapes[1])}, labelled ${formatShape(a)} and ${formatShape(b)}`,
        expected: 'a label of its own for each axis of an operand, and one extent for each label',
      });
    labels.forEach((label, axis) => {
      extents.set(label, shape[axis] ?? 1);
    });
  }
  const alone = [...a, ...b, ...out].find(
    (label) => [a, b, out].filter((labels) => labels.includes(label)).length < 2,
  );
  if (alone !== undefined || new Set(out).size !== out.length)
    throw new OptionError({
      got: `a contraction of ${formatShape(a)} and ${formatShape(b)} to ${formatShape(out)}`,
      expected: 'each label once in a list, and in at least two of the three',
      hint: 'sum(x, { axis }) adds up an axis that one operand alone has.',
    });
  return extents;
}

/** The offset of every element in `order`, row-major; along a label that the tensor lacks there is one place. */
function offsetsIn(
  { shape }: Pick<Tensor, 'shape'>,
  labels: readonly number[],
  order: readonly number[],
): Int32Array {
  const strides = stridesOf(shape);
  const axes = order.map((label) => labels.indexOf(label));
  return offsetsOf(
    axes.map((axis) => shape[axis] ?? 1),
    axes.map((axis) => strides[axis] ?? 0),
  );
}

/** The elements in another order of the labels, as float64: where they do not lie so already, in an array that is used again. */
function arranged(x: Tensor, labels: readonly number[], order: readonly number[]) {
  const kept = order.filter((label) => labels.includes(label));
  const isInOrder = kept.every((label, i) => label === labels[i]);
  const offsets = isInOrder ? undefined : offsetsIn(x, labels, order);
  const own = new Float64Array(x.data.length);
  return ({ data }: Tensor): Float64Array => {
    if (offsets === undefined) {
      if (data instanceof Float64Array) return data;
      own.set(data);
    } else for (let i = 0; i < own.length; i++) own[i] = data[offsets[i] ?? 0] ?? 0;
    return own;
  };
}

/** Both operands and the result as matrices: their sizes, and where their elements stand. */
const matricesOf = remembered(([a, b]: readonly [Tensor, Tensor], output, labels: ContractAttributes) => {
  const extents = extentsOf([a.shape, b.shape], labels);
  const { batch, rows, columns, inner } = rolesOf(labels);
  const size = (some: readonly number[]) => sizeOf(some.map((label) => extents.get(label) ?? 1));
  const [m, k, n] = [size(rows), size(inner), size(columns)];
  return {
    ...{ m, k, n, lines: size(batch) * m, row: new Float64Array(n) },
    places: offsetsIn(output, labels.out, [...batch, ...rows, ...columns]),
    left: arranged(a, labels.a, [...batch, ...rows, ...inner]),
    right: arranged(b, labels.b, [...batch, ...inner, ...columns]),
  };
});

/** row += scale * (the row of `matrix` that starts at `start`). */
function addScaled(row: Float64Array, scale: number, matrix: Float64Array, start: number): void {
  for (let j = 0; j < row.length; j++) row[j] = (row[j] ?? 0) + scale * (matrix[start + j] ?? 0);
}

/**
 * out[o] = sum a[...] b[...] over the labels that `out` lacks; see `Labels`. Matrix products, batches of them and every `einsum` of two
 * operands are contractions.
 * @throws ShapeError, DTypeError, OptionError
 */
export function contract(a: Value, b: Value, labels: Labels): Value {
  return applyPrimitive(contractPrimitive, [a, b], { a: labels.a, b: labels.b, out: labels.out });
}

import type { Initializer } from '../contracts/initializer.ts';
import { DTypeError, OptionError } from '../errors.ts';
import { applyPrimitive } from '../graph/apply.ts';
import type { Primitive, PrimitiveKind, Value } from '../graph/value.ts';
import { shown } from '../options/field.ts';
import { type DType, isFloat, roundTo, type TensorSpec, type TypedArray } from '../tensors/dtype.ts';
import { checkShape, type Shape, sizeOf } from '../tensors/shape.ts';
import { type TensorLike, tensor } from '../tensors/tensor.ts';

interface SpecAttributes extends Readonly<Record<string, number | string | readonly number[] | TypedArray>> {
  readonly shape: Shape;
  readonly dtype: DType;
}

const rules = <A extends SpecAttributes>(kind: PrimitiveKind, name: string) => ({
  kind,
  name,
  infer: (_: readonly TensorSpec[], { shape, dtype }: A): TensorSpec => ({ shape, dtype }),
});

type Leaf<A extends SpecAttributes> = Primitive<readonly [], A, Value>;

const inputPrimitive: Leaf<SpecAttributes & { readonly name: string }> = {
  ...rules('leaf', 'input'),
  evaluate: () => {},
};

/** A value that is given when the graph is run. */
export function placeholder({ shape, dtype }: TensorSpec, name: string): Value {
  checkShape(shape);
  return applyPrimitive(inputPrimitive, [], { shape, dtype, name });
}

const fillPrimitive: Leaf<SpecAttributes & { readonly value: number }> = {
  ...rules('generator', 'fill'),
  form: { kind: 'number', number: ({ value }) => value },
  evaluate: (_, [output], { value }) => void output.data.fill(value),
};

/** The same number everywhere. @throws DTypeError for one that `dtype` does not hold. */
export function fill(value: number, shape: Shape, dtype: DType = 'float32'): Value {
  checkShape(shape);
  return applyPrimitive(fillPrimitive, [], {
    value: roundTo(dtype, held(dtype, value, 'for')),
    shape,
    dtype,
  });
}

/**
 * A number that stands beside a Value of `dtype` or for one. @throws OptionError for what is no number, DTypeError where it would become
 * another one.
 */
export function held(dtype: DType, x: number, stands: 'beside' | 'for'): number {
  if (typeof x !== 'number')
    throw new OptionError({
      got: shown(x),
      expected: 'a Value or a number',
      hint: 'constant(x) makes a Value of arrays.',
    });
  if (!isFloat(dtype) && roundTo(dtype, x) !== x)
    throw new DTypeError({
      got: `the number ${x} ${stands} a Value of ${dtype}`,
      expected: integers[dtype],
      hint: "cast(x, 'float32') makes floats of the Value; nothing is cut off or promoted silently.",
    });
  return x;
}

const integers = {
  int32: 'a whole number from -2147483648 to 2147483647',
  uint8: 'a whole number from 0 to 255',
  bool: '0 or 1',
} as const;

/** The number that a vertex of `fill` holds everywhere, undefined for every other vertex. */
export function filledWith(node: object, attributes: Readonly<Record<string, unknown>>): number | undefined {
  return node === fillPrimitive && typeof attributes['value'] === 'number' ? attributes['value'] : undefined;
}

const written = new WeakSet<Value>();

/** A number that stands in an expression: as `fill`, but nobody else has the Value, so no derivative at it can be asked for. */
export function literal(value: number, shape: Shape, dtype: DType): Value {
  const made = fill(value, shape, dtype);
  written.add(made);
  return made;
}

/** The number of a `literal`; undefined for every other Value, which may stand for something else in a derivative. */
export function literalOf(value: Value): number | undefined {
  return written.has(value) ? filledWith(value.node, value.vertex.attributes) : undefined;
}

/** With a shape, a Value of zeros; without, the initializer that makes them. */
export const zeros = filledWithNumber(0);

/** With a shape, a Value of ones; without, the initializer that makes them. */
export const ones = filledWithNumber(1);

interface Filled {
  (shape: Shape, dtype?: DType): Value;
  (): Initializer;
}

function filledWithNumber(value: number): Filled {
  function filled(shape: Shape, dtype?: DType): Value;
  function filled(): Initializer;
  function filled(shape?: Shape, dtype?: DType): Value | Initializer {
    if (shape !== undefined) return fill(value, shape, dtype);
    return (wanted) => new Float64Array(sizeOf(wanted)).fill(value);
  }
  return filled;
}

const literalPrimitive: Leaf<SpecAttributes & { readonly data: TypedArray }> = {
  ...rules('generator', 'literal'),
  form: { kind: 'data' },
  evaluate: (_, [output], { data }) => output.data.set(data),
};

/** Numbers that are part of the graph; plain ones are float32 unless another dtype is asked for. */
export function constant(like: TensorLike, options: { dtype?: DType } = {}): Value {
  const { shape, dtype, data } = tensor(like, options);
  const [first] = data;
  if (shape.length === 0 && first !== undefined) return fill(first, shape, dtype);
  return applyPrimitive(literalPrimitive, [], { shape, dtype, data: data.slice() });
}

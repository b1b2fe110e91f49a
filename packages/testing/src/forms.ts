import {
  type Form,
  formulaOf,
  interpret,
  type Shape,
  sameShape,
  sizeOf,
  type Tensor,
  type TensorSpec,
} from '@pullback/core';
import { ConformanceError } from './case.ts';
import { near } from './numbers.ts';
import { placeOf } from './numbers-as-text.ts';
import { type Applied, distinct, evaluated, filledBy } from './operands.ts';
import { landmarks } from './places.ts';

type Numbers = ArrayLike<number>;

/**
 * The form of a primitive, which is all that compilers read, beside its `evaluate`: both give the same numbers.
 * @throws ConformanceError with the first element that differs
 */
export function examineForm(applied: Applied): void {
  const { primitive, specs } = applied;
  const { form } = primitive;
  if (form === undefined) return;
  const operands = specs.map((spec, i) => filledBy(spec, distinct(i)));
  compare(form, applied, operands);
  if (form.kind === 'elements') for (const ladder of laddersOf(specs)) compare(form, applied, ladder);
}

function compare(form: Form, applied: Applied, operands: readonly Tensor[]): void {
  const { primitive } = applied;
  const [output] = evaluated(applied, operands);
  if (output === undefined) return;
  const said = meaningOf(form, applied, operands, output);
  if (said === undefined) return;
  output.data.forEach((value, k) => {
    if (near(value, said[k] ?? Number.NaN, 1e-9)) return;
    throw new ConformanceError({
      what: `the form '${form.kind}' of '${primitive.name}' is not what it evaluates, at ${placeOf(k, output.shape)}`,
      got: `${said[k]} by the form`,
      expected: `${value}, by evaluate`,
      ...(form.kind === 'elements' && { at: `of ${operands.map(({ data }) => data[k]).join(' and ')}` }),
    });
  });
}

/** Numbers where formulas change over, for one operand all of them, for several in every pair; a step of the ladder lies in every unit. */
function laddersOf(specs: readonly TensorSpec[]): Tensor[][] {
  if (specs.length === 0) return [];
  const fine = [...specials, ...landmarks, ...Array.from({ length: 260 }, (_, k) => (k - 130) / 4 + 0.013)];
  const coarse = [
    ...specials,
    -1000,
    -88.5,
    -12.3,
    -5.5,
    -2.25,
    -1,
    -0.3,
    0.3,
    1,
    2.25,
    5.5,
    12.3,
    88.5,
    1000,
  ];
  const numbers = specs.length === 1 ? fine : coarse;
  const count = specs.length === 1 ? fine.length : coarse.length ** 2;
  // The first operand turns fastest; the others go through their own numbers, each from another place on.
  const chosen = (i: number) => (k: number) =>
    numbers[(i === 0 ? k : Math.floor(k / numbers.length) + 7 * (i - 1)) % numbers.length] ?? 0;
  return [specs.map((spec, i) => filledBy({ ...spec, shape: [count] }, chosen(i)))];
}

const specials = [0, -0, 1e-310, -1e-42, Number.NaN, Infinity, -Infinity];

/** The numbers that the form makes of the operands; undefined where it leaves the numbers to `evaluate`. */
function meaningOf(
  form: Form,
  { primitive, attributes }: Applied,
  operands: readonly Tensor[],
  { shape }: Tensor,
): Numbers | undefined {
  const [x, indices] = operands;
  const count = sizeOf(shape);
  switch (form.kind) {
    case 'elements': {
      const formula = formulaOf(
        primitive,
        attributes,
        operands.map(({ dtype }) => dtype),
      );
      const result = new Float64Array(count);
      if (formula === undefined || !operands.every((operand) => sameShape(operand.shape, shape)))
        return undefined;
      interpret(formula)(operands, result);
      return result;
    }
    case 'same':
    case 'data':
      return undefined;
    case 'number':
      return new Float64Array(count).fill(form.number(attributes));
    case 'place':
      return indicesOf(shape).map((index) => index[form.axis(attributes)] ?? 0);
    case 'view': {
      const from = { ...dense(x?.shape ?? []), shape: x?.shape ?? [] };
      const view = form.view(from, attributes, shape);
      return (
        view &&
        indicesOf(shape).map((index) => x?.data[view.offset + along(view.strides, index)] ?? Number.NaN)
      );
    }
    case 'parts': {
      const result = new Float64Array(count).fill(form.fill?.(attributes) ?? 0);
      const written = new Set<number>();
      const views = form.parts(
        operands.map((operand) => operand.shape),
        attributes,
        shape,
      );
      operands.forEach((operand, i) => {
        const { offset = 0, strides = [] } = views[i] ?? {};
        indicesOf(operand.shape).forEach((index, k) => {
          const place = offset + along(strides, index);
          // An element that is written twice has the last number, and the order is nobody's promise.
          result[place] = written.has(place) ? Number.NaN : (operand.data[k] ?? Number.NaN);
          written.add(place);
        });
      });
      return result;
    }
    case 'reduce':
      return x && reduced(form.combine, x, form.axes(attributes), shape);
    case 'contract':
      return x && indices && contracted(form.labels(attributes), x, indices, shape);
    case 'take':
    case 'scatter':
    case 'repeat':
      return undefined;
    default:
      return form satisfies never;
  }
}

/** The indices of all elements, in row-major order. */
function indicesOf(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (all, extent) => all.flatMap((index) => Array.from({ length: extent }, (_, i) => [...index, i])),
    [[]],
  );
}

function dense(shape: Shape): { readonly offset: number; readonly strides: readonly number[] } {
  return { offset: 0, strides: shape.map((extent, i) => (extent === 1 ? 0 : sizeOf(shape.slice(i + 1)))) };
}

const along = (strides: readonly number[], index: readonly number[]) =>
  index.reduce((place, i, axis) => place + i * (strides[axis] ?? 0), 0);

function reduced(combine: 'sum' | 'max' | 'argmax', x: Tensor, axes: readonly number[], to: Shape): Numbers {
  const { strides } = dense(to);
  const groups = Array.from({ length: sizeOf(to) }, (): number[] => []);
  indicesOf(x.shape).forEach((index, k) => {
    const place = along(
      strides,
      index.map((i, axis) => (axes.includes(axis) ? 0 : i)),
    );
    groups[place]?.push(x.data[k] ?? Number.NaN);
  });
  return groups.map((group) => {
    if (combine === 'sum') return group.reduce((total, value) => total + value, 0);
    const most = Math.max(...group);
    return combine === 'max' ? most : group.indexOf(most);
  });
}

function contracted(
  {
    a,
    b,
    out,
  }: { readonly a: readonly number[]; readonly b: readonly number[]; readonly out: readonly number[] },
  left: Tensor,
  right: Tensor,
  to: Shape,
): Numbers {
  const extents = new Map<number, number>();
  for (const [labels, shape] of [
    [a, left.shape],
    [b, right.shape],
  ] as const)
    labels.forEach((label, axis) => {
      extents.set(label, shape[axis] ?? 1);
    });
  const labels = [...extents.keys()];
  const result = new Float64Array(sizeOf(to));
  const [one, two, three] = [dense(left.shape).strides, dense(right.shape).strides, dense(to).strides];
  for (const index of indicesOf(labels.map((label) => extents.get(label) ?? 1))) {
    const at = (own: readonly number[]) => own.map((label) => index[labels.indexOf(label)] ?? 0);
    const place = along(three, at(out));
    result[place] =
      (result[place] ?? 0) + (left.data[along(one, at(a))] ?? 0) * (right.data[along(two, at(b))] ?? 0);
  }
  return result;
}

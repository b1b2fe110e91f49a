import { sameShape } from '@pullback/core';
import { ConformanceError } from './case.ts';
import { examineForm } from './forms.ts';
import { placeOf } from './numbers-as-text.ts';
import { type Applied, distinct, evaluated, filledBy } from './operands.ts';

/** Numbers that an identity keeps bit for bit. */
const specials = [1.5, -0, 0, Number.NaN, Infinity, -Infinity, 5e-324, -1e-310, 1e-42, 1e300, -2.25, 3];

/**
 * Compilers take for granted what a primitive says of itself: an identity is dropped, a movement of one number everywhere is that
 * number, an elementwise primitive is run on any elements in any order.
 * @throws ConformanceError with the first element that differs
 */
export function examineKind(applied: Applied): void {
  const { primitive, specs } = applied;
  const { kind, form } = primitive;
  if (kind === 'identity' || form?.kind === 'same') examineIdentity(applied);
  if (kind === 'movement') examineMovement(applied);
  if (kind === 'elementwise' || form?.kind === 'elements') examineElementwise(applied);
  if (kind === 'generator' && specs.length > 0)
    throw finding(applied, 'a generator', `${specs.length} operands`, 'none');
  examineForm(applied);
}

function finding({ primitive }: Applied, kind: string, got: string, expected: string): ConformanceError {
  return new ConformanceError({
    what: `'${primitive.name}' says that it is ${kind}, and compilers take its word`,
    got,
    expected: `${expected}; another kind where it computes`,
  });
}

function examineIdentity(applied: Applied): void {
  const operands = applied.specs.map((spec) => filledBy(spec, (k) => specials[k % specials.length] ?? 0));
  for (const given of [operands, applied.specs.map((spec, i) => filledBy(spec, distinct(i)))]) {
    const [x] = given;
    const [y] = evaluated(applied, given);
    if (x === undefined || y === undefined) continue;
    const differs = y.data.findIndex((value, k) => !Object.is(value, x.data[k]));
    if (differs >= 0 || y.data.length !== x.data.length)
      throw finding(
        applied,
        'an identity',
        `${y.data[differs]} at ${placeOf(differs, y.shape)}`,
        `${x.data[differs]}, its operand`,
      );
  }
}

function examineMovement(applied: Applied): void {
  const given = applied.specs.map((spec, i) => filledBy(spec, distinct(i)));
  const { form } = applied.primitive;
  const padding = form?.kind === 'parts' && form.fill !== undefined ? [form.fill(applied.attributes)] : [];
  const known = new Set([...padding, ...given.flatMap(({ data }) => Array.from(data))]);
  const full = applied.specs.map((spec) => filledBy(spec, () => 1.734));
  for (const [operands, allowed, expected] of [
    [given, known, 'an element of an operand'],
    [
      full,
      new Set([...padding, ...full.flatMap(({ data }) => Array.from(data))]),
      '1.734, of operands that hold nothing else',
    ],
  ] as const)
    evaluated(applied, operands).forEach(({ data, shape }) => {
      const differs = operands.some(({ data: own }) => own.length > 0)
        ? data.findIndex((value) => !allowed.has(value))
        : -1;
      if (differs >= 0)
        throw finding(applied, 'a movement', `${data[differs]} at ${placeOf(differs, shape)}`, expected);
    });
}

/** The operands the other way round give the results the other way round, and the first elements alone the first result. */
function examineElementwise(applied: Applied): void {
  const { specs } = applied;
  const [first] = specs;
  if (first === undefined || !specs.every(({ shape }) => sameShape(shape, first.shape))) return;
  const given = specs.map((spec, i) => filledBy(spec, distinct(i)));
  const turned = given.map((tensor) => ({ ...tensor, data: tensor.data.slice().reverse() }));
  const [results, reversed] = [evaluated(applied, given), evaluated(applied, turned)];
  results.forEach(({ data, shape }, o) => {
    if (!sameShape(shape, first.shape))
      throw finding(
        applied,
        'elementwise',
        `a result of [${shape.join(', ')}]`,
        `[${first.shape.join(', ')}]`,
      );
    const other = reversed[o]?.data.slice().reverse();
    const differs = data.findIndex((value, k) => !Object.is(value, other?.[k]));
    if (differs >= 0)
      throw finding(
        applied,
        'elementwise',
        `${other?.[differs]} for the same operands at another place`,
        `${data[differs]}, as at ${placeOf(differs, shape)}`,
      );
  });
  if ((given[0]?.data.length ?? 0) < 2) return;
  const alone = evaluated(
    applied,
    given.map(({ dtype, data }) => ({ dtype, shape: [1], data: data.slice(0, 1) })),
  );
  alone.forEach(({ data }, o) => {
    if (!Object.is(data[0], results[o]?.data[0]))
      throw finding(
        applied,
        'elementwise',
        `${data[0]} for the first elements alone`,
        `${results[o]?.data[0]}, as among others`,
      );
  });
}

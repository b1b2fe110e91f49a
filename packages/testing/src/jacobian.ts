import { type FloatDType, gradient, placeholder, type Shape, type Value } from '@pullback/core';
import { ConformanceError } from './case.ts';
import { diagnosis, type Matrix } from './diagnosis.ts';
import { type Difference, difference, hasKink } from './differences.ts';
import { brief, nested, placeOf } from './numbers-as-text.ts';
import { build, type Numbers, runner } from './runner.ts';

/** A function, its J^T, and the numbers to examine them with. */
export interface Examined {
  /** Called again and again: it must build the same each time. */
  readonly f: (...x: Value[]) => Value | readonly Value[];
  readonly shapes: readonly Shape[];
  /** The name of the examined J^T in findings; `the vjp` when left out. */
  readonly what?: string;
  /** The names of inputs in findings. */
  readonly names?: readonly string[];
  /** How far derivatives may be from differences, relative to the larger of them and 1. */
  readonly tolerance?: number;
}

/** f, and the J^T of f, as functions of numbers in float64. */
export function pullbackOf({ f, shapes }: Examined, dtype: FloatDType = 'float64') {
  const { inputs, outputs } = build(f, shapes, dtype);
  const floats = outputs.filter((output) => output.dtype === dtype);
  const seeds = floats.map(({ shape }, i) => placeholder({ shape, dtype }, `gradient ${i}`));
  const parts = floats.map((output, i) => gradient(output, inputs, seeds[i]));
  const forward = runner(inputs, floats);
  const backward = floats.map((_, i) => runner([...inputs, ...seeds.slice(i, i + 1)], parts[i] ?? []));
  return { forward, backward, outputs: floats };
}

/**
 * Every entry of J, by J^T of unit gradients, against differences of `forward`; at a kink it must lie between both sides.
 * @throws ConformanceError that names the entry, with both values, and says how the whole of J looks.
 */
export function examineJacobian(examined: Examined, at: readonly Float64Array[]): void {
  const { forward, backward, outputs } = pullbackOf(examined);
  const { tolerance = 2e-6 } = examined;
  outputs.forEach((output, o) => {
    const count = output.shape.reduce((n, extent) => n * extent, 1);
    const rows = Array.from({ length: count }, (_, j) => {
      const unit = new Float64Array(count);
      unit[j] = 1;
      return backward[o]?.([...at, unit]) ?? [];
    });
    at.forEach((input, i) => {
      const found = Array.from(input, (x, k) => {
        const move = moving(forward, at, i, k);
        return rows.map((_, j) => difference((y) => move(y)[o]?.data[j] ?? Number.NaN, x));
      });
      const got = rows.map((row) => Array.from(row[i]?.data ?? []));
      for (let k = 0; k < input.length; k++)
        for (let j = 0; j < count; j++) {
          const right = found[k]?.[j];
          if (right === undefined || agrees(got[j]?.[k] ?? Number.NaN, right, tolerance)) continue;
          throw finding(
            examined,
            { output: o, outputs, input: i, row: j, column: k },
            got,
            rows.map((_, row) => found.map((column) => column[row] ?? right)),
            {
              at,
              complaint: linearity(backward[o], at, i, count),
              elsewhere: count === 1 && input.length === 1 ? curve(forward, backward[o], at, o, i) : [],
            },
          );
        }
    });
  });
}

interface Place {
  readonly output: number;
  readonly outputs: readonly Value[];
  readonly input: number;
  readonly row: number;
  readonly column: number;
}

/** Further facts of a place where J is wrong. */
interface Circumstances {
  readonly at: readonly Float64Array[];
  /** A complaint about the vjp that holds whatever J is. */
  readonly complaint: string | undefined;
  /** Both derivatives at other numbers, for a function of one number. */
  readonly elsewhere: readonly string[];
}

function finding(
  { shapes, names = [], what = 'the vjp' }: Examined,
  { output, outputs, input, row, column }: Place,
  got: Matrix,
  found: readonly (readonly Difference[])[],
  { at, complaint, elsewhere }: Circumstances,
): ConformanceError {
  const nameOf = (i: number) => names[i] ?? (shapes.length > 1 ? `input ${i}` : 'the input');
  const right = found[row]?.[column];
  const value = right?.value ?? Number.NaN;
  const expected = found.map((all) => all.map((each) => each.value));
  const whole = outputs.length > 1 ? `output ${output} ` : 'output ';
  const places = {
    output: placeOf(row, outputs[output]?.shape ?? []),
    input: placeOf(column, shapes[input] ?? []),
  };
  const kink = right !== undefined && hasKink(right);
  const entry = got[row]?.[column] ?? Number.NaN;
  const said = Number.isFinite(entry)
    ? kink
      ? undefined
      : (complaint ?? diagnosis(got, expected))
    : `it is ${entry === Infinity || entry === -Infinity ? 'infinite' : 'NaN'}`;
  const matrix = (m: Matrix) => nested(m.flat(), [m.length, m[0]?.length ?? 0], brief);
  const small = got.length * (got[0]?.length ?? 0) <= 36 && got.length * (got[0]?.length ?? 0) > 1;
  return new ConformanceError({
    what: `${what} gives a wrong d ${whole}${places.output} / d ${nameOf(input)} ${places.input}${said === undefined ? '' : `: ${said}`}`,
    got: String(entry),
    expected: kink
      ? `between ${right.left} and ${right.right}, at a kink`
      : `${value}, by central differences of forward`,
    at: [
      ...(small ? [`J by ${what}: ${matrix(got)}`, `J by differences: ${matrix(expected)}`] : []),
      ...elsewhere,
      ...at.map(
        (numbers, i) => `${i === 0 ? 'at ' : '   '}${nameOf(i)} = ${nested(numbers, shapes[i] ?? [])}`,
      ),
    ].join('\n  '),
  });
}

/** Whether J^T is no J^T at all, since it is not linear in the gradient that comes back. */
function linearity(
  backward: Numbers | undefined,
  at: readonly Float64Array[],
  input: number,
  count: number,
): string | undefined {
  const sent = (size: number) =>
    Array.from(backward?.([...at, new Float64Array(count).fill(size)])[input]?.data ?? []);
  const [none, one, two] = [sent(0), sent(1), sent(2)];
  if ([none, one, two].flat().some((x) => !Number.isFinite(x)))
    return 'the vjp makes a NaN or an infinity of a finite gradient, 0 among them';
  if (none.some((x) => x !== 0))
    return 'the vjp of a gradient of 0 is not 0: it does not multiply by the gradient that comes back, or it adds to the product';
  if (two.some((x, k) => Math.abs(x - 2 * (one[k] ?? 0)) > 1e-9 * Math.max(1, Math.abs(x))))
    return 'the vjp is not linear in the gradient that comes back: twice as much gives not twice as much';
  return undefined;
}

/** Both derivatives of a function of one number at a few others, to see by what they differ. */
function curve(
  forward: Numbers,
  backward: Numbers | undefined,
  at: readonly Float64Array[],
  output: number,
  input: number,
): string[] {
  const moved = (x: number) => at.map((numbers, i) => (i === input ? Float64Array.of(x) : numbers));
  const columns = [-2, -1, -0.5, 0.5, 1, 2].map((x) => {
    const found = difference((y) => forward(moved(y))[output]?.data[0] ?? Number.NaN, x);
    const got = backward?.([...moved(x), Float64Array.of(1)])[input]?.data[0] ?? Number.NaN;
    return [String(x), brief(got), brief(Number(found.value.toFixed(9)))];
  });
  const width = Math.max(...columns.flat().map(({ length }) => length));
  return ['elsewhere: x      ', '       by the vjp  ', '       differences '].map(
    (title, i) => `${title}${columns.map((column) => (column[i] ?? '').padStart(width + 1)).join('')}`,
  );
}

function agrees(got: number, found: Difference, tolerance: number): boolean {
  const { value, error, left, right } = found;
  const scale = tolerance * Math.max(1, Math.abs(value), Math.abs(got));
  const slack = (share: number) => share * Math.max(1, Math.abs(left), Math.abs(right));
  if (hasKink(found))
    return got >= Math.min(left, right) - slack(1e-4) && got <= Math.max(left, right) + slack(1e-4);
  if (Math.abs(got - value) <= scale) return true;
  // A second derivative that jumps, as elu's at 0, spoils the extrapolation: both sides alone tell then.
  const sides = Math.max(Math.abs(got - left), Math.abs(got - right));
  return error > scale / 10 && sides <= slack(2e-5);
}

/**
 * The derivative of every output along the direction in which all numbers move alike: ties of two inputs are smooth along it.
 * @throws ConformanceError
 */
export function examineDiagonal(examined: Examined, at: readonly Float64Array[]): void {
  const { forward, backward, outputs } = pullbackOf(examined);
  const { tolerance = 2e-6, shapes } = examined;
  if (at.every(({ length }) => length === 0)) return;
  const move = (y: number) => forward(at.map((numbers) => numbers.map((x) => x + y)));
  outputs.forEach((output, o) => {
    const count = output.shape.reduce((n, extent) => n * extent, 1);
    for (let j = 0; j < count; j++) {
      const unit = new Float64Array(count);
      unit[j] = 1;
      const slopes = backward[o]?.([...at, unit]) ?? [];
      const got = slopes.reduce(
        (total, { data }) => total + Float64Array.from(data).reduce((a, b) => a + b, 0),
        0,
      );
      const found = difference((y) => move(y)[o]?.data[j] ?? Number.NaN, 0);
      if (agrees(got, found, 10 * tolerance)) continue;
      throw new ConformanceError({
        what: `the vjp gives a wrong derivative of output ${placeOf(j, output.shape)} when all inputs move alike: ties are shared wrongly`,
        got: String(got),
        expected: `${found.value}, by central differences of forward`,
        at: `at ${at.map((numbers, n) => `input ${n} = ${nested(numbers, shapes[n] ?? [])}`).join('; ')}`,
      });
    }
  });
}

/** The outputs of `forward` when one number of one input is moved; each place is computed once, for all outputs. */
function moving(forward: Numbers, at: readonly Float64Array[], input: number, place: number) {
  const known = new Map<number, ReturnType<Numbers>>();
  return (y: number): ReturnType<Numbers> => {
    const found = known.get(y);
    if (found !== undefined) return found;
    const moved = at.map((numbers, i) => (i === input ? numbers.slice() : numbers));
    moved[input]?.fill(y, place, place + 1);
    const results = forward(moved);
    known.set(y, results);
    return results;
  };
}

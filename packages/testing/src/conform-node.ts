import {
  add,
  type Backend,
  compile,
  constant,
  type FloatDType,
  gradient,
  mul,
  placeholder,
  type Shape,
  sizeOf,
  sum,
  tensorOf,
  type Value,
} from '@pullback/core';
import { type Case, ConformanceError } from './case.ts';
import { type Example, numbersOf, type SearchOptions, type Shapes, search } from './example.ts';
import { examineDiagonal, examineJacobian, pullbackOf } from './jacobian.ts';
import { allClose, near, ulps } from './numbers.ts';
import { build, runner } from './runner.ts';

/** What is declared of a function, and then examined. */
export interface Properties {
  /** Output i depends on input i alone. */
  readonly elementwise?: boolean;
  /** It never falls. */
  readonly monotone?: boolean;
  /** f(-x) = -f(x), or f(-x) = f(x). */
  readonly parity?: 'odd' | 'even';
  /** Numbers along the last axis sum to 1. */
  readonly rowsSumToOne?: boolean;
}

export interface NodeOptions extends SearchOptions {
  /** What cases are called after. */
  readonly name?: string;
  /** The shapes of the inputs from three extents; one matrix when left out. */
  readonly shapes?: Shapes;
  /** Where the function is defined and differentiable: an open interval; all numbers when left out. */
  readonly domain?: readonly [number, number];
  readonly properties?: Properties;
  /** Backends that must give the same; none when left out. */
  readonly backends?: readonly Backend[];
  /** How many floats compiled results may be off; 0 when left out. */
  readonly ulps?: number;
  readonly tolerance?: number;
}

/** A function of Values: an activation, a node, or anything written with them. */
export type NodeFunction = (...x: Value[]) => Value | readonly Value[];

const line = [-Infinity, Infinity] as const;

/**
 * The examination of a differentiable function: its vjp against differences of `forward` and against the derived one,
 * its second derivative, linearity, purity, extremes, what is declared of it, and backends.
 */
export function conformNode(node: NodeFunction, options: NodeOptions = {}): Case[] {
  const { name = nameOf(node), shapes = (a, b) => [[a, b]], domain = line, tolerance } = options;
  const f: NodeFunction = (...x) => node(...x);
  const shapesOf = ({ sizes }: Example): readonly Shape[] => shapes(...sizes);
  const examined = (example: Example) => ({
    f,
    shapes: shapesOf(example),
    ...(tolerance === undefined ? {} : { tolerance }),
  });
  const inputsOf = (example: Example) => numbersOf(example, shapesOf(example), domain);
  const each = (what: string, examine: (example: Example) => void): Case => ({
    name: `${name}: ${what}`,
    run: () => search(examine, options),
  });
  const cases = [
    each('J^T by central differences', (example) => examineJacobian(examined(example), inputsOf(example))),
    each('J^T at kinks and whole numbers', (example) => {
      const whole = inputsOf(example).map((numbers) => numbers.map(Math.round));
      if (!whole.every((numbers) => numbers.every((x) => x > domain[0] && x < domain[1]))) return;
      examineJacobian(examined(example), whole);
      examineDiagonal(examined(example), whole);
    }),
    each('J^T is linear in the gradient', (example) => examineLinearity(examined(example), example, domain)),
    each('J^T by hand is J^T by the chain rule', (example) =>
      examineDerived(f, example, shapesOf(example), domain),
    ),
    each('the derivative of J^T by central differences', (example) =>
      examineJacobian(secondOf(f, shapesOf(example), options), inputsOf(example)),
    ),
    each('pure: the same twice, inputs untouched', (example) =>
      examinePurity(examined(example), example, domain),
    ),
    ...extremeCases(name, f, options),
    ...propertyCases(f, name, options),
  ];
  for (const backend of options.backends ?? [])
    for (const dtype of ['float32', 'float64'] as const)
      if (backend.dtypes.includes(dtype))
        cases.push({
          name: `${name}: as itself on ${backend.name} in ${dtype}`,
          run: () => examineBackend(f, shapes(2, 3, 4), { backend, dtype, domain, ulps: options.ulps ?? 0 }),
        });
  return cases;
}

function nameOf(node: NodeFunction): string {
  return 'activation' in node && typeof node.activation === 'string' ? node.activation : node.name || 'node';
}

function examineLinearity(
  examined: Parameters<typeof pullbackOf>[0],
  example: Example,
  domain: readonly [number, number],
): void {
  const { backward, outputs } = pullbackOf(examined);
  const at = numbersOf(example, examined.shapes, domain);
  outputs.forEach((output, o) => {
    const [u = new Float64Array(), w = u] = numbersOf(
      example,
      [output.shape, output.shape],
      line,
      'gradients',
    );
    const run = (g: Float64Array) =>
      backward[o]?.([...at, g]).map(({ data }) => Float64Array.from(data)) ?? [];
    const [a, b] = [run(u), run(w)];
    run(u.map((x, i) => 2 * x - 3 * (w[i] ?? 0))).forEach((got, i) => {
      const expected = got.map((_, k) => 2 * (a[i]?.[k] ?? 0) - 3 * (b[i]?.[k] ?? 0));
      if (!allClose(got, expected, 1e-9))
        throw new ConformanceError({
          what: `the vjp is not linear in its gradient, for input ${i}`,
          got: `J^T (2u - 3w) = [${got.join(', ')}]`,
          expected: `2 J^T u - 3 J^T w = [${expected.join(', ')}]`,
        });
    });
  });
}

/** A hand-written vjp, against the chain rule over what `forward` built. */
function examineDerived(
  f: NodeFunction,
  example: Example,
  shapes: readonly Shape[],
  domain: readonly [number, number],
): void {
  const { inputs, outputs } = build(f, shapes, 'float64');
  outputs.forEach((output) => {
    const { expansion, node } = output.vertex;
    const inner = expansion?.[output.index];
    if (inner === undefined || node.vjp === undefined || output.dtype !== 'float64') return;
    const seed = placeholder(output.spec, 'gradient');
    const [byHand, derived] = [output, inner].map((value) =>
      runner([...inputs, seed], gradient(value, inputs, seed)),
    );
    const given = [
      ...numbersOf(example, shapes, domain),
      ...numbersOf(example, [output.shape], line, 'gradients'),
    ];
    const [got, expected] = [byHand?.(given) ?? [], derived?.(given) ?? []];
    got.forEach(({ data }, i) => {
      const other = expected[i]?.data ?? [];
      if (!allClose(data, other, 1e-7))
        throw new ConformanceError({
          what: `the hand-written vjp is not that of forward, for input ${i}`,
          got: `[${Array.from(data).join(', ')}]`,
          expected: `[${Array.from(other).join(', ')}]`,
        });
    });
  });
}

/** x -> J^T of fixed gradients, whose own J^T is examined: second derivatives. */
function secondOf(f: NodeFunction, shapes: readonly Shape[], { tolerance = 2e-5 }: NodeOptions) {
  const slope = (...x: Value[]): Value[] => {
    const outputs = [f(...x)].flat().filter((output) => output.dtype === 'float64');
    const [first, ...others] = outputs.map((output) => sum(mul(output, fixed(output.shape))));
    return first === undefined ? [] : gradient(others.reduce(add, first), x);
  };
  return { f: slope, shapes, tolerance };
}

/** Numbers of which no two are alike. */
function fixed(shape: Shape): Value {
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => 1 + 0.3 * Math.sin(7 * i + 1));
  return constant({ shape, data }, { dtype: 'float64' });
}

function examinePurity(
  examined: Parameters<typeof pullbackOf>[0],
  example: Example,
  domain: readonly [number, number],
): void {
  const at = numbersOf(example, examined.shapes, domain);
  const before = at.map((numbers) => numbers.slice());
  const [first, second] = [pullbackOf(examined), pullbackOf(examined)];
  const results = [first.forward(at), first.forward(at), second.forward(at)].map((tensors) =>
    tensors.flatMap(({ data }) => Array.from(data)),
  );
  const [a = [], ...others] = results;
  for (const other of others)
    if (!a.every((x, i) => Object.is(x, other[i])))
      throw new ConformanceError({
        what: 'forward is not a function',
        got: `[${other.join(', ')}] the second time`,
        expected: `[${a.join(', ')}] again`,
      });
  if (!at.every((numbers, i) => numbers.every((x, k) => x === before[i]?.[k])))
    throw new ConformanceError({
      what: 'forward changes its inputs',
      got: 'other numbers',
      expected: 'them untouched',
    });
}

const extremes = [0, -0, 1e-320, -1e-320, 1e-30, 30, -30, 100, -100, 1000, -1000];

/** Inside the domain as a number of that dtype; beside an end of it derivatives may be too large for any float. */
function isInside(x: number, domain: readonly [number, number], dtype: FloatDType): boolean {
  const rounded = dtype === 'float32' ? Math.fround(x) : x;
  const distance = Math.min(rounded - domain[0], domain[1] - rounded);
  return distance > 1e-200;
}

/** Where forward is finite the gradient is, in both dtypes; and one number of the input is as extreme as it gets. */
function extremeCases(
  name: string,
  f: NodeFunction,
  { shapes = (a, b) => [[a, b]], domain = line }: NodeOptions,
): Case[] {
  return (['float32', 'float64'] as const).map((dtype) => ({
    name: `${name}: finite gradients where it is finite, to +-1000, in ${dtype}`,
    run: () => {
      const own = shapes(2, 3, 2);
      const { forward, backward, outputs } = pullbackOf({ f, shapes: own }, dtype);
      const exact = pullbackOf({ f, shapes: own }).forward;
      const usual = numbersOf({ sizes: [2, 3, 2], seed: 5 }, own, domain);
      for (const x of extremes.filter((y) => isInside(y, domain, dtype)))
        own.forEach((shape, i) => {
          if (sizeOf(shape) === 0) return;
          for (const everywhere of [true, false]) {
            const at = usual.map((numbers, n) =>
              n === i ? numbers.map((y, k) => (everywhere || k === 0 ? x : y)) : numbers,
            );
            const values = forward(at).flatMap(({ data }) => Array.from(data));
            if (values.some(Number.isNaN))
              throw new ConformanceError({
                what: `forward makes a NaN of finite numbers in ${dtype}`,
                got: `[${values.join(', ')}]`,
                expected: 'numbers, or an infinity where the function overflows',
                at: `at input ${i} = ${x}`,
              });
            refuseOverflow(
              values,
              exact(at).flatMap(({ data }) => Array.from(data)),
              `input ${i} = ${x}, in ${dtype}`,
            );
            if (!values.every(Number.isFinite)) continue;
            outputs.forEach((output, o) => {
              const ones = new Float64Array(sizeOf(output.shape)).fill(1);
              const slopes = backward[o]?.([...at, ones]) ?? [];
              slopes.forEach(({ data }, n) => {
                if (!data.every(Number.isFinite))
                  throw new ConformanceError({
                    what: `the gradient at input ${n} is not finite in ${dtype}`,
                    got: `[${Array.from(data).join(', ')}]`,
                    expected: 'finite numbers, since forward is finite',
                    at: `at input ${i} = ${x}`,
                  });
              });
            });
          }
        });
    },
  }));
}

/** A result that float64 shows to be small must not be infinite in float32: an intermediate overflowed. */
function refuseOverflow(values: readonly number[], exact: readonly number[], at: string): void {
  values.forEach((value, k) => {
    const right = exact[k] ?? Number.NaN;
    if (!Number.isFinite(value) && Math.abs(right) < 1e30)
      throw new ConformanceError({
        what: `forward overflows on the way to output [${k}]`,
        got: String(value),
        expected: `about ${right}`,
        at: `at ${at}`,
      });
  });
}

function propertyCases(
  f: NodeFunction,
  name: string,
  { properties = {}, shapes = (a, b) => [[a, b]], domain = line, ...search_ }: NodeOptions,
): Case[] {
  const { elementwise = false, monotone = false, parity, rowsSumToOne = false } = properties;
  const each = (
    what: string,
    examine: (run: (x: Float64Array) => number[], x: Float64Array, shape: Shape) => void,
  ): Case => ({
    name: `${name}: ${what}`,
    run: () =>
      search((example) => {
        const own = shapes(...example.sizes);
        const { inputs, outputs } = build(f, own, 'float64');
        const forward = runner(inputs, outputs);
        const [x = new Float64Array(), ...others] = numbersOf(example, own, domain);
        examine((given) => Array.from(forward([given, ...others])[0]?.data ?? []), x, own[0] ?? []);
      }, search_),
  });
  const refuse = (what: string, got: unknown, expected: unknown): never => {
    throw new ConformanceError({ what, got: String(got), expected: String(expected) });
  };
  return [
    ...(elementwise
      ? [
          each('elementwise', (run, x) => {
            const before = run(x);
            x.forEach((_, k) => {
              const after = run(x.map((y, i) => (i === k ? y + 0.25 : y)));
              after.forEach((y, i) => {
                if (i !== k && y !== before[i]) refuse(`output ${i} depends on input ${k}`, y, before[i]);
              });
            });
          }),
        ]
      : []),
    ...(monotone
      ? [
          each('monotone', (run, x) => {
            const before = run(x);
            run(x.map((y) => y + 0.1)).forEach((y, i) => {
              if (y < (before[i] ?? 0) - 1e-12)
                refuse(`it falls from x = ${x[i]}`, y, `at least ${before[i]}`);
            });
          }),
        ]
      : []),
    ...(parity === undefined
      ? []
      : [
          each(parity, (run, x) => {
            const before = run(x);
            run(x.map((y) => -y)).forEach((y, i) => {
              const expected = (parity === 'odd' ? -1 : 1) * (before[i] ?? 0);
              if (!near(y, expected, 1e-12)) refuse(`f(${-(x[i] ?? 0)})`, y, expected);
            });
          }),
        ]),
    ...(rowsSumToOne
      ? [
          each('rows sum to 1', (run, x, shape) => {
            const columns = shape.at(-1) ?? 1;
            const y = run(x);
            for (let from = 0; from < y.length; from += columns) {
              const total = y.slice(from, from + columns).reduce((a, b) => a + b, 0);
              if (!near(total, 1, 1e-12)) refuse('the sum of a row', total, 1);
            }
          }),
        ]
      : []),
  ];
}

async function examineBackend(
  f: NodeFunction,
  shapes: readonly Shape[],
  at: { backend: Backend; dtype: FloatDType; domain: readonly [number, number]; ulps: number },
): Promise<void> {
  const { backend, dtype, domain, ulps: most } = at;
  const withGradient = (...x: Value[]): Value[] => {
    const outputs = [f(...x)].flat();
    const floats = outputs.filter((output) => output.dtype === dtype);
    return [...outputs, ...floats.flatMap((output) => gradient(sum(output), x))];
  };
  const { inputs, outputs } = build(withGradient, shapes, dtype);
  const numbers = numbersOf({ sizes: [2, 3, 4], seed: 3 }, shapes, domain);
  const wanted = runner(inputs, outputs)(numbers);
  const run = await compile(withGradient, { inputs: shapes, dtype, backend });
  const got = await run(
    ...numbers.map((data, i) => {
      const tensor = tensorOf({ shape: shapes[i] ?? [], dtype });
      tensor.data.set(data);
      return tensor;
    }),
  );
  wanted.forEach(({ data }, o) => {
    data.forEach((x, k) => {
      const other = got[o]?.data[k] ?? Number.NaN;
      if (ulps(x, other, dtype) > most)
        throw new ConformanceError({
          what: `result ${o} [${k}] on the backend '${backend.name}' in ${dtype}`,
          got: `${other}, ${ulps(x, other, dtype)} floats away`,
          expected: `${x}, within ${most}`,
        });
    });
  });
}

import {
  gradient,
  isFloat,
  PullbackError,
  placeholder,
  type Shape,
  sizeOf,
  type Value,
} from '@pullback/core';
import { type Case, ConformanceError, callOf, guarded } from './case.ts';
import { derivativeCases, slopeOf } from './derivatives.ts';
import { type Example, numbersOf, search } from './example.ts';
import { extremeCases } from './extremes.ts';
import { float32Cases } from './float32.ts';
import { examineDiagonal, examineJacobian, pullbackOf } from './jacobian.ts';
import { linkCases } from './links.ts';
import type { NodeFunction, NodeOptions } from './node-options.ts';
import { allClose } from './numbers.ts';
import { nested } from './numbers-as-text.ts';
import { primitiveCases } from './own-primitives.ts';
import { parityCases } from './parity.ts';
import { placeCases } from './places.ts';
import { propertyCases } from './properties.ts';
import { examineError, refused } from './refusals.ts';
import { build, runner } from './runner.ts';
import { sampleCases } from './samples.ts';
import { dataOf, examineRoundTrip, float64 } from './spec-round-trip.ts';
import { togetherCases } from './together.ts';

const line = [-Infinity, Infinity] as const;

/**
 * The examination of a differentiable function: its vjp against differences of `forward` and against the derived one,
 * its second derivative, linearity, purity, extremes, errors, what is declared of it, its trace, backends, and its spec.
 */
export function conformNode(node: NodeFunction, options: NodeOptions = {}): Case[] {
  const { name = nameOf(node), domain = line, tolerance } = options;
  // One matrix for each operand that the function names.
  const { shapes = (a, b) => Array.from({ length: Math.max(1, node.length) }, () => [a, b]) } = options;
  const f: NodeFunction = (...x) => node(...x);
  const shapesOf = ({ sizes }: Example): readonly Shape[] => shapes(...sizes);
  const examined = (example: Example) => ({
    f,
    shapes: shapesOf(example),
    ...(tolerance === undefined ? {} : { tolerance }),
  });
  const inputsOf = (example: Example) => numbersOf(example, shapesOf(example), domain);
  const each = (what: string, examine: (example: Example) => void, runs = options.runs): Case => ({
    name: `${name}: ${what}`,
    run: () => search(examine, { ...options, runs }, callOf(`conformNode(${name}`, options)),
  });
  // What costs a whole J of a J, or only shows in the corners, is tried in the corners and a few more.
  const few = Math.min(4, options.runs ?? 4);
  const usual: Example = { sizes: [2, 3, 4], seed: 3 };
  return [
    each(
      'pure: the same twice, inputs untouched',
      (example) => examinePurity(examined(example), example, domain),
      few,
    ),
    ...primitiveCases(name, f, shapesOf(usual)),
    each('J^T by central differences', (example) => examineJacobian(examined(example), inputsOf(example))),
    each(
      'J^T at kinks and whole numbers',
      (example) => {
        const whole = inputsOf(example).map((numbers) => numbers.map(Math.round));
        if (!whole.every((numbers) => numbers.every((x) => x > domain[0] && x < domain[1]))) return;
        examineJacobian(examined(example), whole);
        examineDiagonal(examined(example), whole);
      },
      few,
    ),
    each('J^T is linear in the gradient', (example) => examineLinearity(examined(example), example, domain)),
    each('J^T by hand is J^T by the chain rule', (example) =>
      examineDerived(f, example, shapesOf(example), domain),
    ),
    each(
      'the derivative of J^T by central differences',
      (example) =>
        examineJacobian(
          { ...examined(example), f: slopeOf(f), tolerance: tolerance ?? 2e-5, what: 'the vjp of the vjp' },
          inputsOf(example),
        ),
      few,
    ),
    ...derivativeCases(name, examined, domain),
    ...placeCases(name, {
      f,
      shapes,
      given: options.shapes !== undefined || node.length > 1,
      domain,
      tolerance,
    }),
    ...togetherCases(name, f, shapes, domain),
    ...sampleCases(name, f, shapes, domain),
    ...float32Cases(name, f, shapes, domain),
    ...linkCases(name, f, shapes, domain),
    ...extremeCases(name, f, shapes, domain),
    ...propertyCases(name, f, { ...options, properties: options.properties ?? {}, shapes, domain }),
    guarded(`${name}: of wrong shapes, our errors or none`, () =>
      examineWrongShapes(name, f, shapesOf(usual)),
    ),
    ...(options.refuses ?? []).map((given) =>
      guarded(`${name}: refuses ${given.map((shape) => `[${shape.join(', ')}]`).join(' and ')}`, () =>
        refused(name, given, () => build(f, given, 'float64')),
      ),
    ),
    ...parityCases(name, () => ({ f, shapes: shapesOf(usual), numbers: inputsOf(usual) }), options),
    ...specCases(name, f, domain, options),
  ];
}

/** By its name, as a layer of a model, it is the same function. */
function specCases(
  name: string,
  f: NodeFunction,
  domain: readonly [number, number],
  { spec, names }: NodeOptions,
): Case[] {
  if (spec === undefined || names === undefined) return [];
  return [
    guarded(`${name}: its spec gives the same spec and the same function`, async () => {
      const shape = [4, 3];
      const [x = new Float64Array()] = numbersOf({ sizes: [4, 3, 2], seed: 7 }, [shape], domain);
      const { inputs, outputs } = build((given) => (given === undefined ? [] : f(given)), [shape], 'float64');
      const numbers = runner(inputs, outputs)([x])[0]?.data ?? [];
      const target = float64(outputs[0]?.shape ?? [], new Float64Array(numbers.length));
      const data = dataOf({ input: [3], layers: [spec] });
      await examineRoundTrip(names, data, { x: float64(shape, x), target }, () => ({
        kind: 'prediction',
        numbers,
      }));
    }),
  ];
}

/** Extents and ranks that do not fit may be taken where they have a meaning; what is refused is refused with an error of ours. */
function examineWrongShapes(name: string, f: NodeFunction, shapes: readonly Shape[]): void {
  shapes.forEach((shape, i) => {
    const others: Shape[] = [
      [],
      shape.slice(1),
      [...shape, 2],
      shape.map((extent) => extent + 7),
      shape.map(() => 0),
    ];
    for (const other of others) {
      const given = shapes.map((own, n) => (n === i ? other : own));
      try {
        build(f, given, 'float64');
      } catch (error) {
        if (!(error instanceof PullbackError) || error.expected === undefined)
          examineError(name, given, error);
      }
    }
  });
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
          at: [
            ...at.map((numbers, n) => `at input ${n} = ${nested(numbers, examined.shapes[n] ?? [])}`),
            `with u = ${nested(u, output.shape)}, w = ${nested(w, output.shape)}`,
          ].join('\n  '),
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
          what: `the hand-written vjp of '${node.name}' is not that of its forward, for input ${i}`,
          got: nested(data, shapes[i] ?? []),
          expected: `${nested(other, shapes[i] ?? [])}, by the chain rule`,
          at: given
            .map(
              (numbers, n) =>
                `${n < shapes.length ? `at input ${n}` : 'with the gradient'} = ${nested(numbers, shapes[n] ?? output.shape)}`,
            )
            .join('\n  '),
        });
    });
  });
}

function onesOf(output: Value | undefined): Float64Array {
  return new Float64Array(sizeOf(output?.shape ?? [])).fill(1);
}

function examinePurity(
  examined: Parameters<typeof pullbackOf>[0],
  example: Example,
  domain: readonly [number, number],
): void {
  for (const dtype of ['float32', 'float64'] as const) {
    const other = build(examined.f, examined.shapes, dtype).outputs.find(
      (output) => isFloat(output.dtype) && output.dtype !== dtype,
    );
    if (other !== undefined)
      throw new ConformanceError({
        what: `the dtype of an output, for inputs of ${dtype}`,
        got: other.dtype,
        expected: `${dtype}, as the inputs have: what is computed keeps their precision`,
      });
  }
  const at = numbersOf(example, examined.shapes, domain);
  const before = at.map((numbers) => numbers.slice());
  const other = numbersOf({ ...example, seed: example.seed + 1 }, examined.shapes, domain);
  const [first, second] = [pullbackOf(examined), pullbackOf(examined)];
  const run = (whole: typeof first, given: readonly Float64Array[]) =>
    [
      ...whole.forward(given),
      ...whole.backward.flatMap((each, o) => each([...given, onesOf(whole.outputs[o])])),
    ].flatMap(({ data }) => Array.from(data));
  const a = run(first, at);
  const again = run(first, at);
  run(first, other);
  const others = [again, run(first, at), run(second, at)];
  for (const other of others)
    if (!a.every((x, i) => Object.is(x, other[i])))
      throw new ConformanceError({
        what: 'it is not a function: forward, or its vjp, gives something else for the same numbers',
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

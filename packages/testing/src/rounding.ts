import {
  boundSteps,
  type Instruction,
  type Labels,
  type Primitive,
  type Program,
  rolesOf,
  sizeOf,
  type Tensor,
  type TypedArray,
  tensorAt,
  tensorOf,
  unrolled,
} from '@pullback/core';
import { elementwiseRules } from './elementwise.ts';
import {
  half,
  type Known,
  known,
  largest,
  product,
  type Rule,
  sumError,
  through,
  unlessExact,
} from './error-rules.ts';
import type { RandomProgram } from './random-program.ts';

/** The error of a primitive follows from its form; elements have a rule of their own. */
function ruleOf({ form, name }: Primitive): Rule {
  switch (form?.kind) {
    case 'elements':
      return elementwiseRules.get(name) ?? unlessExact(Infinity);
    case 'view':
    case 'parts':
    case 'same':
      return largest;
    case 'reduce':
      return form.combine === 'sum' ? summed : form.combine === 'max' ? through : unlessExact(Infinity);
    case 'take':
      return (_, a, i) => (i.error === 0 ? a.error : 2 * a.most);
    case 'scatter':
      return (out, a, i) =>
        i.error === 0 ? a.size * a.error + sumError(a.size, a.most, a.whole, out) : Infinity;
    default:
      return unlessExact(Infinity);
  }
}

const summed: Rule = (out, a) => {
  const terms = out.size === 0 ? 0 : a.size / out.size;
  return terms * a.error + sumError(terms, a.most, a.whole, out);
};

/** |sum| of n products of float32 is within n roundings of sum |a b| in any order (Higham, Accuracy and Stability, 3.5). */
function contractionError(out: Known, a: Known, b: Known, inner: number): number {
  const carried = inner * product(a, b);
  const terms = inner * a.most * b.most;
  if (out.dtype !== 'float32' || (a.whole && b.whole && terms <= 2 ** 24)) return carried;
  return carried + 2 * (inner + 1) * half * terms;
}

/** How many products each element of a contraction sums. */
function termsOf(labels: Labels, shape: readonly number[]): number {
  return sizeOf(rolesOf(labels).inner.map((label) => shape[labels.a.indexOf(label)] ?? 1));
}

const nothing: Known = {
  dtype: 'bool',
  size: 0,
  most: 0,
  finite: 0,
  least: 0,
  smallest: 0,
  whole: true,
  error: 0,
};

export interface Expected {
  readonly data: TypedArray;
  /** How far another backend may be from it: 0 means the same bits, Infinity that nothing can be said. */
  readonly error: number;
}

/** The outputs of a random Program by its primitives' own meaning, with the bounds of their errors. */
export function expectedOf({ data, over: donated, times, ...random }: RandomProgram): Expected[] {
  const { program: lifted, constants } = constantsAsInputs(random.program);
  const program = unrolled(lifted);
  let given = [...data, ...constants].map((tensor) => ({
    tensor: { ...tensor, data: tensor.data.slice() },
    error: 0,
  }));
  let results: Expected[] = [];
  for (let time = 0; time < times; time++) {
    const { values: tensors, steps } = boundSteps(
      program,
      given.map(({ tensor }) => tensor),
    );
    const values: Known[] = given.map(({ tensor, error }) => known(tensor, error));
    for (const [i, { primitive, attributes, inputs, first }] of program.body.entries()) {
      steps[i]?.();
      const [a = nothing, b = nothing, c = nothing, ...more] = inputs.flatMap((input) => values[input] ?? []);
      const out = known(tensorAt(tensors, first), 0);
      let error =
        primitive.form?.kind === 'contract'
          ? contractionError(
              out,
              a,
              b,
              termsOf(primitive.form.labels(attributes), tensorAt(tensors, inputs[0] ?? -1).shape),
            )
          : ruleOf(primitive)(out, a, b, c, ...more);
      // A result that is off is rounded elsewhere.
      if (error > 0 && out.dtype === 'float32') error += 2 * half * out.finite;
      // Beside a NaN or an infinity an error that is carried on may be the difference between a number and none.
      if (largest(out, a, b, c, ...more) > 0 && !Number.isFinite(out.most)) error = Infinity;
      values.push({ ...out, error: Number.isNaN(error) ? Infinity : error });
    }
    results = program.outputs.map((value) => ({
      data: tensors[value]?.data ?? new Uint8Array(),
      error: values[value]?.error ?? 0,
    }));
    given = given.map((old, i) => {
      const place = donated.indexOf(i);
      const next = results[place];
      return next === undefined
        ? old
        : { tensor: { ...old.tensor, data: next.data.slice() }, error: next.error };
    });
  }
  return results;
}

/** The first element that is further from what is expected than it may be, in words. */
export function mismatch(got: readonly TypedArray[], expected: readonly Expected[]): string | undefined {
  for (const [output, { data, error }] of expected.entries())
    for (const [i, wanted] of data.entries()) {
      const found = got[output]?.[i] ?? Number.NaN;
      if (Object.is(found, wanted) || Math.abs(found - wanted) <= error) continue;
      if (error === Infinity) continue;
      return `output ${output} [${i}] is ${Object.is(found, -0) ? '-0' : found}, expected ${Object.is(wanted, -0) ? '-0' : wanted} within ${error}`;
    }
  return undefined;
}

/**
 * The Program with its constants as further inputs, and their numbers. Writing out the steps of a repetition folds what is computed of constants
 * alone; a backend that runs the steps computes it, with roundings of its own.
 */
function constantsAsInputs({ inputs, body, outputs }: Program): {
  readonly program: Program;
  readonly constants: readonly Tensor[];
} {
  const constants = body.filter(isConstant);
  const numbers = new Map(inputs.map((_, i) => [i, i]));
  constants.forEach(({ first }, i) => {
    numbers.set(first, inputs.length + i);
  });
  const at = (number: number): number => numbers.get(number) ?? number;
  let next = inputs.length + constants.length;
  const others = body
    .filter((instruction) => !isConstant(instruction))
    .map((instruction): Instruction => {
      const first = next;
      instruction.outputs.forEach((_, i) => {
        numbers.set(instruction.first + i, next++);
      });
      return { ...instruction, first, inputs: instruction.inputs.map(at) };
    });
  const specs = constants.flatMap((constant) => constant.outputs.slice(0, 1));
  return {
    program: { inputs: [...inputs, ...specs], body: others, outputs: outputs.map(at) },
    constants: constants.flatMap(({ primitive, attributes, outputs: [spec] }) => {
      const made = tensorOf(spec ?? { shape: [], dtype: 'bool' });
      primitive.evaluate([], [made], attributes);
      return [made];
    }),
  };
}

function isConstant({ primitive: { form } }: Instruction): boolean {
  return form?.kind === 'number' || form?.kind === 'place' || form?.kind === 'data';
}

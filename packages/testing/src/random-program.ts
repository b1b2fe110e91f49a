import {
  type DType,
  type FloatDType,
  isFloat,
  type Program,
  placeholder,
  roundTo,
  sameShape,
  type Tensor,
  type TensorSpec,
  tensorOf,
  trace,
  type Value,
  type Vertex,
} from '@pullback/core';
import fc from 'fast-check';
import { largest, made, type Step, type StepKind, stepKinds } from './random-steps.ts';
import { at, pick } from './step-parts.ts';

/** All that a random Program is made of: numbers, so that it can be printed, run again and shrunk. */
export interface Recipe {
  readonly dtype: FloatDType;
  /** The extents that axes have, beside 1. */
  readonly extents: readonly number[];
  /** Of which dtype (0 is `dtype`), and which extents; the last place is 1. */
  readonly inputs: readonly { readonly kind: number; readonly axes: readonly number[] }[];
  readonly steps: readonly Step[];
  /** Which values are outputs, counted back from the newest, and over which input of the same spec each is written, from 1; 0 is none. */
  readonly outputs: readonly { readonly of: number; readonly over: number }[];
  readonly numbers: 'whole' | 'real' | 'special';
  readonly seed: number;
  readonly times: number;
}

export interface RandomProgram {
  readonly program: Program;
  readonly data: readonly Tensor[];
  /** For each output the input in whose buffer it is written. */
  readonly over: readonly (number | undefined)[];
  readonly times: number;
}

/** The most primitives of a Program. */
const most = 40;
const extents = [2, 3, 1, 5, 4, 0, 0, 7, 8, 9, 16, 17, 20, 33, 64, 65, 65, 70, 70, 130, 130, 300];
const inputDTypes: readonly (DType | undefined)[] = [undefined, 'int32', 'bool', 'uint8'];

const operand = fc.oneof({ weight: 4, arbitrary: fc.nat(2) }, { weight: 2, arbitrary: fc.nat(7) });

/** One of a list, which shrinks to any that stands before it (`constantFrom` shrinks to the first alone). */
function oneOf<T>(list: readonly T[]): fc.Arbitrary<T> {
  return fc.nat(list.length - 1).map((i) => at(list, i));
}

export interface RecipeOptions {
  /** Whether one step may be as much as softmax cross entropy or a convolution with gradients, which shrinks as a whole only. */
  readonly composites?: boolean;
  /** Whether inputs may hold NaN, infinities, subnormal numbers and the ends of int32; they may when it is left out. */
  readonly specials?: boolean;
}

const composite: ReadonlySet<StepKind> = new Set(['training', 'normal', 'windows', 'convolve', 'scan']);

/** Recipes for Programs of one dtype beside integers and booleans. */
export function recipes(
  dtype: FloatDType,
  { composites = true, specials: special = true }: RecipeOptions = {},
): fc.Arbitrary<Recipe> {
  const kinds = stepKinds.filter((kind) => composites || !composite.has(kind));
  return fc.record({
    dtype: fc.constant(dtype),
    extents: fc.array(oneOf(extents), { minLength: 2, maxLength: 3 }),
    inputs: fc.array(
      fc.record({
        kind: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3) }),
        axes: fc.array(fc.nat(3), { minLength: 0, maxLength: 4, size: 'max' }),
      }),
      { minLength: 1, maxLength: 4, size: 'max' },
    ),
    steps: fc.array(
      fc.record({
        kind: oneOf(kinds),
        x: operand,
        y: operand,
        a: fc.nat(7),
        b: fc.nat(7),
      }),
      { minLength: 1, maxLength: 32, size: 'max' },
    ),
    outputs: fc.array(fc.record({ of: fc.nat(9), over: fc.nat(3) }), {
      minLength: 1,
      maxLength: 4,
      size: 'max',
    }),
    numbers: fc.constantFrom('whole', 'real', ...(special ? (['special'] as const) : [])),
    seed: fc.nat(1000),
    times: fc.integer({ min: 1, max: 3 }),
  });
}

/** The Program of a recipe; steps are left out from the end on until it is small enough. */
export function programOf(recipe: Recipe): RandomProgram {
  const specs = recipe.inputs.map(({ kind, axes }): TensorSpec => {
    const shape = axes.map((axis) => recipe.extents[axis] ?? 1);
    const small = shape.reduce((n, extent) => n * extent, 1) <= largest ? shape : shape.slice(-1);
    return { shape: small, dtype: inputDTypes[kind] ?? recipe.dtype };
  });
  const inputs = specs.map((spec, i) => placeholder(spec, `input ${i}`));
  const values: Value[] = [...inputs];
  // Of so many vertices no Program is longer: only beyond them it is counted.
  const enough = (vertexOf(inputs)?.id ?? 0) + most;
  let kept = values.length;
  for (const step of recipe.steps) {
    values.push(...made(step, { dtype: recipe.dtype, extents: recipe.extents, values }));
    if (values.length === kept) continue;
    const isLong = (vertexOf(values)?.id ?? 0) > enough;
    if (isLong && outputsOf(recipe, inputs, values).program.body.length > most) break;
    kept = values.length;
  }
  const data = specs.map((spec, i) => dataOf(spec, recipe, i));
  return { ...outputsOf(recipe, inputs, values.slice(0, kept)), data, times: recipe.times };
}

/** The vertex of the last Value. */
function vertexOf(values: readonly Value[]): Vertex | undefined {
  return values.at(-1)?.vertex;
}

function outputsOf(
  recipe: Recipe,
  inputs: readonly Value[],
  values: readonly Value[],
): Pick<RandomProgram, 'program' | 'over'> {
  const taken = new Set<number>();
  const chosen = recipe.outputs.map(({ of, over }, i) => {
    const value =
      pick({ values }, i === 0 ? 0 : of, () => true) ?? placeholder({ shape: [], dtype: 'float32' }, '');
    const fitting = inputs.flatMap((input, k) =>
      !taken.has(k) && input.dtype === value.dtype && sameShape(input.shape, value.shape) ? [k] : [],
    );
    const own = over === 0 ? undefined : fitting[(over - 1) % fitting.length];
    if (own !== undefined) taken.add(own);
    return { value, own };
  });
  return {
    program: trace(
      inputs,
      chosen.map(({ value }) => value),
    ),
    over: chosen.map(({ own }) => own),
  };
}

const specials = {
  float64: [Number.NaN, Infinity, -Infinity, -0, 0, 5e-324, -1e-310, 1e308, 1, -1],
  float32: [Number.NaN, Infinity, -Infinity, -0, 0, 1e-45, -1e-40, 3e38, 1, -1],
  int32: [-(2 ** 31), 2 ** 31 - 1, -1, 0, 65537, -65536],
} as const;

/** A whole number that looks random. */
function scrambled(seed: number): number {
  let x = (seed + 1) * 0x9e3779b1;
  x = Math.imul(x ^ (x >>> 15), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

function dataOf(spec: TensorSpec, { numbers, seed }: Recipe, input: number): Tensor {
  const tensor = tensorOf(spec);
  const whole = (bits: number, low: number, high: number) => low + (bits % (high - low + 1));
  for (let i = 0; i < tensor.data.length; i++) {
    const bits = scrambled(seed * 7919 + input * 104729 + i);
    if (spec.dtype === 'bool') tensor.data[i] = bits % 2;
    else if (spec.dtype === 'uint8') tensor.data[i] = bits % 256;
    else if (numbers === 'special' && bits % 7 === 0) {
      const own = specials[spec.dtype];
      tensor.data[i] = own[(bits >>> 8) % own.length] ?? 0;
    } else if (!isFloat(spec.dtype)) tensor.data[i] = whole(bits, -2, 5);
    else
      tensor.data[i] =
        numbers === 'whole' ? whole(bits, -3, 3) : roundTo(spec.dtype, (bits / 2 ** 32) * 4 - 2);
  }
  return tensor;
}

import {
  type Attributes,
  abs,
  add,
  and,
  applyPrimitive,
  cast,
  ceil,
  cos,
  type DType,
  div,
  equal,
  erf,
  exp,
  floor,
  formulaOf,
  less,
  lessEqual,
  matmul,
  maximum,
  minimum,
  mod,
  mul,
  type Node,
  neg,
  not,
  or,
  type Primitive,
  placeholder,
  randomBits,
  round,
  select,
  sign,
  sqrt,
  square,
  sub,
  type TypedArray,
  trace,
  type Value,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { ModuleBuilder } from '../src/module.ts';
import { callsOf } from '../src/scalar/calls.ts';
import { hostFunctionsOf } from '../src/scalar/host-functions.ts';
import { elementwiseModule, reference } from './elementwise-module.ts';
import { everyKind, everyKind64, hard, pairs } from './samples.ts';

type Graph = (...x: Value[]) => Value;

/** Where results are not the bits that core computes; NaN are all one. */
function differences(f: Graph, dtypes: readonly DType[], inputs: readonly TypedArray[]): readonly string[] {
  const size = inputs[0]?.length ?? 0;
  const module = elementwiseModule(f, dtypes, size);
  module.inputs.forEach((array, i) => {
    array.set(inputs[i] ?? []);
  });
  module.run(size);
  const found: string[] = [];
  reference(f, dtypes, inputs).forEach((wanted, i) => {
    if (!Object.is(module.output[i], wanted))
      found.push(`of ${inputs.map((input) => input[i])} got ${module.output[i]}, expected ${wanted}`);
  });
  return found.slice(0, 5);
}

const dtypes = ['float32', 'float64', 'int32', 'uint8', 'bool'] as const;
const samples: Readonly<Record<DType, TypedArray>> = {
  float32: Float32Array.of(...hard('float32'), ...everyKind(4096)),
  float64: Float64Array.of(...hard('float64'), ...everyKind64(4096)),
  int32: Int32Array.of(...hard('int32'), ...new Int32Array(everyKind(4096).buffer)),
  uint8: hard('uint8'),
  bool: hard('bool'),
};
const few = (dtype: DType) => samples[dtype].subarray(0, 160);

const integerUnary = { neg, abs, sign, square, floor, ceil, round };
const binary = { add, sub, mul, div, mod, maximum, minimum, equal, less, lessEqual };

describe.each([
  ['float32', { ...integerUnary, sqrt }],
  ['float64', { ...integerUnary, sqrt }],
  ['int32', integerUnary],
] as const)('%s is what core computes, to the bit', (dtype, unary) => {
  test.each(Object.entries(unary))('%s', (_, f) => {
    expect(differences(f, [dtype], [samples[dtype]])).toEqual([]);
  });
  test.each(Object.entries(binary))('%s', (_, f) => {
    expect(differences(f, [dtype, dtype], pairs(few(dtype), few(dtype)))).toEqual([]);
  });
});

test('int32: -2^31 / -1 wraps, division by 0 is 0, the remainder has the sign of the divisor', () => {
  const numerators = Int32Array.of(-(2 ** 31), -(2 ** 31), 7, -7, 7, -7, 0, 5);
  const divisors = Int32Array.of(-1, 0, -2, 2, 2, -2, 0, 0);
  const run = (f: Graph) => {
    const { inputs, output, run } = elementwiseModule(f, ['int32', 'int32'], 8);
    inputs[0]?.set(numerators);
    inputs[1]?.set(divisors);
    run(8);
    return [...output];
  };
  expect(run(div)).toEqual([-(2 ** 31), 0, -3, -3, 3, 3, 0, 0]);
  expect(run(mod)).toEqual([0, 0, -1, 1, 1, -1, 0, 0]);
});

describe('bools and bytes', () => {
  const [a, b] = pairs(hard('bool'), hard('bool'));
  test.each(Object.entries({ and, or, equal }))('%s of bools', (_, f) => {
    expect(differences(f, ['bool', 'bool'], [a, b])).toEqual([]);
  });
  test('not', () => {
    expect(differences(not, ['bool'], [a])).toEqual([]);
  });
  test('equal of bytes', () => {
    expect(differences(equal, ['uint8', 'uint8'], pairs(hard('uint8'), hard('uint8')))).toEqual([]);
  });
});

test.each(dtypes.flatMap((from) => dtypes.filter((to) => to !== from).map((to) => [from, to] as const)))(
  'cast of %s to %s',
  (from, to) => {
    expect(differences((x: Value) => cast(x, to), [from], [samples[from]])).toEqual([]);
  },
);

test.each(dtypes)('select of two %s', (dtype) => {
  const [a, b] = pairs(few(dtype), few(dtype));
  const condition = Uint8Array.from(a, (_, i) => Number(i % 3 === 0));
  const either = (c: Value, p: Value, q: Value) => select(c, p, q);
  expect(differences(either, ['bool', dtype, dtype], [condition, a, b])).toEqual([]);
});

describe('threefry', () => {
  const primitive = primitiveBehind(randomBits(of('int32', [2]), [4]), 'threefry');
  const word = (n: 0 | 1) => (k0: Value, k1: Value, c0: Value, c1: Value) =>
    applyPrimitive(primitive, [k0, k1, c0, c1], { word: n });
  const four = ['int32', 'int32', 'int32', 'int32'] as const;

  // kat_vectors of Random123 (threefry 2x32 20): counters, key, result.
  test('the published vectors', () => {
    const columns = [
      [0, -1, 0x13198a2e, 0],
      [0, -1, 0x03707344, 0],
      [0, -1, 0x243f6a88, 0],
      [0, -1, 0x85a308d3, 0],
    ];
    const results = [
      [0x6b200159, 0x1cb996fc, 0xc4923a9c, 0x6b200159],
      [0x99ba4efe, 0xbb002be7, 0x483df7a0, 0x99ba4efe],
    ];
    for (const n of [0, 1] as const) {
      const { inputs, output, run } = elementwiseModule(word(n), four, 4);
      inputs.forEach((array, i) => {
        array.set(Int32Array.from(columns[i] ?? []));
      });
      run(4);
      expect([...output]).toEqual([...Int32Array.from(results[n] ?? [])]);
    }
  });

  test.each([0, 1] as const)('word %i of keys and counters of all kinds', (n) => {
    const bits = [1, 2, 3, 4].map((i) => new Int32Array(everyKind(512 * i).buffer).slice(512 * (i - 1)));
    expect(differences(word(n), four, bits)).toEqual([]);
  });
});

describe('what has a formula', () => {
  const core = primitiveBehind(exp(of('float32')), 'exp');

  test('a primitive of core, one for all its uses', () => {
    expect(formulaOf(core, {}, ['float32'])).toBeDefined();
    expect(formulaOf(core, {}, ['float32'])).toBe(formulaOf(core, {}, ['float32']));
  });

  test('not a primitive of a plugin that has the name of one', () => {
    const { form: _, ...named } = core;
    expect(formulaOf(named, {}, ['float32'])).toBeUndefined();
  });

  test('not a primitive of another form', () => {
    const { node } = matmul(of('float32', [1, 1]), of('float32', [1, 1]));
    if (node.kind === 'composite') throw new Error('matmul is a primitive');
    expect(formulaOf(node, {}, ['float32', 'float32'])).toBeUndefined();
  });

  test('not one that needs float64 where there is none', () => {
    const sine = primitiveBehind(cos(of('float32')), 'cos');
    expect(formulaOf(core, {}, ['float64'], false)).toBeUndefined();
    expect(formulaOf(sine, {}, ['float32'], false)).toBeDefined();
  });
});

test('only a program with sin or cos needs functions of the host', () => {
  const x = of('float64');
  const functionsOf = (...outputs: Value[]) => hostFunctionsOf(trace([x], outputs));
  expect(functionsOf(exp(x), erf(x))).toEqual([]);
  expect(functionsOf(exp(x), cos(x))).toHaveLength(3);
  expect(() => callsOf(new ModuleBuilder(), []).host(Math.sin)).toThrow(/does not import/);
});

function of(dtype: DType, shape: readonly number[] = []): Value {
  return placeholder({ shape, dtype }, 'x');
}

type OneOutput = Primitive<readonly Value[], Attributes, Value>;
const isElementwise = (node: Node): node is OneOutput => node.kind === 'elementwise';

function primitiveBehind(value: Value, name: string): OneOutput {
  for (const pending = [value]; ; ) {
    const next = pending.pop();
    if (next === undefined) throw new Error(`no ${name}`);
    if (isElementwise(next.node) && next.node.name === name) return next.node;
    pending.push(...next.inputs);
  }
}

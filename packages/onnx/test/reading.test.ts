import {
  constant,
  DataError,
  evaluate,
  mul,
  ShapeError,
  type Tensor,
  UnsupportedError,
} from '@pullback/core';
import { elementTypes, type GraphParts, onnxBytes, onnxFunction, readOnnx } from '@pullback/onnx';
import { describe, expect, test } from 'vitest';

const float = (shape: readonly number[], numbers: readonly number[]): Tensor => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from(numbers),
});
const longs = (numbers: readonly number[]) => ({
  shape: [numbers.length],
  dtype: 'int32' as const,
  data: Int32Array.from(numbers),
  type: elementTypes.int64,
});
const affine: GraphParts = {
  inputs: [{ name: 'x', shape: ['n', 2] }],
  outputs: [{ name: 'y', shape: ['n', 3] }],
  nodes: [{ operator: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['y'] }],
  numbers: { w: float([2, 3], [1, 2, 3, 4, 5, 6]), b: float([3], [10, 20, 30]) },
};
const numbers = (tensor: Tensor) => Array.from(tensor.data);

describe('reading', () => {
  test('inputs and outputs are those that have no numbers, with names of dimensions', () => {
    const file = readOnnx(onnxBytes(affine));
    expect(file.inputs).toEqual([{ name: 'x', type: elementTypes.float, shape: ['n', 2] }]);
    expect(file.outputs.map(({ name }) => name)).toEqual(['y']);
    expect(file.unsupported).toEqual([]);
  });

  test('a graph is a function of Values', () => {
    const { y } = onnxFunction(readOnnx(onnxBytes(affine)))({
      x: constant([
        [1, 0],
        [1, 1],
      ]),
    });
    expect(y && numbers(evaluate(y))).toEqual([11, 22, 33, 15, 27, 39]);
  });

  test('operators that are missing are listed at once, with their nodes', () => {
    const file = readOnnx(
      onnxBytes({
        inputs: [{ name: 'x' }],
        outputs: [{ name: 'z' }],
        nodes: [
          { operator: 'Foo', name: 'one', inputs: ['x'], outputs: ['y'] },
          { operator: 'Bar', domain: 'com.acme', inputs: ['y'], outputs: ['z'] },
        ],
      }),
    );
    expect(file.unsupported).toEqual([
      { operator: 'Foo', nodes: ['one'] },
      { operator: 'com.acme:Bar', nodes: ["Bar of 'z'"] },
    ]);
    expect(() => onnxFunction(file)).toThrow(UnsupportedError);
    expect(() => onnxFunction(file)).toThrow(/Foo \(one\); com\.acme:Bar/);
  });

  test("an operator of one's own is a function of its node", () => {
    const bytes = onnxBytes({
      inputs: [{ name: 'x' }],
      outputs: [{ name: 'y' }],
      nodes: [
        { operator: 'Scaled', domain: 'com.acme', inputs: ['x'], outputs: ['y'], attributes: { by: 3 } },
      ],
    });
    const file = readOnnx(bytes, {
      operators: { 'com.acme:Scaled': (node) => mul(node.x(0), node.int('by', 1)) },
    });
    const { y } = onnxFunction(file)({ x: constant([1, 2]) });
    expect(y && numbers(evaluate(y))).toEqual([3, 6]);
  });

  test('shapes are computed where the graph is built', () => {
    const file = readOnnx(
      onnxBytes({
        inputs: [{ name: 'x', shape: ['n', 2, 3] }],
        outputs: [{ name: 'y' }],
        nodes: [
          { operator: 'Shape', inputs: ['x'], outputs: ['s'] },
          { operator: 'Gather', inputs: ['s', 'zero'], outputs: ['n'] },
          { operator: 'Concat', inputs: ['n', 'rest'], outputs: ['to'], attributes: { axis: 0 } },
          { operator: 'Reshape', inputs: ['x', 'to'], outputs: ['y'] },
        ],
        numbers: { zero: longs([0]), rest: longs([-1]) },
      }),
    );
    const { y } = onnxFunction(file)({
      x: constant([
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ]),
    });
    expect(y?.shape).toEqual([1, 6]);
    expect(file.mustBeKnown).toEqual([]);
  });

  test('an input that shapes follow from must be known', () => {
    const file = readOnnx(
      onnxBytes({
        inputs: [{ name: 'x' }, { name: 'to', shape: [2], type: elementTypes.int64 }],
        outputs: [{ name: 'y' }],
        nodes: [{ operator: 'Reshape', inputs: ['x', 'to'], outputs: ['y'] }],
      }),
    );
    expect(file.mustBeKnown).toEqual(['to']);
    const { y } = onnxFunction(file, { known: { to: [2, 1] } })({ x: constant([1, 2]) });
    expect(y?.shape).toEqual([2, 1]);
  });

  test('one name of a dimension is one extent', () => {
    const file = readOnnx(
      onnxBytes({
        inputs: [
          { name: 'a', shape: ['n'] },
          { name: 'b', shape: ['n'] },
        ],
        outputs: [{ name: 'y' }],
        nodes: [{ operator: 'Add', inputs: ['a', 'b'], outputs: ['y'] }],
      }),
    );
    expect(() => onnxFunction(file)({ a: constant([1, 2]), b: constant([1]) })).toThrow(ShapeError);
  });
});

describe('files are data', () => {
  test('bytes that are no model are refused', () => {
    for (const bytes of [Uint8Array.of(), Uint8Array.of(1, 2, 3), new Uint8Array(64).fill(255)])
      expect(() => readOnnx(bytes)).toThrow(DataError);
  });

  test('every single byte may be wrong: what is read or refused is no crash', () => {
    const bytes = onnxBytes(affine);
    for (let i = 0; i < bytes.length; i++)
      for (const by of [1, 128]) {
        const damaged = bytes.slice();
        damaged[i] = (damaged[i] ?? 0) ^ by;
        try {
          const file = readOnnx(damaged);
          if (file.unsupported.length === 0)
            onnxFunction(file)(Object.fromEntries(file.inputs.map(({ name }) => [name, constant([[1, 0]])])));
        } catch (error) {
          expect(error).toHaveProperty('got');
        }
      }
  });

  test('cycles, and names that nothing makes', () => {
    const nodes = [
      { operator: 'Add', inputs: ['x', 'b'], outputs: ['a'] },
      { operator: 'Neg', inputs: ['a'], outputs: ['b'] },
    ];
    const parts = { inputs: [{ name: 'x' }], outputs: [{ name: 'b' }], nodes };
    expect(() => readOnnx(onnxBytes(parts))).toThrow(/'b' as input of Add/);
    expect(() => readOnnx(onnxBytes({ ...parts, nodes: [] }))).toThrow(/no node makes/);
  });

  test('numbers that do not fill their shape, and values larger than memory', () => {
    const short = {
      ...affine,
      numbers: { ...affine.numbers, b: { ...float([3], [1, 2, 3]), shape: [1000000] } },
    };
    expect(() => onnxFunction(readOnnx(onnxBytes(short)))({ x: constant([[1, 0]]) })).toThrow(DataError);
    const huge: GraphParts = {
      inputs: [{ name: 'x' }],
      outputs: [{ name: 'y' }],
      nodes: [{ operator: 'Expand', inputs: ['x', 'to'], outputs: ['y'] }],
      numbers: { to: longs([100000, 100000]) },
    };
    expect(() => onnxFunction(readOnnx(onnxBytes(huge)))({ x: constant([1]) })).toThrow(/at most/);
    const long: GraphParts = {
      ...huge,
      nodes: [{ operator: 'HannWindow', inputs: ['size'], outputs: ['y'] }],
      numbers: { size: { ...longs([2 ** 31 - 1]), shape: [] } },
    };
    expect(() => onnxFunction(readOnnx(onnxBytes(long)))({ x: constant([1]) })).toThrow(DataError);
  });

  test('integers that int32 does not hold are refused; the largest there are stand for the end', () => {
    const sliced = (end: bigint): GraphParts => ({
      inputs: [{ name: 'x' }],
      outputs: [{ name: 'y' }],
      nodes: [{ operator: 'Slice', inputs: ['x', 'from', 'to'], outputs: ['y'] }],
      numbers: {
        from: longs([1]),
        to: { shape: [1], dtype: 'float64', data: Float64Array.of(Number(end)), type: elementTypes.int64 },
      },
    });
    const of = (end: bigint) => onnxFunction(readOnnx(onnxBytes(sliced(end))))({ x: constant([1, 2, 3]) });
    expect(of(2n ** 62n)['y']?.shape).toEqual([2]);
    expect(() => of(2n ** 40n)).toThrow(DataError);
  });
});

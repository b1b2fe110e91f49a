import {
  constant,
  contract,
  einsum,
  evaluate,
  gradient,
  type Labels,
  matmul,
  mul,
  sum,
  type Tensor,
  tensor,
  type Value,
  vmap,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';

/** Numbers without a pattern that a transposed axis would keep. */
function numbers(shape: readonly number[], seed: number): Tensor {
  const size = shape.reduce((n, extent) => n * extent, 1);
  return tensor(
    { shape, data: Float64Array.from({ length: size }, (_, i) => Math.sin(seed + 1.7 * i * i + i)) },
    { dtype: 'float64' },
  );
}

/** Loops over all letters: the definition. */
function byLoops(equation: string, operands: readonly Tensor[]): { shape: number[]; data: number[] } {
  const [left = '', right = ''] = equation.split('->');
  const inputs = left.split(',');
  const extents = new Map<string, number>();
  inputs.forEach((letters, i) => {
    for (const [axis, letter] of [...letters].entries()) extents.set(letter, operands[i]?.shape[axis] ?? 1);
  });
  const offset = (letters: string, at: ReadonlyMap<string, number>) =>
    [...letters].reduce((sum, letter) => sum * (extents.get(letter) ?? 1) + (at.get(letter) ?? 0), 0);
  const shape = [...right].map((letter) => extents.get(letter) ?? 1);
  const data = new Array<number>(shape.reduce((n, extent) => n * extent, 1)).fill(0);
  const visit = (letters: readonly string[], at: Map<string, number>): void => {
    const [letter, ...others] = letters;
    if (letter === undefined) {
      const product = inputs.reduce((p, own, i) => p * (operands[i]?.data[offset(own, at)] ?? 0), 1);
      const to = offset(right, at);
      data[to] = (data[to] ?? 0) + product;
      return;
    }
    for (let k = 0; k < (extents.get(letter) ?? 1); k++) visit(others, new Map(at).set(letter, k));
  };
  visit([...extents.keys()], new Map());
  return { shape, data };
}

function agree(got: ArrayLike<number>, expected: readonly number[]): void {
  for (const [i, x] of expected.entries()) expect(got[i]).toBeCloseTo(x, 12);
}

const equations: Readonly<Record<string, readonly (readonly number[])[]>> = {
  'ij,jk->ik': [
    [2, 3],
    [3, 4],
  ],
  'ij,jk->ki': [
    [2, 3],
    [3, 4],
  ],
  'bqhd,bkhd->bhqk': [
    [2, 3, 2, 4],
    [2, 5, 2, 4],
  ],
  'bhqk,bkhd->bqhd': [
    [2, 2, 3, 5],
    [2, 5, 2, 4],
  ],
  'ntp,pq->ntq': [
    [2, 3, 4],
    [4, 5],
  ],
  'ntp,ntq->pq': [
    [2, 3, 4],
    [2, 3, 5],
  ],
  'i,j->ij': [[3], [2]],
  'i,i->': [[4], [4]],
  'abc,cab->b': [
    [2, 3, 4],
    [4, 2, 3],
  ],
  'ij,ij->ij': [
    [2, 3],
    [2, 3],
  ],
  'ij,kj,kl->il': [
    [2, 3],
    [4, 3],
    [4, 2],
  ],
  'ijk->ki': [[2, 3, 4]],
  'ij,kl->': [
    [2, 3],
    [3, 2],
  ],
  'ij,jk->ik ': [
    [0, 3],
    [3, 2],
  ],
  'aij,ajk->aik': [
    [1, 2, 1],
    [1, 1, 2],
  ],
};

describe('einsum is its loops', () => {
  test.each(Object.entries(equations))('%s', (equation, shapes) => {
    const operands = shapes.map(numbers);
    const values = operands.map((x) => constant(x));
    const expected = byLoops(equation.trim(), operands);
    const { shape, data } = evaluate(einsum(equation, ...values));
    expect(shape).toEqual(expected.shape);
    agree(data, expected.data);
  });

  test('without an arrow the letters that stand once are the result, in their order', () => {
    const [a, b] = [numbers([2, 3], 1), numbers([3, 4], 2)];
    const made = evaluate(einsum('zj,ja', constant(a), constant(b)));
    expect(made.shape).toEqual([4, 2]);
    agree(made.data, byLoops('zj,ja->az', [a, b]).data);
  });
});

describe('J^T g of a contraction', () => {
  test.each(Object.entries(equations))('%s: sum of gradients by central differences', (equation, shapes) => {
    const operands = shapes.map(numbers);
    const weighted = (values: readonly Value[]) => {
      const y = einsum(equation, ...values);
      return sum(mul(y, constant(numbers(y.shape, 9))));
    };
    const at = operands.map((x) => constant(x));
    const made = evaluate(gradient(weighted(at), at));
    const h = 1e-6;
    operands.forEach((x, which) => {
      x.data.forEach((_, i) => {
        const moved = (by: number) =>
          operands.map((own, k) => {
            if (k !== which) return constant(own);
            const data = Float64Array.from(own.data);
            data[i] = (data[i] ?? 0) + by;
            return constant({ shape: own.shape, data }, { dtype: 'float64' });
          });
        const [up, down] = [h, -h].map((by) => evaluate(weighted(moved(by))).data[0] ?? 0);
        expect(made[which]?.data[i]).toBeCloseTo(((up ?? 0) - (down ?? 0)) / (2 * h), 7);
      });
    });
  });
});

test('samples are one more label: vmap of a contraction is one contraction', () => {
  const [a, b] = [numbers([3, 2, 4], 1), numbers([3, 4, 2], 2)];
  const labels: Labels = { a: [0, 1], b: [1, 2], out: [2, 0] };
  const all = evaluate(vmap((x, y) => contract(x, y, labels))(constant(a), constant(b)));
  expect(all.shape).toEqual([3, 2, 2]);
  agree(all.data, byLoops('sij,sjk->ski', [a, b]).data);
});

describe('refusals', () => {
  const x = constant(numbers([2, 3], 1));
  test.each([
    ['ij,jk->ik', [x], /^expected letters for 1 operands, got einsum\('ij,jk->ik'\) of 1 operands/],
    ['', [], /letters for 0 operands, got einsum\(''\) of 0 operands/],
    ['ii->i', [constant(numbers([2, 2], 1))], /a diagonal is not taken/],
    ['ijk->k', [x], /^expected 3 axes for 'ijk', got einsum\('ijk->k'\) of \[2, 3\]/],
    ['ij,ij->k', [x, x], /a result whose letters stand once and in an operand/],
    ['ij->ii', [x], /a result whose letters stand once and in an operand/],
    ['ij,jk->ik', [x, x], /^expected one extent for 'j', got einsum\('ij,jk->ik'\) of \[2, 3\] and \[2, 3\]/],
    ['i j;', [x], /letters for each operand/],
  ] as const)('%s', (equation, operands, message) => {
    expect(() => einsum(equation, ...operands)).toThrow(message);
  });

  test('a label that one operand alone has is summed first', () => {
    expect(() => contract(x, x, { a: [0, 1], b: [0, 2], out: [0] })).toThrow(
      /in at least two of the three[\s\S]*sum\(x/,
    );
  });
});

describe('einsum does no work that nothing needs', () => {
  const [a, b, c] = [
    constant(numbers([2, 3], 1)),
    constant(numbers([3, 4], 2)),
    constant(numbers([4, 5], 3)),
  ];
  test('a product of two matrices is one contraction', () => {
    const y = einsum('ij,jk->ik', a, b);
    expect(y.node.name).toBe('contract');
    expect(y.inputs).toEqual([a, b]);
  });
  test('of three operands what the third lacks is summed before it', () => {
    const [first] = einsum('ij,jk,kl->il', a, b, c).inputs;
    expect(first?.shape).toEqual([2, 4]);
  });
  test('an axis of one operand alone is summed before the product', () => {
    const [first] = einsum('ij,kl->i', a, b).inputs;
    expect(first?.shape).toEqual([2]);
  });
});

describe('matmul of batches', () => {
  const batches: Readonly<Record<string, readonly [readonly number[], readonly number[], string]>> = {
    'of one, repeated': [[1, 2, 3], [4, 3, 2], 'zij,bjk->bik'],
    'of one on the right': [[4, 2, 3], [1, 3, 2], 'bij,zjk->bik'],
    'of one on both sides': [[1, 2, 3], [1, 3, 2], 'bij,bjk->bik'],
    'of two axes, each repeated': [[2, 1, 2, 3], [1, 3, 3, 2], 'azij,ybjk->abik'],
    'of fewer axes': [[2, 3, 2, 3], [3, 3, 2], 'abij,bjk->abik'],
    'of ones among others': [[2, 1, 2, 3], [2, 1, 3, 2], 'abij,abjk->abik'],
  };
  test.each(Object.entries(batches))('%s', (_, [a, b, equation]) => {
    const [x, y] = [numbers(a, 1), numbers(b, 2)];
    const { shape, data } = evaluate(matmul(constant(x), constant(y)));
    const expected = byLoops(equation, [x, y]);
    expect(shape).toEqual(expected.shape);
    agree(data, expected.data);
  });
  test('a repeated operand is read as it is, without its axis of one', () => {
    const { inputs, node } = matmul(constant(numbers([1, 2, 3], 1)), constant(numbers([4, 3, 2], 2)));
    expect(node.name).toBe('contract');
    expect(inputs.map(({ shape }) => shape)).toEqual([
      [2, 3],
      [4, 3, 2],
    ]);
  });
});

test('a contraction that is refused says its labels', () => {
  const x = constant(numbers([2, 3], 1));
  expect(() => contract(x, x, { a: [0, 1], b: [0, 2], out: [0] })).toThrow(
    /got a contraction of \[0, 1\] and \[0, 2\] to \[0\]/,
  );
  expect(() => contract(x, x, { a: [0, 1], b: [0], out: [0] })).toThrow(
    /a label of its own for each axis of an operand.*got \[2, 3\] and \[2, 3\], labelled \[0, 1\] and \[0\]/s,
  );
});

test('labels that stand twice in a list, extents that differ and lists that are too short are refused', () => {
  const square = constant(numbers([2, 2], 1));
  const wide = constant(numbers([2, 3], 2));
  const own = /a label of its own for each axis of an operand, and one extent for each label/;
  expect(() => contract(square, square, { a: [0, 0], b: [0, 1], out: [1] })).toThrow(own);
  expect(() => contract(square, square, { a: [0, 1], b: [1, 1], out: [0] })).toThrow(own);
  expect(() => contract(wide, wide, { a: [0, 1], b: [1, 2], out: [0, 2] })).toThrow(own);
  expect(() => contract(wide, wide, { a: [0], b: [0, 1], out: [1] })).toThrow(own);
  expect(() => contract(square, square, { a: [0, 1], b: [1, 2], out: [0, 2, 0] })).toThrow(
    /each label once in a list/,
  );
});

import {
  abs,
  add,
  argmax,
  cast,
  div,
  einsum,
  equal,
  expandDims,
  gather,
  iota,
  isFloat,
  matmul,
  mul,
  neg,
  ones,
  reshape,
  round,
  select,
  slice,
  sub,
  transpose,
  type Value,
} from '@pullback/core';
import type { OperatorNode, Operators } from '../operator-node.ts';
import { along, range, sizeOfShape } from './axes.ts';

/** A product of floats; integers go by float64, which holds their products. */
export function productOf(a: Value, b: Value): Value {
  if (isFloat(a.dtype)) return matmul(a, b);
  return cast(round(matmul(cast(a, 'float64'), cast(b, 'float64'))), a.dtype);
}

/** alpha op(A) op(B) + beta C */
function gemm(node: OperatorNode): Value {
  const turned = (i: number, name: string) =>
    node.int(name, 0) === 1 ? transpose(node.x(i), [1, 0]) : node.x(i);
  const [alpha, beta] = [node.float('alpha', 1), node.float('beta', 1)];
  const product = productOf(turned(0, 'transA'), turned(1, 'transB'));
  const scaled = alpha === 1 ? product : mul(alpha, product);
  const c = node.maybe(2);
  if (c === undefined || beta === 0) return scaled;
  return add(scaled, beta === 1 ? c : mul(beta, c));
}

/** Einsum, with `...` as letters of its own and letters that stand twice in an operand as its diagonal. */
function sums(node: OperatorNode): Value {
  const operands = node.all();
  const [left = '', right] = node.text('equation').replaceAll(' ', '').split('->');
  const terms = left.split(',');
  const ranks = terms.map((term, i) => (operands[i]?.shape.length ?? 0) - term.replace('...', '').length);
  const rank = Math.max(0, ...terms.map((term, i) => (term.includes('...') ? (ranks[i] ?? 0) : 0)));
  const spare = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].filter((letter) => !left.includes(letter)).slice(0, rank);
  const letters = terms.map((term, i) => term.replace('...', spare.slice(rank - (ranks[i] ?? 0)).join('')));
  const all = letters.join('');
  const once = [...new Set(all)].filter((l) => !spare.includes(l) && all.indexOf(l) === all.lastIndexOf(l));
  const output =
    right === undefined ? [...spare, ...once.sort()].join('') : right.replace('...', spare.join(''));
  // Of an extent of 1 beside others the letter is left out.
  const extents = new Map<string, number>();
  letters.forEach((term, i) => {
    [...term].forEach((letter, axis) => {
      extents.set(letter, Math.max(extents.get(letter) ?? 0, operands[i]?.shape[axis] ?? 1));
    });
  });
  const made = operands.map((x, i) => diagonals(x, letters[i] ?? '', extents));
  const equation = `${made.map(({ letters: own }) => own).join(',')}->${output}`;
  return einsum(equation, ...made.map(({ x }) => x));
}

function diagonals(
  x: Value,
  letters: string,
  extents: ReadonlyMap<string, number>,
): { readonly x: Value; readonly letters: string } {
  let [now, own] = [x, [...letters]];
  for (let axis = own.length - 1; axis >= 0; axis--) {
    const letter = own[axis] ?? '';
    const first = own.indexOf(letter);
    const n = now.shape[axis] ?? 1;
    if (first < axis) {
      // The diagonal of n x n is every (n + 1)-th of n^2.
      const order = [...range(own.length).filter((i) => i !== first && i !== axis), first, axis];
      const flat = reshape(transpose(now, order), [
        ...order.slice(0, -2).map((i) => now.shape[i] ?? 1),
        n * n,
      ]);
      const zeros = flat.shape.map(() => 0);
      const steps = flat.shape.map((_, i) => (i === flat.shape.length - 1 ? n + 1 : 1));
      now = slice(flat, zeros, flat.shape, steps);
      own = [...order.slice(0, -2).map((i) => own[i] ?? ''), letter];
      axis = own.length;
    } else if (n === 1 && (extents.get(letter) ?? 1) > 1) {
      now = reshape(
        now,
        now.shape.filter((_, i) => i !== axis),
      );
      own = own.filter((_, i) => i !== axis);
    }
  }
  return { x: now, letters: own.join('') };
}

/** The determinant of matrices [..., n, n], by elimination with the largest pivot of each column. */
function determinant(node: OperatorNode): Value {
  const x = node.x(0);
  const n = x.shape.at(-1) ?? 0;
  const batch = x.shape.slice(0, -2);
  let rows = reshape(x, [-1, n, n]);
  let result: Value | undefined;
  for (let k = 0; k < n; k++) {
    const left = n - k;
    const count = rows.shape[0] ?? 1;
    const column = reshape(along(rows, 2, 0, 1), [count, left]);
    const place = argmax(abs(column), { axis: 1 });
    const flat = reshape(rows, [count * left, left]);
    const base = mul(iota([count]), left);
    const pivotRow = gather(flat, add(base, place));
    const pivot = reshape(along(pivotRow, 1, 0, 1), [count]);
    // The first row goes where the pivot's was.
    const firstRow = reshape(along(rows, 1, 0, 1), [count, 1, left]);
    const at = equal(expandDims(place, 1), iota([count, left], { axis: 1 }));
    const swapped = select(expandDims(at, 2), firstRow, rows);
    const sign = select(equal(place, 0), 1, neg(ones(pivot.shape, pivot.dtype)));
    result = result === undefined ? mul(pivot, sign) : mul(result, mul(pivot, sign));
    if (left === 1) break;
    const rest = along(swapped, 1, 1, left);
    const factor = div(along(rest, 2, 0, 1), reshape(pivot, [count, 1, 1]));
    const below = sub(rest, mul(factor, expandDims(pivotRow, 1)));
    rows = along(below, 2, 1, left);
  }
  return reshape(result ?? ones([sizeOfShape(batch)], x.dtype), batch);
}

/** Products of matrices and sums of products. */
export const products: Operators = {
  MatMul: (node) => productOf(node.x(0), node.x(1)),
  Gemm: gemm,
  Einsum: sums,
  Det: determinant,
};

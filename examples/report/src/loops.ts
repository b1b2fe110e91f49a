// The report's formulas as loops over numbers, with nothing of the framework. Column layout: a sample is a column.
export type Matrix = readonly (readonly number[])[];

interface Given {
  readonly W1: Matrix;
  readonly b1: Matrix;
  readonly W2: Matrix;
  readonly b2: Matrix;
}

const at = (m: Matrix, i: number, j: number) => m[i]?.[j] ?? Number.NaN;
const make = (rows: number, columns: number, f: (i: number, j: number) => number): number[][] =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => f(i, j)));

function total(count: number, term: (k: number) => number): number {
  let sum = 0;
  for (let k = 0; k < count; k++) sum += term(k);
  return sum;
}

/** Every stage of (2.7) and every gradient of (2.5), (2.6), (2.9), (2.10) in the batch form of 4.1. */
export function loops({ W1, b1, W2, b2 }: Given, X0: Matrix, T: Matrix) {
  const [p, q, r, n] = [X0.length, W1.length, W2.length, X0[0]?.length ?? 0];
  const sigma = (z: number) => 1 / (1 + Math.exp(-z));
  const Z1 = make(q, n, (i, j) => at(b1, i, 0) + total(p, (k) => at(W1, i, k) * at(X0, k, j)));
  const X1 = make(q, n, (i, j) => sigma(at(Z1, i, j)));
  const Z2 = make(r, n, (i, j) => at(b2, i, 0) + total(q, (k) => at(W2, i, k) * at(X1, k, j)));
  const X2 = make(r, n, (i, j) => sigma(at(Z2, i, j)));
  const E = total(r, (i) => total(n, (j) => (at(T, i, j) - at(X2, i, j)) ** 2 / 2));
  const gX2 = make(r, n, (i, j) => at(X2, i, j) - at(T, i, j));
  const gZ2 = make(r, n, (i, j) => at(X2, i, j) * (1 - at(X2, i, j)) * at(gX2, i, j));
  const gX1 = make(q, n, (i, j) => total(r, (k) => at(W2, k, i) * at(gZ2, k, j)));
  const gZ1 = make(q, n, (i, j) => at(X1, i, j) * (1 - at(X1, i, j)) * at(gX1, i, j));
  const gX0 = make(p, n, (i, j) => total(q, (k) => at(W1, k, i) * at(gZ1, k, j)));
  const gW2 = make(r, q, (i, j) => total(n, (s) => at(gZ2, i, s) * at(X1, j, s)));
  const gb2 = make(r, 1, (i) => total(n, (s) => at(gZ2, i, s)));
  const gW1 = make(q, p, (i, j) => total(n, (s) => at(gZ1, i, s) * at(X0, j, s)));
  const gb1 = make(q, 1, (i) => total(n, (s) => at(gZ1, i, s)));
  return { Z1, X1, Z2, X2, E, gX2, gZ2, gX1, gZ1, gX0, gW2, gb2, gW1, gb1 };
}

/** J^T G of the softmax of every column, by the matrix (3.5) itself. (4.3) */
export function softmaxColumnsVjp(X: Matrix, G: Matrix): number[][] {
  const [p, n] = [X.length, X[0]?.length ?? 0];
  const y = make(p, n, (i, j) => Math.exp(at(X, i, j)) / total(p, (k) => Math.exp(at(X, k, j))));
  const J = (j: number, i: number, k: number) => (i === k ? at(y, i, j) : 0) - at(y, i, j) * at(y, k, j);
  return make(p, n, (i, j) => total(p, (k) => J(j, k, i) * at(G, k, j)));
}

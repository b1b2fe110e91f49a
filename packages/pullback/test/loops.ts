/**
 * The report's network (2.7) and its gradients written out as loops over numbers, with nothing of the framework: the
 * independent truth that the rows of the mathematics are held to. Column layout: a matrix is a list of rows.
 */
export type Matrix = readonly (readonly number[])[];

export const product = (a: Matrix, b: Matrix): number[][] =>
  a.map((row) => (b[0] ?? []).map((_, j) => row.reduce((sum, x, k) => sum + x * (b[k]?.[j] ?? 0), 0)));
export const transposed = (a: Matrix): number[][] => (a[0] ?? []).map((_, j) => a.map((row) => row[j] ?? 0));
export const each = (f: (...x: number[]) => number, a: Matrix, ...others: Matrix[]): number[][] =>
  a.map((row, i) => row.map((x, j) => f(x, ...others.map((other) => other[i]?.[j] ?? 0))));
export const rowSum = (a: Matrix): number[][] => a.map((row) => [row.reduce((sum, x) => sum + x, 0)]);
export const plusColumn = (a: Matrix, b: Matrix): number[][] =>
  a.map((row, i) => row.map((x) => x + (b[i]?.[0] ?? 0)));
export const logistic = (z: number) => 1 / (1 + Math.exp(-z));

/** softmax of every column. (4.3) */
export function softmaxColumns(z: Matrix): number[][] {
  return transposed(
    transposed(z).map((column) => {
      const total = column.reduce((sum, x) => sum + Math.exp(x), 0);
      return column.map((x) => Math.exp(x) / total);
    }),
  );
}

export interface Weights {
  readonly W1: Matrix;
  readonly b1: Matrix;
  readonly W2: Matrix;
  readonly b2: Matrix;
}

/** p -> q -> r with logistic units and the half squared error: every value and every gradient of (2.3) and 4.1. */
export function network({ W1, b1, W2, b2 }: Weights, X0: Matrix, T: Matrix) {
  const Z1 = plusColumn(product(W1, X0), b1);
  const X1 = each(logistic, Z1);
  const Z2 = plusColumn(product(W2, X1), b2);
  const X2 = each(logistic, Z2);
  const E = each((x, t) => ((t ?? 0) - (x ?? 0)) ** 2 / 2, X2, T)
    .flat()
    .reduce((sum, e) => sum + e, 0);
  const gX2 = each((x = 0, t = 0) => x - t, X2, T);
  const gZ2 = each((x = 0, g = 0) => x * (1 - x) * g, X2, gX2);
  const gX1 = product(transposed(W2), gZ2);
  const gZ1 = each((x = 0, g = 0) => x * (1 - x) * g, X1, gX1);
  return {
    Z1,
    X1,
    Z2,
    X2,
    E,
    gX2,
    gZ2,
    gX1,
    gZ1,
    gX0: product(transposed(W1), gZ1),
    gW2: product(gZ2, transposed(X1)),
    gb2: rowSum(gZ2),
    gW1: product(gZ1, transposed(X0)),
    gb1: rowSum(gZ1),
  };
}

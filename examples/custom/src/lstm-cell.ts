import { add, defineNodeWithOutputs, mul, sigmoid, square, sub, tanh, type Value } from 'pullback';

// #region cell
/**
 * The cell of a long short-term memory, from the sums of its four gates: c' = sigmoid(f) c + sigmoid(i) tanh(g), h = sigmoid(o) tanh(c').
 * Two outputs, h and c', each of which may get a gradient or none. Source: Hochreiter and Schmidhuber 1997; Gers et al. 2000.
 */
export const lstmCell = defineNodeWithOutputs('lstmCell', {
  forward: (i: Value, f: Value, g: Value, o: Value, c: Value) => {
    const next = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
    return [mul(sigmoid(o), tanh(next)), next];
  },
  vjp: ([dh, dc], { inputs: [i, f, g, o, c], outputs: [, next = c] }) => {
    const [a, b, candidate, out, t] = [sigmoid(i), sigmoid(f), tanh(g), sigmoid(o), tanh(next)];
    const slope = (gate: Value) => mul(gate, sub(1, gate));
    const through = dh === undefined ? undefined : mul(dh, mul(out, sub(1, square(t)))); // into c' by way of h
    const total = dc === undefined ? through : through === undefined ? dc : add(dc, through);
    if (total === undefined) return [undefined, undefined, undefined, undefined, undefined];
    return [
      mul(total, mul(candidate, slope(a))),
      mul(total, mul(c, slope(b))),
      mul(total, mul(a, sub(1, square(candidate)))),
      dh === undefined ? undefined : mul(dh, mul(t, slope(out))),
      mul(total, b),
    ];
  },
});
// #endregion

// The report's network (2.7) twice: as loops over numbers, and as a model. Every stage of (2.3) and every gradient of (2.5) to
// (2.10) and 4.1 to 4.3 side by side; they must agree to 1e-12.
import {
  constant,
  dense,
  evaluate,
  gradient,
  halfSquaredError,
  Model,
  mul,
  sequential,
  sgd,
  sigmoid,
  softmax,
  sum,
} from 'pullback';
import { loops, type Matrix, softmaxColumnsVjp } from './loops.ts';

const wave = (rows: number, columns: number, phase: number): number[][] =>
  Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => Math.sin(phase + 1.3 * i + 2.1 * j)),
  );
const [p, q, r, n] = [3, 4, 2, 5];
const given = { W1: wave(q, p, 0.1), b1: wave(q, 1, 0.2), W2: wave(r, q, 0.3), b2: wave(r, 1, 0.4) };
const [X0, T] = [wave(p, n, 0.5), wave(r, n, 0.6)];
const byHand = loops(given, X0, T);

const model = await Model.create({
  network: sequential(
    dense(q, { name: 'z1' }),
    sigmoid({ name: 'x1' }),
    dense(r, { name: 'z2' }),
    sigmoid({ name: 'x2' }),
  ),
  input: [p],
  loss: halfSquaredError(),
  optimizer: sgd({ learningRate: 0.5 }),
  layout: 'column',
  dtype: 'float64',
});
const entry = (m: Matrix) => ({ shape: [m.length, m[0]?.length ?? 0], data: Float64Array.from(m.flat()) });
await model.load({
  'network/z1/kernel': entry(given.W1),
  'network/z1/bias': entry(given.b1),
  'network/z2/kernel': entry(given.W2),
  'network/z2/bias': entry(given.b2),
});
const report = await model.inspect({ x: X0, target: T });

const G = wave(3, 3, 0.8);
const square = wave(3, 3, 0.7);
const X = constant(square, { dtype: 'float64' });
const Y = softmax(X, { axis: 0 });
const [gX] = evaluate(gradient(sum(mul(Y, constant(G, { dtype: 'float64' }))), [X]));

const rows: [string, string, Matrix, ArrayLike<number>][] = [
  ['Z1 = b1 + W1 X0', '(2.7)', byHand.Z1, report.value('z1').data],
  ['X1 = F1(Z1)', '(2.7)', byHand.X1, report.value('x1').data],
  ['Z2 = b2 + W2 X1', '(2.7)', byHand.Z2, report.value('z2').data],
  ['X2 = F2(Z2)', '(2.7)', byHand.X2, report.value('x2').data],
  ['E', '(3.2.1)', [[byHand.E]], report.value('loss').data],
  ['grad_X2 E = X2 - T', '(3.2.1)', byHand.gX2, report.gradient('x2').data],
  ["grad_Z2 E = F2' * grad g", '4.1', byHand.gZ2, report.gradient('z2').data],
  ['grad_X1 E = W2^T grad_Z2 E', '4.1', byHand.gX1, report.gradient('x1').data],
  ["grad_Z1 E = F1' * grad_X1 E", '4.1', byHand.gZ1, report.gradient('z1').data],
  ['grad_X0 E = W1^T grad_Z1 E', '(2.3)', byHand.gX0, report.gradient('input').data],
  ['grad_W2 E', '(2.5) 4.1', byHand.gW2, report.gradient('z2/kernel').data],
  ['grad_b2 E', '(2.9) 4.1', byHand.gb2, report.gradient('z2/bias').data],
  ['grad_W1 E', '(2.6) 4.1', byHand.gW1, report.gradient('z1/kernel').data],
  ['grad_b1 E', '(2.10) 4.1', byHand.gb1, report.gradient('z1/bias').data],
  ['softmax of columns, J^T G', '4.3', softmaxColumnsVjp(square, G), gX?.data ?? []],
];

let worst = 0;
for (const [what, equation, hand, found] of rows) {
  const wanted = hand.flat();
  console.log(`${what}   ${equation}`);
  const columns = hand[0]?.length ?? 1;
  hand.forEach((row, i) => {
    const ours = row.map((_, j) => found[i * columns + j] ?? Number.NaN);
    const format = (x: number) => x.toFixed(12).padStart(16);
    console.log(`  loops   ${row.map(format).join(' ')}\n  product ${ours.map(format).join(' ')}`);
  });
  wanted.forEach((x, i) => {
    worst = Math.max(worst, Math.abs(x - (found[i] ?? Number.NaN)));
  });
  if (found.length !== wanted.length) worst = Number.NaN;
}
console.log(`\n${report}\n`);
console.log(`largest difference of ${rows.length} quantities: ${worst.toExponential(2)}`);
if (!(worst <= 1e-12)) process.exitCode = 1;

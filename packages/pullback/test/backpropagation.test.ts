import {
  add,
  binaryCrossEntropy,
  broadcast,
  categoricalCrossEntropy,
  constant,
  cpu,
  defineActivation,
  defineNode,
  dense,
  evaluate,
  exp,
  gradient,
  halfSquaredError,
  jacobian,
  jvp,
  Model,
  matmul,
  meanSquaredError,
  mul,
  NotElementwiseError,
  placeholder,
  placementOf,
  reshape,
  sequential,
  sgd,
  sigmoid,
  sigmoidBinaryCrossEntropy,
  softmax,
  softmaxCrossEntropy,
  sub,
  sum,
  type TensorLike,
  tanh,
  trace,
  transpose,
  Value,
  vjp,
} from 'pullback';
import { describe, expect, test } from 'vitest';
import {
  each,
  logistic,
  type Matrix,
  network,
  product,
  softmaxColumns,
  transposed,
  type Weights,
} from './loops.ts';

const f64 = { dtype: 'float64' } as const;
const value = (like: TensorLike) => constant(like, f64);
const numbers = (x: Value | undefined) => (x === undefined ? [] : Array.from(evaluate(x).data));
const column = placementOf('column');

function close(
  got: Value | undefined | readonly number[],
  wanted: Matrix | readonly number[],
  tolerance = 1e-14,
): void {
  const found = got === undefined || got instanceof Value ? numbers(got) : got;
  const truth = wanted.flat();
  expect(found).toHaveLength(truth.length);
  found.forEach((x, i) => {
    expect(Math.abs(x - (truth[i] ?? Number.NaN))).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(x)));
  });
}

const replaced = (list: readonly number[], i: number, x: number) => [
  ...list.slice(0, i),
  x,
  ...list.slice(i + 1),
];

/** Central differences in float64 of a function of plain numbers. */
function differences(f: (x: readonly number[]) => number, at: readonly number[], h = 1e-5): number[] {
  return at.map((x, i) => (f(replaced(at, i, x + h)) - f(replaced(at, i, x - h))) / (2 * h));
}

const [p, q, r, n] = [3, 4, 2, 5];
const wave = (rows: number, columns: number, phase: number): number[][] =>
  Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => Math.sin(phase + 1.3 * i + 2.1 * j * j)),
  );
const weights: Weights = {
  W1: wave(q, p, 0.1),
  b1: wave(q, 1, 0.2),
  W2: wave(r, q, 0.3),
  b2: wave(r, 1, 0.4),
};
const X0 = wave(p, n, 0.5);
const T = each((x = 0) => (x + 1) / 2, wave(r, n, 0.6));
const truth = network(weights, X0, T);

/** The report's network (2.7) as a graph, with all its stages. */
function graph({ W1, b1, W2, b2 } = weights, inputs: Matrix = X0, targets: Matrix = T) {
  const [w1, c1, w2, c2, x0, t] = [W1, b1, W2, b2, inputs, targets].map(value) as [
    Value,
    Value,
    Value,
    Value,
    Value,
    Value,
  ];
  const z1 = add(c1, matmul(w1, x0));
  const x1 = sigmoid(z1);
  const z2 = add(c2, matmul(w2, x1));
  const x2 = sigmoid(z2);
  const E = halfSquaredError().forward(x2, t, column);
  return { w1, c1, w2, c2, x0, z1, x1, z2, x2, E };
}

/** A map from R^3 to R^2 that mixes, and its Jacobian by hand. */
const mixing = (x: Value) => {
  const row = (i: number) => matmul(value([[0, 1, 2].map((k) => (k === i ? 1 : 0))]), reshape(x, [3, 1]));
  return reshape(
    add(matmul(value([[1], [0]]), mul(row(0), row(1))), matmul(value([[0], [1]]), exp(row(2)))),
    [2],
  );
};
const mixingJacobian = ([a = 0, b = 0, c = 0]: readonly number[]) => [
  [b, a, 0],
  [0, 0, Math.exp(c)],
];

describe('1. Gradients', () => {
  test('row 1 (1.1, 1.2) vjp is the explicit J^T g, and <u, J v> = <J^T u, v>', () => {
    const at = [0.5, -1.5, 0.3];
    const [g, v] = [
      [2, -3],
      [0.2, 0.7, -1],
    ];
    const J = mixingJacobian(at);
    close(vjp(mixing)(value(at))(value(g))[0], product(transposed(J), transposed([g])));
    close(jvp(mixing)(value(at))(value(v)), product(J, transposed([v])));
  });

  test('row 2 (1.3, 1.4) a chain of n functions is n steps of J^T: equal to the dense product, no Jacobian materialised', () => {
    const A = [wave(3, 3, 0.7), wave(3, 3, 0.8), wave(3, 3, 0.9)];
    const x = placeholder({ shape: [3, 1], dtype: 'float64' }, 'x');
    const y = A.reduce((h: Value, a) => matmul(value(a), h), x);
    const g = wave(3, 1, 1.1);
    const [dx = x] = gradient(y, [x], value(g));
    const dense = A.reduceRight((back: Matrix, a) => product(transposed(a), back), g);
    close(dx, dense, 1e-13);
    const { body } = trace([x], [dx]);
    const steps = body.filter(({ primitive }) => primitive.name === 'contract');
    expect(steps).toHaveLength(3);
    expect(steps.map(({ outputs }) => outputs[0]?.shape)).toEqual([
      [3, 1],
      [3, 1],
      [3, 1],
    ]);
  });
});

describe('2. Feedforward networks', () => {
  test('row 3 (2.1, 2.2) z1 = W1 x0, x1 = F1(z1), ..., E = g(x2), for 0, 1, 2 and 3 hidden layers', async () => {
    for (const hidden of [0, 1, 2, 3]) {
      const layers = Array.from({ length: hidden }, () => [dense(q, { bias: false }), sigmoid()]).flat();
      const model = await Model.create({
        network: sequential(...layers, dense(r, { bias: false }), sigmoid()),
        input: [p],
        loss: halfSquaredError(),
        optimizer: sgd({ learningRate: 0.1 }),
        layout: 'column',
        dtype: 'float64',
        backend: cpu(),
        seed: 5,
      });
      const kernels = Object.values(await model.weights());
      expect(kernels.map(({ shape }) => shape)).toEqual([
        ...Array.from({ length: hidden }, (_, i) => [q, i === 0 ? p : q]),
        [r, hidden === 0 ? p : q],
      ]);
      const forward = (all: readonly number[]) => {
        let from = 0;
        const x = kernels.reduce((h: Matrix, { shape: [rows = 0, columns = 0] }) => {
          const W = Array.from({ length: rows }, (_, i) =>
            all.slice(from + i * columns, from + (i + 1) * columns),
          );
          from += rows * columns;
          return each(logistic, product(W, h));
        }, X0);
        return each((a = 0, t = 0) => (t - a) ** 2 / 2, x, T)
          .flat()
          .reduce((s, e) => s + e, 0);
      };
      const flat = kernels.flatMap(({ data }) => Array.from(data));
      const report = await model.inspect({ x: X0, target: T });
      close(Array.from(report.value('loss').data), [forward(flat)]);
      const paths = Object.keys(await model.weights());
      close(
        paths.flatMap((path) => Array.from(report.gradient(path).data)),
        differences(forward, flat),
        1e-9,
      );
    }
  });

  test('row 4 (2.3) the gradient after every stage can be asked for; that of the data costs nothing when nobody asks', () => {
    const { x0, z1, x1, z2, x2, w1, c1, w2, c2, E } = graph();
    const [gX2, gZ2, gX1, gZ1, gX0] = gradient(E, [x2, z2, x1, z1, x0]);
    close(gX2, truth.gX2);
    close(gZ2, truth.gZ2);
    close(gX1, truth.gX1);
    close(gZ1, truth.gZ1);
    close(gX0, truth.gX0);
    const products = (at: readonly Value[]) =>
      trace([], gradient(E, at)).body.filter(({ primitive }) => primitive.name === 'contract').length;
    expect(products([w1, c1, w2, c2, x0]) - products([w1, c1, w2, c2])).toBe(1);
  });

  test('row 5 (2.4) E as a function of W: parameters are inputs, never closed-over constants', () => {
    const w = placeholder({ shape: [r, q], dtype: 'float64' }, 'W2');
    const phi = defineNode('phi', { forward: (x: Value) => matmul(w, x) });
    expect(() => phi(value(truth.X1))).toThrow(/'phi' uses 'input', which it was not given/);
    const E = (W2: readonly number[]) => network({ ...weights, W2: [W2.slice(0, q), W2.slice(q)] }, X0, T).E;
    const { w2, E: loss } = graph();
    close(gradient(loss, [w2])[0], differences(E, weights.W2.flat()), 1e-9);
  });

  const single = graph(
    weights,
    X0.map(([x = 0]) => [x]),
    T.map(([t = 0]) => [t]),
  );
  const one = network(
    weights,
    X0.map(([x = 0]) => [x]),
    T.map(([t = 0]) => [t]),
  );

  test('row 6 (2.5) grad_W2 E = J_F2^T grad g x1^T: the outer product, and central differences of every entry', () => {
    const [gW2] = gradient(single.E, [single.w2]);
    close(gW2, product(one.gZ2, transposed(one.X1)));
    const E = (W2: readonly number[]) =>
      network(
        { ...weights, W2: [W2.slice(0, q), W2.slice(q)] },
        X0.map(([x = 0]) => [x]),
        T.map(([t = 0]) => [t]),
      ).E;
    close(gW2, differences(E, weights.W2.flat()), 1e-9);
  });

  test('row 7 (after 2.5) the vector form: J_phi^T delta = vec(delta x^T), with the transpose', () => {
    const x = value(one.X1);
    const phi = (w: Value) => matmul(w, x);
    const J = evaluate(jacobian(phi)(value(weights.W2)));
    expect(J.shape).toEqual([r, r * q]);
    const rows = Array.from({ length: r }, (_, i) => Array.from(J.data.slice(i * r * q, (i + 1) * r * q)));
    const delta = one.gZ2;
    close(product(transposed(rows), delta).flat(), product(delta, transposed(one.X1)).flat());
    close(vjp(phi)(value(weights.W2))(value(delta))[0], product(delta, transposed(one.X1)));
  });

  test('row 8 (2.6) grad_W1 E = J_F1^T W2^T J_F2^T grad g x0^T, with the old W2', async () => {
    close(gradient(single.E, [single.w1])[0], one.gW1);
    const model = await reportModel(sgd({ learningRate: 0.5 }));
    model.step({ x: X0, y: T });
    const W2 = each((w = 0, g = 0) => w - 0.5 * g, weights.W2, truth.gW2);
    const stale = each((w = 0, g = 0) => w - 0.5 * g, weights.W1, truth.gW1);
    const updated = each((w = 0, g = 0) => w - 0.5 * g, weights.W1, network({ ...weights, W2 }, X0, T).gW1);
    const after = Array.from((await model.weights())['network/hidden/kernel']?.data ?? []);
    close(after, stale);
    expect(after.some((w, i) => Math.abs(w - (updated.flat()[i] ?? 0)) > 1e-4)).toBe(true);
  });

  test('row 9 (after 2.6) W <- W - eta grad_W E, all W at once: one step, to the last bit', async () => {
    const model = await reportModel(sgd({ learningRate: 0.5 }));
    const { gradient: at } = { gradient: await model.inspect({ x: X0, target: T }) };
    const before = await model.weights();
    model.step({ x: X0, y: T });
    for (const [path, { data }] of Object.entries(await model.weights()))
      expect(Array.from(data)).toEqual(
        Array.from(before[path]?.data ?? [], (w, i) => w - 0.5 * (at.gradient(path).data[i] ?? Number.NaN)),
      );
  });

  test('row 10 (2.7 to 2.10) b + W x: grad_b = delta, the gradients of W unchanged, the bias broadcasts and sums back', () => {
    const [gb2, gb1, gW2, gW1] = gradient(single.E, [single.c2, single.c1, single.w2, single.w1]);
    close(gb2, one.gZ2);
    close(gb1, one.gZ1);
    close(gW2, one.gW2);
    close(gW1, one.gW1);
    const batch = graph();
    close(gradient(batch.E, [batch.c1])[0], truth.gb1);
  });
});

async function reportModel(optimizer = sgd({ learningRate: 0.5 })): Promise<Model> {
  const model = await Model.create({
    network: sequential(dense(q, { name: 'hidden' }), sigmoid(), dense(r, { name: 'output' }), sigmoid()),
    input: [p],
    loss: halfSquaredError(),
    optimizer,
    layout: 'column',
    dtype: 'float64',
    backend: cpu(),
  });
  const entry = (matrix: Matrix) => ({
    shape: [matrix.length, matrix[0]?.length ?? 0],
    data: Float64Array.from(matrix.flat()),
  });
  await model.load({
    'network/hidden/kernel': entry(weights.W1),
    'network/hidden/bias': entry(weights.b1),
    'network/output/kernel': entry(weights.W2),
    'network/output/bias': entry(weights.b2),
  });
  return model;
}

describe('3. Activations and losses', () => {
  test("row 11 (3.1, 3.2) elementwise F has a diagonal J, J^T g = F'(z) * g; softmax has not, and is refused", () => {
    const J = numbers(jacobian((z) => tanh(z))(value([0.3, -1, 2])));
    J.forEach((entry, i) => {
      if (i % 4 !== 0) expect(entry).toBe(0);
    });
    close(vjp((z) => tanh(z))(value([0.3, -1]))(value([2, 5]))[0], [
      2 * (1 - Math.tanh(0.3) ** 2),
      5 * (1 - Math.tanh(-1) ** 2),
    ]);
    const declared = defineActivation('declared', (z) => softmax(z, { axis: -1 }));
    expect(() => declared(value([[1, 2]]))).toThrow(NotElementwiseError);
  });

  test("row 12 (3.3) sigma' = x (1 - x) from the output; in float32 x is exactly 1 from z = 17 on and the vjp stays finite", () => {
    const z = [-2, 0, 0.5, 3];
    const at = value(z);
    close(
      gradient(sum(sigmoid(at)), [at])[0],
      z.map((x) => logistic(x) * (1 - logistic(x))),
    );
    const large = constant([17, 40, 1000, -1000], { dtype: 'float32' });
    expect(numbers(sigmoid(large))).toEqual([1, 1, 1, 0]);
    expect(numbers(gradient(sum(sigmoid(large)), [large])[0])).toEqual([0, 0, 0, 0]);
  });

  test("row 13 (3.1.2) tanh' = 1 - x^2; the printed formula is NaN at z = 89 in float32, ours is not", () => {
    const printed = (z: number) => {
      const [up, down] = [Math.fround(Math.exp(z)), Math.fround(Math.exp(-z))];
      return Math.fround(Math.fround(up - down) / Math.fround(up + down));
    };
    expect(printed(89)).toBeNaN();
    const z = constant([89, -89, 0.5], { dtype: 'float32' });
    const [one, minus, half] = numbers(tanh(z));
    expect([one, minus]).toEqual([1, -1]);
    expect(half).toBeCloseTo(Math.tanh(0.5), 7);
    close(gradient(sum(tanh(z)), [z])[0], [0, 0, 1 - Math.tanh(0.5) ** 2], 1e-7);
  });

  test('row 14 (3.4) softmax: shift invariant, no overflow at z = 1e4', () => {
    const z = [0.5, -1, 2];
    close(softmax(value(z)), softmaxColumns(transposed([z])));
    expect(numbers(softmax(value(z.map((x) => x + 1024))))).toEqual(numbers(softmax(value(z))));
    expect(numbers(softmax(constant([1e4, 0, -1e4], { dtype: 'float32' })))).toEqual([1, 0, 0]);
  });

  test('row 15 (3.5) J = diag(x) - x x^T: symmetric, rows sum to 0, rank r - 1, and it is the vjp', () => {
    const z = [0.5, -1, 2];
    const x = softmaxColumns(transposed([z])).flat();
    const J = x.map((a, i) => x.map((b, j) => (i === j ? a : 0) - a * b));
    const found = numbers(jacobian((v) => softmax(v))(value(z)));
    close(found, J.flat());
    const rows = [found.slice(0, 3), found.slice(3, 6), found.slice(6)];
    close(rows.flat(), transposed(rows).flat());
    close(
      rows.map((row) => row.reduce((a, b) => a + b, 0)),
      [0, 0, 0],
    );
    const minor = (J[0]?.[0] ?? 0) * (J[1]?.[1] ?? 0) - (J[0]?.[1] ?? 0) * (J[1]?.[0] ?? 0);
    expect(minor).toBeGreaterThan(1e-3);
    const g = [2, -3, 0.5];
    close(vjp((v) => softmax(v))(value(z))(value(g))[0], product(transposed(J), transposed([g])));
  });

  test('row 16 (3.2.1) half squared error has gradient x - t, 2 / (n r) of which the mean squared error has', () => {
    const x = value(truth.X2);
    const [half] = gradient(halfSquaredError().forward(x, value(T), column), [x]);
    const [mean] = gradient(meanSquaredError().forward(x, value(T), column), [x]);
    close(half, truth.gX2);
    close(
      mean,
      each((g = 0) => (g * 2) / (n * r), truth.gX2),
    );
  });

  const bce = (x: Value, t: Value) => binaryCrossEntropy({ reduction: 'sum' }).forward(x, t, column);
  const fusedBce = (z: Value, t: Value) =>
    sigmoidBinaryCrossEntropy({ reduction: 'sum' }).forward(z, t, column);

  test('row 17 (3.6) binary cross entropy over r outputs, gradient (x-t) / (x (1-x)); a saturated x stays finite', () => {
    const x = value(truth.X2);
    const loss = bce(x, value(T));
    const E = each((a = 0, t = 0) => -(t * Math.log(a) + (1 - t) * Math.log(1 - a)), truth.X2, T).flat();
    close(loss, [E.reduce((a, b) => a + b, 0)], 1e-13);
    close(
      gradient(loss, [x])[0],
      each((a = 0, t = 0) => (a - t) / (a * (1 - a)), truth.X2, T),
      1e-12,
    );
    for (const dtype of ['float32', 'float64'] as const) {
      const [edge, t] = [constant([[0, 1, 0, 1]], { dtype }), constant([[1, 0, 0, 1]], { dtype })];
      const saturated = bce(edge, t);
      expect([...numbers(saturated), ...numbers(gradient(saturated, [edge])[0])].every(Number.isFinite)).toBe(
        true,
      );
      expect(numbers(bce(constant([[0, 1]], { dtype }), constant([[0, 1]], { dtype })))).toEqual([0]);
    }
  });

  test('row 18 (3.7) BCE after sigmoid: x - t; fused equals unfused in float64, and holds at z = +-1000 in float32', () => {
    const [z, t] = [value(truth.Z2), value(T)];
    const [fused, unfused] = [fusedBce(z, t), bce(sigmoid(z), t)];
    close(fused, numbers(unfused), 1e-13);
    close(
      gradient(fused, [z])[0],
      each((x = 0, y = 0) => x - y, truth.X2, T),
    );
    close(
      gradient(unfused, [z])[0],
      each((x = 0, y = 0) => x - y, truth.X2, T),
      1e-12,
    );
    const [far, ends] = [constant([[1000, -1000, 1000, -1000]]), constant([[0, 1, 1, 0]])];
    expect(numbers(fusedBce(far, ends))).toEqual([2000]);
    expect(numbers(gradient(fusedBce(far, ends), [far])[0])).toEqual([1, -1, 0, 0]);
  });

  const cce = (x: Value, t: Value) => categoricalCrossEntropy({ reduction: 'sum' }).forward(x, t, column);
  const fusedCce = (z: Value, t: Value) => softmaxCrossEntropy({ reduction: 'sum' }).forward(z, t, column);

  test('row 19 (3.8) categorical cross entropy, gradient -t/x, 0 log 0 = 0; one-hot and soft targets', () => {
    const probabilities = [
      [0.2, 0.7],
      [0.5, 0.1],
      [0.3, 0.2],
    ];
    const x = value(probabilities);
    for (const t of [
      [
        [0, 1],
        [1, 0],
        [0, 0],
      ],
      [
        [0.2, 0.5],
        [0.3, 0.25],
        [0.5, 0.25],
      ],
    ]) {
      const loss = cce(x, value(t));
      const E = each((a = 0, b = 0) => (b === 0 ? 0 : -b * Math.log(a)), probabilities, t).flat();
      close(loss, [E.reduce((a, b) => a + b, 0)]);
      close(
        gradient(loss, [x])[0],
        each((a = 0, b = 0) => -b / a, probabilities, t),
      );
    }
    const sure = value([[1], [0]]);
    expect(numbers(cce(sure, value([[1], [0]])))).toEqual([0]);
    expect(numbers(gradient(cce(sure, value([[1], [0]])), [sure])[0]).map((g) => g + 0)).toEqual([-1, 0]);
  });

  test('row 20 (3.9) CCE after softmax: x - t only when sum t = 1; in general x sum(t) - t', () => {
    const z = value(truth.Z2);
    const x = softmaxColumns(truth.Z2);
    const [first = []] = T;
    const summing = [first, first.map((a) => 1 - a)];
    for (const t of [summing, T]) {
      const sums = transposed(t).map((row) => row.reduce((a, b) => a + b, 0));
      const wanted = x.map((row, i) => row.map((a, j) => a * (sums[j] ?? 0) - (t[i]?.[j] ?? 0)));
      if (t === summing)
        close(
          wanted.flat(),
          each((a = 0, c = 0) => a - c, x, t),
        );
      close(gradient(fusedCce(z, value(t)), [z])[0], wanted);
      close(gradient(cce(softmax(z, { axis: 0 }), value(t)), [z])[0], wanted, 1e-13);
    }
  });
});

describe('4. Programming', () => {
  test('row 21 (4.1) batch in columns: delta2, grad_X1 = W2^T delta2, grad_W = delta X^T, grad_b = row_sum; the sum over samples', () => {
    const { z2, x1, w2, c2, w1, c1, E } = graph();
    const found = gradient(E, [z2, x1, w2, c2, w1, c1]);
    const wanted = [truth.gZ2, truth.gX1, truth.gW2, truth.gb2, truth.gW1, truth.gb1];
    found.forEach((g, i) => {
      close(g, wanted[i] ?? []);
    });
    const samples = Array.from({ length: n }, (_, j) =>
      network(
        weights,
        X0.map((row) => [row[j] ?? 0]),
        T.map((row) => [row[j] ?? 0]),
      ),
    );
    const total = samples.reduce(
      (sum: Matrix, { gW1 }) => each((a = 0, b = 0) => a + b, sum, gW1),
      each(() => 0, weights.W1),
    );
    close(found[4], total, 1e-13);
  });

  test('row 22 (4.2) batch in rows: Z = b + X W, grad_X = delta W^T, grad_W = X^T delta, grad_b = column_sum', () => {
    const [x, w, b] = [value(transposed(X0)), value(transposed(weights.W1)), value(transposed(weights.b1))];
    const z = add(b, matmul(x, w));
    const delta = wave(n, q, 1.4);
    const [gX, gW, gb] = gradient(z, [x, w, b], value(delta));
    close(gX, product(delta, weights.W1));
    close(gW, product(X0, delta));
    close(gb, [transposed(delta).map((row) => row.reduce((a, c) => a + c, 0))]);
  });

  test('row 23 (4.3) softmax of columns: every column sums to 1', () => {
    const y = softmax(value(truth.Z1), { axis: 0 });
    close(y, softmaxColumns(truth.Z1));
    close(sum(y, { axis: 0 }), [1, 1, 1, 1, 1]);
  });

  test('row 24 (4.3) softmax vjp Y * (G - sum(Y * G)), the sum along the class axis and kept: also at n = p', () => {
    for (const size of [3, 4]) {
      const [z, g] = [wave(3, size, 1.5), wave(3, size, 1.6)];
      const y = softmaxColumns(z);
      const inner = transposed(y).map((c, j) => c.reduce((s, a, i) => s + a * (g[i]?.[j] ?? 0), 0));
      const wanted = y.map((row, i) => row.map((a, j) => a * ((g[i]?.[j] ?? 0) - (inner[j] ?? 0))));
      close(vjp((x) => softmax(x, { axis: 0 }))(value(z))(value(g))[0], wanted);
      close(vjp((x) => softmax(x))(value(transposed(z)))(value(transposed(g)))[0], transposed(wanted));
    }
    // What a lost axis would give at n = p: another number, silently.
    const [z, g] = [wave(3, 3, 1.5), wave(3, 3, 1.6)];
    const y = value(softmaxColumns(z));
    const lost = mul(y, sub(value(g), transpose(broadcast(sum(mul(y, value(g)), { axis: 0 }), [3, 3]))));
    const right = vjp((x) => softmax(x, { axis: 0 }))(value(z))(value(g))[0];
    expect(Math.max(...numbers(sub(right ?? y, lost)).map(Math.abs))).toBeGreaterThan(1e-3);
  });
});

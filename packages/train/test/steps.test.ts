import { CpuBackend } from '@pullback/backend-cpu';
import { type Buffer, DataError, ShapeError, type TensorLike, type TypedArray } from '@pullback/core';
import { dense, sequential, sigmoid } from '@pullback/layers';
import { halfSquaredError, softmaxCrossEntropy } from '@pullback/losses';
import { momentum } from '@pullback/optimizers';
import { type Batch, Model, type ModelOptions } from '@pullback/train';
import { describe, expect, test } from 'vitest';

class Watching extends CpuBackend {
  writes = 0;
  override write(buffer: Buffer, data: TypedArray): void {
    this.writes++;
    super.write(buffer, data);
  }
}

const create = (backend: CpuBackend, options: Partial<ModelOptions> = {}) =>
  Model.create({
    network: sequential(dense(3), sigmoid(), dense(2)),
    input: [2],
    loss: halfSquaredError(),
    optimizer: momentum({ learningRate: 0.5 }),
    backend,
    seed: 3,
    ...options,
  });

/** The same numbers in arrays that no step has seen. */
function fresh<T>(like: T): T {
  return structuredClone(like);
}

function put<T>(array: { [i: number]: T }, i: number, value: T): void {
  array[i] = value;
}

/**
 * Two models, the one given the same batch again and again, the other copies of it; `change` is called before every step from the
 * second on. Both have to do the same.
 */
async function compare(
  batch: Batch,
  change: (step: number) => void,
  options: { steps?: number; model?: Partial<ModelOptions>; writes?: number } = {},
) {
  const { steps = 6, model } = options;
  const backend = new Watching();
  const [same, other] = [await create(backend, model), await create(new CpuBackend(), model)];
  await same.step(batch).loss.read();
  await other.step(fresh(batch)).loss.read();
  const losses: number[] = [];
  for (let step = 1; step < steps; step++) {
    change(step);
    const before = backend.writes;
    const { loss } = same.step(batch);
    const writes = backend.writes - before;
    // The first runs make what is remembered.
    if (step > 2 && options.writes !== undefined) expect(writes).toBe(options.writes);
    losses.push(await loss.read());
    expect(losses.at(-1)).toBe(await other.step(fresh(batch)).loss.read());
  }
  expect(await same.weights()).toEqual(await other.weights());
  expect(same.stepCount).toBe(steps);
  return losses;
}

const few = (): { x: Float32Array; y: Float32Array } => ({
  x: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1),
  y: Float32Array.of(0, 1, 1, 0, 1, 0, 0, 1),
});
const shaped = ({ x, y }: { x: TypedArray; y: TypedArray }): Batch => ({
  x: { shape: [x.length / 2, 2], data: x },
  y: { shape: [y.length / 2, 2], data: y },
});

describe('steps on the same arrays again are steps on copies of them', () => {
  test('few numbers that stay: nothing is written', () => compare(shaped(few()), () => {}, { writes: 0 }));

  test('few that change: what changed is written', async () => {
    const { x, y } = few();
    const losses = await compare(shaped({ x, y }), (step) => void x.fill(step / 7), { writes: 1 });
    expect(new Set(losses).size).toBe(losses.length);
    await compare(
      shaped({ x, y }),
      (step) => {
        x[1] = step;
        y[0] = -step;
      },
      { writes: 2 },
    );
  });

  test('the sign of a zero and NaN are changes as any other', async () => {
    const { x, y } = few();
    await compare(shaped({ x, y }), (step) => put(x, 0, step % 2 === 0 ? 0 : -0), { writes: 1 });
    await compare(shaped({ x, y }), (step) => put(x, 0, step > 3 ? Number.NaN : 0));
  });

  test('many numbers are written again, seen or not', async () => {
    const x = Float32Array.from({ length: 6000 }, (_, i) => (i % 17) / 17);
    const y = Float32Array.from({ length: 6000 }, (_, i) => (i % 5) / 500);
    await compare(shaped({ x, y }), () => {}, {
      writes: 2,
      model: { optimizer: momentum({ learningRate: 1e-5 }) },
    });
    await compare(shaped({ x, y }), (step) => put(x, 5999, step), {
      writes: 2,
      model: { optimizer: momentum({ learningRate: 1e-5 }) },
    });
  });

  test('numbers that are converted: bytes, float64 and nested arrays', async () => {
    const bytes = Uint8Array.of(0, 0, 0, 1, 1, 0, 1, 1);
    const doubles = Float64Array.from(few().y, (t) => t / 3);
    await compare(shaped({ x: bytes, y: doubles }), () => {}, { writes: 0 });
    await compare(shaped({ x: bytes, y: doubles }), (step) => {
      bytes[0] = step;
      doubles[1] = step / 3;
    });
    const nested = [
      [0, 1],
      [1, 0],
    ];
    await compare({ x: nested, y: nested }, () => {}, { writes: 0 });
    await compare({ x: nested, y: nested }, (step) => put(nested, 1, [step, 0.1]));
  });

  test('a wrapper that is made anew, around the same array', async () => {
    const { x, y } = few();
    await compare(
      {
        get x() {
          return { shape: [4, 2], data: x };
        },
        get y(): TensorLike {
          return { shape: [4, 2], data: y };
        },
      },
      () => {},
      { writes: 0 },
    );
  });

  test('weights of samples and of classes', async () => {
    const sampleWeights = Float32Array.of(1, 2, 3, 4);
    const classWeights = [1, 2];
    const batch = { ...shaped(few()), sampleWeights, classWeights };
    await compare(batch, () => {}, { writes: 0 });
    await compare(batch, (step) => put(sampleWeights, 2, step));
    await compare(batch, (step) => put(classWeights, 0, step));
  });

  test('the same array as input, as it is, and as labels, converted', async () => {
    const labels = Float32Array.of(0, 1, 1, 0);
    const batch = { x: { shape: [4, 1], data: labels }, y: labels };
    const model = { input: [1], loss: softmaxCrossEntropy() };
    await compare(batch, () => {}, { writes: 0, model });
    await compare(batch, (step) => put(labels, 0, step % 2), { model });
  });
});

describe('what is another batch is read anew', () => {
  const started = async (batch: Batch, options: Partial<ModelOptions> = {}) => {
    const model = await create(new Watching(), options);
    for (let i = 0; i < 4; i++) await model.step(batch).loss.read();
    return model;
  };
  test('nested arrays that became ragged, or hold what is no number', async () => {
    const x: number[][] = [
      [0, 1],
      [1, 0],
    ];
    const batch = {
      x,
      y: [
        [0, 1],
        [1, 0],
      ],
    };
    const model = await started(batch);
    x[1] = [1];
    expect(() => model.step(batch)).toThrow(ShapeError);
    x[1] = JSON.parse('[1, "0"]');
    expect(() => model.step(batch)).toThrow(DataError);
    x.pop();
    expect(() => model.step(batch)).toThrow(DataError);
    expect(model.stepCount).toBe(4);
  });
  test('a label that left its range', async () => {
    const labels = Int32Array.of(0, 1, 1, 0);
    const batch = { x: shaped(few()).x, y: labels };
    const model = await started(batch, { loss: softmaxCrossEntropy() });
    labels[3] = 2;
    expect(() => model.step(batch)).toThrow(DataError);
  });
  test('the same array in another shape, and with weights', async () => {
    const { x, y } = few();
    const model = await started(shaped({ x, y }));
    expect(() => model.step({ ...shaped({ x, y }), x: { shape: [2, 4], data: x } })).toThrow(DataError);
    expect(() => model.step({ ...shaped({ x, y }), sampleWeights: [1] })).toThrow(DataError);
    model.step({ ...shaped({ x, y }), sampleWeights: [1, 1, 1, 1] });
    expect(model.stepCount).toBe(5);
  });
  test('another fit between two steps has its own batch', async () => {
    const batch = shaped(few());
    const [a, b] = [await started(batch), await started(batch)];
    const stream = (x: number) => ({
      [Symbol.iterator]: () =>
        [
          {
            x: [
              [x, 0],
              [0, x],
              [x, x],
              [1, 1],
            ],
            y: batch.y,
          },
        ][Symbol.iterator](),
    });
    for (const model of [a, b]) await model.fit(stream(0.3), { progress: false });
    a.step(batch);
    b.step(fresh(batch));
    expect(await a.weights()).toEqual(await b.weights());
  });
  test('a model that was moved, disposed of, or restored', async () => {
    const batch = shaped(few());
    const [a, b] = [await started(batch), await started(batch)];
    await a.to(new CpuBackend());
    a.step(batch, { times: 3 });
    b.step(fresh(batch), { times: 3 });
    expect(await a.weights()).toEqual(await b.weights());
    a.dispose();
    expect(() => a.step(batch)).toThrow(/disposed/);
  });
});

test('a step that waits for its Program is run on the numbers that it was given', async () => {
  const { x, y } = few();
  const batch = shaped({ x, y });
  const [a, b] = [await create(new CpuBackend()), await create(new CpuBackend())];
  const before = fresh(batch);
  a.step(batch);
  x.fill(9);
  b.step(before);
  expect(await a.weights()).toEqual(await b.weights());
});

import { cpu } from '@pullback/backend-cpu';
import { constant, evaluate, type Layer, type Shape, type Value } from '@pullback/core';
import { cutout, frozen, mixup, randomCrop, randomFlip, randomShift, sequential } from '@pullback/layers';
import { halfSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { Model, Walk } from '@pullback/train';
import { describe, expect, test } from 'vitest';

const [samples, height, width] = [600, 3, 4];
/** Sample after sample the numbers from 1 on. */
const image = Array.from({ length: height * width }, (_, i) => i + 1);
const at = (y: number, x: number) =>
  y < 0 || y >= height || x < 0 || x >= width ? 0 : (image[y * width + x] ?? 0);

/** What a layer makes of `samples` equal images of one channel, each as a list; and its extents. */
function images(
  layer: Layer<readonly [Value]>,
  { training = true, layout = 'row' as 'row' | 'column', step = 0 } = {},
) {
  const shape = layout === 'row' ? [samples, height, width, 1] : [1, height, width, samples];
  const data = Float64Array.from({ length: samples * image.length }, (_, i) =>
    layout === 'row' ? (image[i % image.length] ?? 0) : (image[Math.floor(i / samples)] ?? 0),
  );
  const walk = new Walk({
    dtype: 'float64',
    layout,
    training,
    key: constant(new Int32Array([5, 17])),
    step: constant(step, { dtype: 'int32' }),
  });
  const y = evaluate(walk.run('network', layer, constant({ shape, data }, { dtype: 'float64' })));
  const size = y.data.length / samples;
  const each = Array.from({ length: samples }, (_, n) =>
    Array.from(
      { length: size },
      (_, i) => y.data[layout === 'row' ? n * size + i : i * samples + n] ?? Number.NaN,
    ),
  );
  return { shape: y.shape, each };
}

/** How often each of `possible` is among the images, all of which are one of them; equally often within five standard errors. */
function expectEqually(each: readonly number[][], possible: readonly (readonly number[])[]) {
  const counts = new Map(possible.map((one) => [one.join(), 0]));
  for (const one of each) {
    expect([...counts.keys()]).toContain(one.join());
    counts.set(one.join(), (counts.get(one.join()) ?? 0) + 1);
  }
  const share = 1 / possible.length;
  const error = Math.sqrt((share * (1 - share)) / samples);
  expect(counts.size).toBe(possible.length);
  for (const count of counts.values()) expect(Math.abs(count / samples - share)).toBeLessThan(5 * error);
}

const rows = [0, 1, 2];
const columns = [0, 1, 2, 3];
const made = (h: readonly number[], w: readonly number[]) => h.flatMap((y) => w.map((x) => at(y, x)));

describe('images are disturbed while training, each by a draw of its own', () => {
  for (const layout of ['row', 'column'] as const) {
    test(`randomFlip, samples in ${layout}s`, () => {
      const mirrored = made(rows, [3, 2, 1, 0]);
      const upside = made([2, 1, 0], columns);
      const both = made([2, 1, 0], [3, 2, 1, 0]);
      expectEqually(images(randomFlip(), { layout }).each, [image, mirrored]);
      expectEqually(images(randomFlip({ direction: 'vertical' }), { layout }).each, [image, upside]);
      expectEqually(images(randomFlip({ direction: 'both' }), { layout }).each, [
        image,
        mirrored,
        upside,
        both,
      ]);
    });
    test(`randomShift by every distance, with zeros from outside, samples in ${layout}s`, () => {
      const possible = [-1, 0, 1].flatMap((dy) =>
        [-2, -1, 0, 1, 2].map((dx) =>
          made(
            rows.map((y) => y + dy),
            columns.map((x) => x + dx),
          ),
        ),
      );
      const { each, shape } = images(randomShift([1, 2]), { layout });
      expect(shape.filter((extent) => extent > 1)).toHaveLength(3);
      expectEqually(each, possible);
    });
  }
  test('randomCrop from anywhere; from the middle in prediction', () => {
    const part = (y: number, x: number) => made([y, y + 1], [x, x + 1]);
    const possible = [0, 1].flatMap((y) => [0, 1, 2].map((x) => part(y, x)));
    expectEqually(images(randomCrop(2)).each, possible);
    const { each, shape } = images(randomCrop(2), { training: false });
    expect(shape).toEqual([samples, 2, 2, 1]);
    expect(new Set(each.map(String))).toEqual(new Set([part(0, 1).join()]));
    expect(() => images(randomCrop(4))).toThrow(/part of 4 x 4 over/);
  });
  test('cutout of a part whose centre is anywhere in the image', () => {
    // 2 x 2 around a centre: one place before it and itself.
    const hole = (cy: number, cx: number) =>
      rows.flatMap((y) =>
        columns.map((x) => (y >= cy - 1 && y <= cy && x >= cx - 1 && x <= cx ? 0 : at(y, x))),
      );
    expectEqually(
      images(cutout(2)).each,
      rows.flatMap((y) => columns.map((x) => hole(y, x))),
    );
  });
  test('other draws at another step, none in prediction nor in a frozen layer', () => {
    for (const layer of [randomFlip(), randomShift(1), cutout(2)]) {
      expect(images(layer).each).toEqual(images(layer).each);
      expect(images(layer, { step: 1 }).each).not.toEqual(images(layer).each);
      for (const quiet of [images(layer, { training: false }), images(frozen(layer))])
        expect(new Set(quiet.each.map(String))).toEqual(new Set([image.join()]));
    }
  });
  test('what cannot be turned, and options', () => {
    const sequence = (layer: Layer<readonly [Value]>, shape: Shape) => {
      const key = constant(new Int32Array([5, 17]));
      const walk = new Walk({
        dtype: 'float64',
        layout: 'row',
        training: true,
        key,
        step: constant(0, { dtype: 'int32' }),
      });
      return walk.run('network', layer, constant({ shape, data: new Float64Array(12) }, { dtype: 'float64' }))
        .shape;
    };
    expect(() => sequence(randomFlip({ direction: 'vertical' }), [2, 3, 2])).toThrow(/vertical/);
    expect(sequence(randomShift(1), [2, 3, 2])).toEqual([2, 3, 2]);
    expect(() => randomShift(-1)).toThrow(/places/);
    expect(() => mixup({ alpha: 0 })).toThrow(/alpha/);
  });
});

describe('mixup', () => {
  const pairs = 4000;
  /** Samples of 0 in the first half of a batch, of 1 in the second: each is mixed with one of the other kind. */
  const x = Array.from({ length: pairs }, (_, i) => [i < pairs / 2 ? 0 : 1]);
  const shares = (alpha: number) => {
    const key = constant(new Int32Array([5, 17]));
    const walk = new Walk({
      dtype: 'float64',
      layout: 'row',
      training: true,
      key,
      step: constant(0, { dtype: 'int32' }),
    });
    const { data } = evaluate(walk.run('network', mixup({ alpha }), constant(x, { dtype: 'float64' })));
    return Array.from(data, (value, i) => (i < pairs / 2 ? 1 - value : value));
  };
  for (const alpha of [0.2, 1, 4])
    test(`shares are of Beta(${alpha}, ${alpha}): mean 1/2, variance 1 / (4 (2 alpha + 1))`, () => {
      const all = shares(alpha);
      const mean = all.reduce((a, b) => a + b) / pairs;
      const variance = all.reduce((a, s) => a + (s - 0.5) ** 2, 0) / pairs;
      const wanted = 1 / (4 * (2 * alpha + 1));
      const five = 5 / Math.sqrt(pairs);
      expect(Math.abs(mean - 0.5)).toBeLessThan(five * Math.sqrt(wanted));
      expect(Math.abs(variance - wanted)).toBeLessThan(five * 0.13);
      expect(all.every((s) => s >= 0 && s <= 1)).toBe(true);
      // A tail of the distribution: I_0.1(1, 1) = 0.1, I_0.1(4, 4) = 35 0.1^4 (1 - ...) = 0.002728.
      const tail = all.filter((s) => s < 0.1).length / pairs;
      const known = { 1: 0.1, 4: 0.002728 }[alpha];
      if (known !== undefined) expect(Math.abs(tail - known)).toBeLessThan(five * Math.sqrt(known));
    });
  test("the error is s e(y, t) + (1 - s) e(y, t'): with y = x = t that is s (1 - s) / 2, 1/12 in the mean for alpha 1", async () => {
    const model = await Model.create({
      network: sequential(mixup({ alpha: 1 })),
      input: [1],
      loss: halfSquaredError(),
      optimizer: sgd({ learningRate: 0.1 }),
      backend: cpu(),
      dtype: 'float64',
    });
    const loss = await model.step({ x, y: x }).loss.read();
    expect(Math.abs(loss / pairs - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / pairs));
    const weighed = await model.step({ x, y: x, sampleWeights: x.map(() => 3) }).loss.read();
    expect(Math.abs(weighed / pairs - 3 / 12)).toBeLessThan(15 * Math.sqrt(1 / 180 / pairs));
    expect(await model.evaluate(x, x)).toEqual({ loss: 0 });
  });
  test('twice in one network, or with a loss that has no errors of samples', async () => {
    const of = (network: Layer<readonly [Value]>, loss = halfSquaredError()) =>
      Model.create({ network, input: [1], loss, optimizer: sgd({ learningRate: 0.1 }), backend: cpu() });
    await expect(of(sequential(mixup(), mixup()))).rejects.toThrow(/mixed already/);
    const { perSample: _, ...bare } = halfSquaredError();
    const model = await of(sequential(mixup()), bare);
    await expect(model.step({ x: [[1], [2]], y: [[1], [2]] }).loss.read()).rejects.toThrow(/perSample/);
  });
});

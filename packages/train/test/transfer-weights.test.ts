import { readFile } from 'node:fs/promises';
import { cpu } from '@pullback/backend-cpu';
import {
  CheckpointError,
  OptionError,
  ShapeError,
  slice,
  transpose,
  UnknownNameError,
  type Value,
} from '@pullback/core';
import { batchNorm, dense, flatten, gelu, sequential, transformerBlock } from '@pullback/layers';
import { halfSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { compareWeights, Model, type NameMap, transferWeights } from '@pullback/train';
import { describe, expect, test } from 'vitest';
import { f32, file } from '../../safetensors/test/safetensors-file.ts';

const fixture = (name: string) => readFile(new URL(`fixtures/${name}`, import.meta.url));
const block = (i: number) =>
  transformerBlock(2, { placement: 'post', units: 6, activation: gelu, name: `block${i}` });
const model = (outputs = 3) =>
  Model.create({
    network: sequential(
      block(0),
      block(1),
      flatten(),
      batchNorm({ name: 'norm' }),
      dense(outputs, { name: 'head' }),
    ),
    input: [3, 4],
    loss: halfSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: cpu(),
    dtype: 'float64',
  });
const part = (i: number) => (x: Value) => slice(x, [4 * i], [4 * i + 4]);
const layers = 'encoder.layers.{i}';
const blocks = 'network/block{i}';
/** Of torch's state_dict to ours. */
const names: NameMap = {
  [`${layers}.self_attn.in_proj_weight`]: ['query', 'key', 'value'].map((name, i) => ({
    to: `${blocks}/attention/${name}`,
    change: (x) => transpose(part(i)(x)),
  })),
  [`${layers}.self_attn.in_proj_bias`]: ['query', 'key', 'value'].map((name, i) => ({
    to: `${blocks}/attention/${name}Bias`,
    change: part(i),
  })),
  [`${layers}.self_attn.out_proj.weight`]: { to: `${blocks}/attention/output`, transpose: true },
  [`${layers}.self_attn.out_proj.bias`]: `${blocks}/attention/outputBias`,
  [`${layers}.linear1.weight`]: { to: `${blocks}/feedForward/inner`, transpose: true },
  [`${layers}.linear1.bias`]: `${blocks}/feedForward/innerBias`,
  [`${layers}.linear2.weight`]: { to: `${blocks}/feedForward/output`, transpose: true },
  [`${layers}.linear2.bias`]: `${blocks}/feedForward/outputBias`,
  [`${layers}.norm1.weight`]: `${blocks}/attentionNorm/scale`,
  [`${layers}.norm1.bias`]: `${blocks}/attentionNorm/bias`,
  [`${layers}.norm2.weight`]: `${blocks}/feedForwardNorm/scale`,
  [`${layers}.norm2.bias`]: `${blocks}/feedForwardNorm/bias`,
  'norm.weight': 'network/norm/scale',
  'norm.bias': 'network/norm/bias',
  'norm.running_mean': 'network/norm/mean',
  'norm.running_var': 'network/norm/variance',
  '**.num_batches_tracked': null,
  'head.weight': { to: 'network/head/kernel', transpose: true },
  'head.bias': 'network/head/bias',
};
const numbersOf = async (of: Model) => [await of.weights(), await of.states()];

describe('a state_dict of torch', () => {
  test('predicts what torch predicted, with running figures, to 1e-12', async () => {
    const { x, y }: { x: number[][][]; y: number[][] } = JSON.parse(
      (await fixture('state-dict.json')).toString(),
    );
    const one = await model();
    const report = await transferWeights(await fixture('state-dict.safetensors'), one, { names });
    expect(report.fits).toBe(true);
    expect(report.counts).toBe('38 taken, 1 ignored');
    const found = await one.predict(x);
    y.flat().forEach((wanted, i) => {
      expect(Math.abs((found.data[i] ?? Number.NaN) - wanted)).toBeLessThan(1e-12);
    });
  });

  test('goes into a model with another head, which stays as it is', async () => {
    const one = await model(5);
    const before = await one.weights();
    const bytes = await fixture('state-dict.safetensors');
    const report = await transferWeights(bytes, one, { names, keep: ['network/head/*'] });
    expect(report.of('kept').map(({ path }) => path)).toEqual(['network/head/kernel', 'network/head/bias']);
    expect(report.of('ignored').map(({ name }) => name)).toContain('head.weight');
    const after = await one.weights();
    expect(after['network/head/kernel']).toEqual(before['network/head/kernel']);
    expect(after['network/block0/attention/query']).not.toEqual(before['network/block0/attention/query']);
  });

  test('is told in a table, and changes nothing, when something does not fit', async () => {
    const bytes = await fixture('state-dict.safetensors');
    const one = await model(5);
    const before = await numbersOf(one);
    const { 'norm.running_var': _, 'norm.bias': __, ...fewer } = names;
    const given = { names: { ...fewer, 'norm.bias': 'network/nrom/bias' } };
    const report = await compareWeights(bytes, one, given);
    expect(report.fits).toBe(false);
    expect(report.of('missing').map(({ path }) => path)).toEqual([
      'network/norm/variance',
      'network/norm/bias',
    ]);
    expect(report.of('left over').map(({ name }) => name)).toEqual(['norm.bias', 'norm.running_var']);
    expect(report.of('shape differs')).toEqual([
      {
        became: 'shape differs',
        path: 'network/head/kernel',
        name: 'head.weight',
        held: 'float64[12, 5]',
        found: 'float64[3, 12]',
        why: '[12, 3] for [12, 5]',
      },
      expect.objectContaining({ name: 'head.bias', why: '[3] for [5]' }),
    ]);
    const text = String(report);
    expect(text).toMatch(
      /network\/head\/kernel +float64\[12, 5\] +head\.weight +float64\[3, 12\] +shape differs: /,
    );
    expect(text).toMatch(/norm\.bias +float64\[12\] +left over: the model has no 'network\/nrom\/bias'/);
    expect(text.split('\n').at(-1)).toBe('34 taken, 2 shape differs, 2 missing, 2 left over, 1 ignored');
    const failure = await transferWeights(bytes, one, given).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CheckpointError);
    expect(String(failure)).toMatch(/2 missing.*network\/head\/kernel/);
    expect(await numbersOf(one)).toEqual(before);
  });
});

describe('a small file', () => {
  const tiny = () =>
    Model.create({
      network: dense(2),
      input: [1],
      loss: halfSquaredError(),
      optimizer: sgd({ learningRate: 0.1 }),
      backend: cpu(),
    });
  const kernel = { dtype: 'F32', shape: [1, 2], data_offsets: [0, 8] };
  const bias = { dtype: 'F32', shape: [2], data_offsets: [8, 16] };
  const both = (header: object) => file(header, f32(1, 2, 3, 4));

  test('goes to the paths that it names, without rules; a file of ours too, with its states', async () => {
    const one = await tiny();
    const report = await transferWeights(both({ 'network/kernel': kernel, 'network/bias': bias }), one);
    expect(report.counts).toBe('2 taken');
    expect(Array.from((await one.weights())['network/bias']?.data ?? [])).toEqual([3, 4]);
    const parts: Uint8Array[] = [];
    const first = await model();
    await first.save(new WritableStream({ write: (bytes) => void parts.push(bytes) }));
    const second = await model();
    await transferWeights(Buffer.concat(parts), second);
    expect(await numbersOf(second)).toEqual(await numbersOf(first));
  });

  test('of integers, of a dtype that cannot be read, of a change that fails does not fit', async () => {
    const one = await tiny();
    const why = async (kind: object, change?: (x: Value) => Value) => {
      const names = { k: { to: 'network/kernel', ...(change && { change }) }, b: 'network/bias' };
      const report = await compareWeights(both({ k: { ...kernel, ...kind }, b: bias }), one, { names });
      return report.of('shape differs').map((line) => line.why);
    };
    expect(await why({})).toEqual([]);
    expect(await why({ dtype: 'I32' })).toEqual(['int32 for float32']);
    expect(await why({ dtype: 'C64', shape: [1] })).toEqual(['a dtype that cannot be read']);
    expect(await why({}, (x) => slice(x, [0, 0], [1, 9]))).toEqual([expect.stringMatching(/place 9/)]);
    await expect(
      why({}, () => {
        throw new TypeError('of the user');
      }),
    ).rejects.toThrow('of the user');
  });

  test('rules that are none are refused', async () => {
    const one = await tiny();
    const given = both({ k: kernel, b: bias });
    const refused: readonly (readonly [object, RegExp])[] = [
      [{ 'k{': 'network/kernel' }, /'\{' in the pattern/],
      [{ 'k{1}': 'network/kernel' }, /'\{1\}'/],
      [{ '{k}': 'network/{j}' }, /\{j\} in the path/],
      [{ k: 3 }, /names\.k|a map of names/],
      [{ '*': 'network/kernel' }, /'k' and 'b' for 'network\/kernel'/],
    ];
    for (const [rules, message] of refused) {
      const failure = await compareWeights(given, one, { names: rules as NameMap }).catch(
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(OptionError);
      expect(String(failure)).toMatch(message);
    }
    await expect(compareWeights(given, one, { name: {} } as object)).rejects.toThrow(/names/);
  });
});

describe('load', () => {
  test('takes states that are given, and leaves weights of `keep` as they are', async () => {
    const one = await model();
    const [weights = {}, states = {}] = await numbersOf(one);
    const mean = { shape: [12], data: new Float64Array(12).fill(3) };
    await one.load({ ...weights, 'network/norm/mean': mean });
    expect((await one.states())['network/norm/mean']).toEqual(mean);
    expect((await one.states())['network/norm/variance']).toEqual(states['network/norm/variance']);
    const { 'network/head/kernel': _, ...others } = weights;
    await expect(one.load(others)).rejects.toThrow(/network\/head\/kernel/);
    await one.load(others, { keep: ['**/head/kernel'] });
    await expect(
      one.load({ ...weights, 'network/norm/mean': { shape: [3], data: [1, 2, 3] } }),
    ).rejects.toThrow(ShapeError);
    await expect(one.load({ ...weights, 'network/norm/maen': mean })).rejects.toThrow(UnknownNameError);
  });
});

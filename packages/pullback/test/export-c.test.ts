import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@pullback/backend-cpu';
import { native, whyNoNative } from '@pullback/backend-native';
import { describe, expect, test } from 'vitest';
import {
  adam,
  type Backend,
  dense,
  dropout,
  type FloatDType,
  lstm,
  Model,
  sequential,
  softmaxCrossEntropy,
  tanh,
  tensor,
} from '../src/index.ts';

const missing = whyNoNative();

const make = (backend: Backend, dtype: FloatDType = 'float32') =>
  Model.create({
    network: sequential(dense(9), tanh(), dropout(0.2), dense(3)),
    input: [5],
    loss: softmaxCrossEntropy(),
    optimizer: adam({ learningRate: 0.01 }),
    seed: 4,
    dtype,
    backend,
  });
const data = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i));
const x = tensor(data, { shape: [8, 5] });
const y = tensor(Int32Array.from([0, 1, 2, 0, 1, 2, 0, 1]));

/** Compiles an exported model with a `main` as a stranger would, and gives the lines that it prints. */
function ran({ code, loader }: { code: Uint8Array; loader: string }, main: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'export-c-'));
  const at = (file: string) => join(folder, file);
  try {
    writeFileSync(at('model.c'), code);
    writeFileSync(at('model.h'), loader);
    writeFileSync(
      at('main.c'),
      `#include <stdio.h>\n#include <string.h>\n#include "model.h"\nint main(void) {\n${main}\n}\n`,
    );
    const flags = [
      '-std=c99',
      '-O2',
      '-march=native',
      '-Wall',
      '-Wextra',
      '-Wno-unused-parameter',
      '-Werror',
    ];
    execFileSync('cc', [...flags, at('model.c'), at('main.c'), '-o', at('model'), '-lm']);
    return execFileSync(at('model'), { encoding: 'utf8' }).trim().split('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const print = (name: string, n: number, type = 'float') =>
  `for (int i = 0; i < ${n}; i++) { ${type === 'float' ? 'uint32_t' : 'uint64_t'} u; memcpy(&u, &${name}[i], sizeof u); printf("%llx\\n", (unsigned long long)u); }`;
const bits32 = (numbers: ArrayLike<number>) =>
  Array.from(new Uint32Array(Float32Array.from(numbers).buffer), (u) => u.toString(16));
const bits64 = (numbers: ArrayLike<number>) =>
  Array.from(new BigUint64Array(Float64Array.from(numbers).buffer), (u) => u.toString(16));

describe.skipIf(missing !== undefined)(
  `a model as C${missing === undefined ? '' : `: not run, ${missing}`}`,
  () => {
    test('predicts what a deterministic model predicts, bit for bit', async () => {
      const model = await make(native({ deterministic: true }));
      await model.step({ x, y }, { times: 3 }).loss.read();
      const exported = await model.export({ x }, { language: 'c' });
      const given = `const float x[40] = {${Array.from(data)
        .join('f, ')
        .replace(/(^|, )(-?\d+)f/g, '$1$2.0f')}f};`;
      const got = ran(
        exported,
        `${given}\nmemcpy(model_x, x, sizeof x);\nmodel_run(1);\n${print('model_prediction', 24)}`,
      );
      expect(got).toEqual(bits32((await model.predict(x)).data));
    });

    test('trains on as the model does, in float64 with the bits of the reference', async () => {
      const wide = { x: tensor(Float64Array.from(data), { shape: [8, 5] }), y };
      const model = await make(cpu(), 'float64');
      const exported = await model.export(wide, { language: 'c' });
      const loss = await model.step(wide, { times: 4 }).loss.read();
      const given = `const double x[40] = {${Array.from(data).join(', ')}};\nconst int32_t y[8] = {0, 1, 2, 0, 1, 2, 0, 1};`;
      const kernel = 'model_weight_network_0_kernel';
      const got = ran(
        exported,
        `${given}\nmemcpy(model_x, x, sizeof x);\nmemcpy(model_y, y, sizeof y);\nmodel_run(1);\nmodel_run(3);\n${print('model_loss', 1, 'double')}\n${print(kernel, 45, 'double')}`,
      );
      const weights = await model.weights();
      expect(got).toEqual([...bits64([loss]), ...bits64(weights['network/0/kernel']?.data ?? [])]);
    });

    test('trains a recurrence, whose steps are a loop', async () => {
      const long = {
        x: tensor(Float64Array.from(data), { shape: [4, 5, 2] }),
        y: tensor(Int32Array.from([0, 1, 2, 0])),
      };
      const model = await Model.create({
        network: sequential(lstm(3, { returns: 'last' }), dense(3)),
        input: [5, 2],
        loss: softmaxCrossEntropy(),
        optimizer: adam({ learningRate: 0.01 }),
        seed: 4,
        dtype: 'float64',
        backend: cpu(),
      });
      const exported = await model.export(long, { language: 'c' });
      expect(
        new TextDecoder().decode(exported.code).match(/for \(int64_t t = 0; t < 5; t\+\+\) \{/g),
      ).toHaveLength(2);
      const loss = await model.step(long, { times: 3 }).loss.read();
      const given = `const double x[40] = {${Array.from(data).join(', ')}};\nconst int32_t y[4] = {0, 1, 2, 0};`;
      const got = ran(
        exported,
        `${given}\nmemcpy(model_x, x, sizeof x);\nmemcpy(model_y, y, sizeof y);\nmodel_run(3);\n${print('model_loss', 1, 'double')}`,
      );
      expect(got).toEqual(bits64([loss]));
    });
  },
);

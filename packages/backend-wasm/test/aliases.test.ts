// Outputs that share the memory of inputs, which is known when a Program is bound: its straight line was chosen before.
import { concatenate, mul, placeholder, slice, trace } from '@pullback/core';
import { expect, test } from 'vitest';
import { wasm } from '../src/wasm-backend.ts';
import { KernelsBackend } from './kernels-backend.ts';

const x = placeholder({ shape: [4], dtype: 'float32' }, 'x');

for (const [name, backend] of [
  ['a straight line', wasm()],
  ['kernels', new KernelsBackend()],
] as const) {
  test(`${name}: what a step makes, the next one reads`, async () => {
    const executable = await backend.compile(
      trace([x], [mul(x, concatenate([slice(x, [3]), slice(x, [0], [3])]))]),
    );
    const [buffer, other] = [backend.allocate(x.spec), backend.allocate(x.spec)];
    backend.write(buffer, Float32Array.of(1, 2, 3, 4));
    executable.bind([buffer], [other]).run(3);
    expect([...(await backend.read(other))]).toEqual([4, 2, 6, 12]);
    executable.bind([buffer], [buffer]).run(2);
    expect([...(await backend.read(buffer))]).toEqual([48, 8, 12, 72]);
  });

  test(`${name}: an output that is shorter than the input whose memory it has`, async () => {
    const executable = await backend.compile(trace([x], [mul(slice(x, [0], [2]), slice(x, [2]))]));
    const buffer = backend.allocate(x.spec);
    backend.write(buffer, Float32Array.of(1, 2, 3, 4));
    executable.bind([buffer], [buffer]).run(3);
    expect([...(await backend.read(buffer))]).toEqual([27, 128, 3, 4]);
  });
}

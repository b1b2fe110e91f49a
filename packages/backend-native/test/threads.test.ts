import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  add,
  type Backend,
  compile,
  exp,
  matmul,
  mul,
  RandomStream,
  softmax,
  sum,
  tanh,
  type Value,
} from '@pullback/core';
import { examinePrograms, expectedOf, mismatch, runProgram } from '@pullback/testing';
import { expect, test } from 'vitest';
import { NativeBackend, native } from '../src/index.ts';
import { describeNative } from './available.ts';
import { cache } from './folder.ts';

/** Divides every kernel that can be divided. */
class DividingBackend extends NativeBackend {
  protected override readonly wide: number = 0;
}

const random = RandomStream.of(3, 'threads');
const drawn = (...shape: number[]) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((n, extent) => n * extent, 1) }, () => random.normal()),
});

describeNative('threads', () => {
  test('give the bits of one, for any number', async () => {
    const given = [drawn(67, 45), drawn(45, 130), drawn(1, 130)];
    const f = (a: Value, b: Value, c: Value) => {
      const y = tanh(add(matmul(a, b), c));
      return [y, softmax(y), sum(y, { axis: 0 }), sum(mul(exp(y), y))];
    };
    const results = await Promise.all(
      [native({ cache }), ...[2, 3, 5].map((threads) => new DividingBackend({ threads, cache }))].map(
        async (backend: Backend) => {
          const run = await compile(f as never, { inputs: given.map(({ shape }) => shape), backend });
          for (let i = 0; i < 20; i++) await run(...given);
          const made = await run(...given);
          backend.dispose?.();
          return made.map(({ data }) => data);
        },
      ),
    );
    for (const result of results.slice(1)) expect(result).toEqual(results[0]);
  });

  test('are right for random Programs', { timeout: 240_000 }, async () => {
    const backend = new DividingBackend({ threads: 3, optimize: 1, cache });
    await examinePrograms(async (each) => mismatch(await runProgram(backend, each), expectedOf(each)), {
      dtype: 'float64',
      programs: Number(process.env['FUZZ_PROGRAMS'] ?? 6),
      seed: 11,
    });
    backend.dispose();
  });

  test('never keep a process alive', () => {
    const script = fileURLToPath(new URL('./one-step.ts', import.meta.url));
    const tsx = fileURLToPath(new URL('../../../node_modules/.bin/tsx', import.meta.url));
    const config = fileURLToPath(new URL('../../../tsconfig.base.json', import.meta.url));
    const printed = execFileSync(tsx, ['--tsconfig', config, '--conditions=@pullback/source', script], {
      encoding: 'utf8',
      timeout: 60_000,
      killSignal: 'SIGKILL',
    });
    expect(printed.trim()).toBe('5');
  });
});

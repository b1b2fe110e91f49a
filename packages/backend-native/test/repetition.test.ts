// Repetitions as loops of C, held bit for bit to the reference in float64.
import { cpu } from '@pullback/backend-cpu';
import type { Value } from '@pullback/core';
import * as core from '@pullback/core';
import { recurrent, repetition, repetitions, runProgram } from '@pullback/testing';
import { expect, test } from 'vitest';
import { NativeBackend, native } from '../src/index.ts';
import { kernelsOn } from '../src/kernels-on.ts';
import { sourceOf } from '../src/source.ts';
import { plainTarget } from '../src/target.ts';
import { describeNative } from './available.ts';
import { cache } from './folder.ts';

/** Divides every kernel that can be divided. */
class DividingBackend extends NativeBackend {
  protected override readonly wide: number = 0;
}

describeNative('repetitions', () => {
  for (const [name, made] of Object.entries(repetitions()))
    test(`${name}: as the reference`, { timeout: 60_000 }, async () => {
      expect(await runProgram(native({ optimize: 0, cache }), made)).toEqual(await runProgram(cpu(), made));
    });

  test('what the host alone can compute in a step is written out', async () => {
    const odd: core.Primitive<readonly [Value], Readonly<Record<string, never>>, Value> = {
      kind: 'elementwise',
      name: 'odd',
      infer: ([v]) => v,
      evaluate: ([v], [to]) => to.data.set(v.data.map((a) => 3 * a)),
      vjp: (slope) => [core.mul(slope, 3)],
    };
    const made = repetition(([a = core.fill(0, [])], now) => {
      const next = core.add(core.mul(core.applyPrimitive(odd, [a], {}), 0.2), now);
      return [[next], next];
    });
    expect(await runProgram(native({ optimize: 0, cache }), made)).toEqual(await runProgram(cpu(), made));
  });

  for (const threads of [2, 3])
    test(`${threads} threads`, { timeout: 60_000 }, async () => {
      const backend = new DividingBackend({ threads, optimize: 1, cache });
      for (const options of [
        { row: [9, 33], steps: 6, checkpoint: 4 },
        { row: [45, 20], steps: 5 },
      ]) {
        const made = repetition(recurrent, options);
        expect(await runProgram(backend, made)).toEqual(await runProgram(cpu(), made));
      }
      backend.dispose();
    });
});

test('as many functions for 200 steps as for 20, of as much C', () => {
  const printed = (steps: number) =>
    sourceOf(kernelsOn(repetition(recurrent, { steps }).program), plainTarget).functions;
  const [few, many] = [printed(20), printed(200)];
  expect(many).toHaveLength(few.length);
  // Sizes and strides are longer numbers.
  expect(many.join('').length).toBeLessThan(few.join('').length * 1.02);
});

test('a repetition is a loop around calls', () => {
  const { program } = repetition(recurrent, { reverse: true });
  const text = sourceOf(kernelsOn(program), plainTarget).functions.find((each) =>
    each.includes('int64_t t = 0'),
  );
  expect(text).toMatchInlineSnapshot(`
    "// scan of 5 steps %1 %2 %0 -> %3 %4 %5
    //   product [3, 5] over 5: %1(5,1) by %0(5,1)
    //     0: float64{0,1} contract
    //     1: float64{0,1} add 0 %2(5,1)
    //     2: float64{0,1} tanh 1 -> %5
    //     3: float64{0,1} mul 2 %2(5,1) -> %6
    // from scan/scan
    void kernel_1(char *const *b_, int64_t from, int64_t to, char *scratch) {
      memcpy(b_[5] + 600, b_[2], 120);
      for (int64_t t = 0; t < 5; t++) {
        { char *const p[] = {b_[5] + 600 - t * 120, b_[1], b_[3] + 480 - t * 120, b_[5] + 480 - t * 120, b_[6] + 480 - t * 120}; kernel_0(p, 0, 3, scratch); }
      }
      memcpy(b_[4], b_[5], 120);
    }"
  `);
});

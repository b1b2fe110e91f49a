import { cpu } from '@pullback/backend-cpu';
import * as core from '@pullback/core';
import { placeholder, type Shape, sizeOf, type Tensor, tensorOf, trace, type Value } from '@pullback/core';
import { runProgram } from '@pullback/testing';
import { describe, expect, test } from 'vitest';
import { KernelsBackend } from './kernels-backend.ts';

type F = (x: Value) => Value | readonly Value[];
/** For each output the input whose buffer it is written in. */
type Over = readonly (number | undefined)[];

const counted = (shape: Shape): Tensor => {
  const tensor = tensorOf({ shape, dtype: 'float64' });
  for (let i = 0; i < sizeOf(shape); i++) tensor.data[i] = i + 1;
  return tensor;
};

/** What random Programs found to be wrong once: `f` on 1, 2, 3, ... by kernels and by the reference. */
const found: readonly (readonly [what: string, shape: Shape, f: F, over?: Over])[] = [
  ['a product with a number everywhere', [2, 2], (x) => core.matmul(x, core.fill(3, [2, 2], 'float64'))],
  ['a product with places', [2, 2], (x) => core.matmul(core.iota([2, 2], { dtype: 'float64' }), x)],
  [
    'a primitive as a whole of what was reshaped',
    [2],
    (x) => core.argmax(core.reshape(core.add(x, 1), [1, 2]), { axis: 0 }),
  ],
  [
    'a literal that is first read after other values have lived',
    [2],
    (x) => {
      const [early, late] = [
        core.constant([1, 2], { dtype: 'float64' }),
        core.constant([3, 4, 5], { dtype: 'float64' }),
      ];
      const sums = core.concatenate([core.add(x, early), x]);
      return core.concatenate([sums, late]);
    },
  ],
  [
    'what gets a kernel of its own because it is read at two kinds of points',
    [2, 2, 2],
    (x) => {
      const doubled = core.add(x, x);
      const turned = core.transpose(doubled, [1, 0, 2]);
      const both = core.add(turned, turned);
      return [core.add(both, both), core.square(core.add(both, doubled))];
    },
  ],
  [
    'rows by index of what is flipped',
    [64, 33],
    (x) => core.add(core.gather(core.flip(x, 0), core.iota([3])), 0),
  ],
  [
    'rows by index of what is flipped, behind a product',
    [64, 64],
    (x) => core.add(core.matmul(x, x), core.gather(core.flip(x, 0), core.iota([64]))),
  ],
  [
    'a sum of sums that is repeated along as many columns as there were rows',
    [20, 20],
    (x) => core.add(core.broadcast(core.sum(core.sum(x, { axis: 1 })), [20]), 1),
  ],
  [
    'the sum of one -0, which is 0',
    [1],
    (x) => core.div(1, core.sum(core.mul(x, -0), { axis: 0, keepAxis: true })),
  ],
  [
    'a sum of nothing, added along an axis that had points',
    [2, 0],
    (x) => core.add(core.constant([1, 2], { dtype: 'float64' }), core.broadcast(core.sum(x), [2])),
  ],
  [
    'rows by an index that is a sum of nothing',
    [1, 2, 2],
    (x) => {
      const none = core.slice(core.argmax(x, { axis: 0, keepAxis: true }), [1]);
      return core.gather(x, core.reshape(core.sum(none, { axis: [0, 2] }), [2]), { axis: 1 });
    },
  ],
  ['padding in place that adds no element', [1], (x) => core.pad(x, { between: [1] }), [0]],
];

describe('found by random Programs', () => {
  for (const [what, shape, f, over] of found)
    test(what, async () => {
      const x = placeholder({ shape, dtype: 'float64' }, 'x');
      const outputs = [f(x)].flat();
      const random = {
        program: trace([x], outputs),
        data: [counted(shape)],
        over: over ?? outputs.map(() => undefined),
        times: 2,
      };
      expect(await runProgram(new KernelsBackend(), random)).toEqual(await runProgram(cpu(), random));
    });
});

import { kernelsFor, planFor } from '@pullback/compiler';
import * as core from '@pullback/core';
import { type Program, placeholder, type Shape, trace, type Value } from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { growth } from './counted-work.ts';

const input = (shape: Shape, name = 'x') => placeholder({ shape, dtype: 'float32' }, name);
const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

/** A step of gradient descent on n layers. */
function descent(n: number): Program {
  const x = input([4, 3]);
  const weights = times(n, (i) => [input([3, 3], `kernel${i}`), input([3], `bias${i}`)] as const);
  const y = weights.reduce<Value>((h, [w, b]) => core.tanh(core.add(core.matmul(h, w), b)), x);
  const loss = core.sum(core.square(y));
  const all = weights.flat();
  const steps = core.gradient(loss, all).map((g, i) => core.sub(all[i] ?? x, core.mul(0.01, g)));
  return trace([x, ...all], [loss, ...steps]);
}

/** One output for each of n functions of the same input. */
const fan = (f: (x: Value, i: number) => Value) => (n: number) => {
  const x = input([4, 5]);
  return trace(
    [x],
    times(n, (i) => f(x, i)),
  );
};

/** n functions, each of what the one before made. */
const chain =
  (f: (x: Value, i: number) => Value, end: (x: Value) => Value = (x) => x) =>
  (n: number) => {
    const x = input([4, 5]);
    return trace([x], [end(times(n, (i) => i).reduce(f, x))]);
  };

const programs: Readonly<Record<string, (n: number) => Program>> = {
  'a step of gradient descent': descent,
  'elementwise functions in a row': chain((x, i) => (i % 2 === 0 ? core.add(x, 0.5) : core.mul(x, 0.5))),
  'a value added to itself, again and again': chain((x) => core.add(x, x)),
  'its gradient': (n) => {
    const x = input([4]);
    const y = times(n, (i) => i).reduce<Value>((v) => core.mul(core.tanh(v), 0.5), x);
    return trace([x], core.gradient(core.sum(y), [x]));
  },
  'softmax after softmax': chain((x) => core.softmax(x)),
  'sums that nothing can be joined to': chain((x, i) =>
    core.sub(x, core.sum(x, { axis: i % 2, keepAxis: true })),
  ),
  'outputs that read one input': fan((x, i) => core.tanh(core.mul(x, i + 2))),
  'outputs that read one value': (n) => {
    const x = input([4, 5]);
    const y = core.tanh(x);
    return trace(
      [x],
      times(n, (i) => core.matmul(core.transpose(y), core.mul(y, i + 2))),
    );
  },
  'sums of one input': fan((x, i) => core.sum(core.mul(x, i + 2), { axis: i % 2 })),
  'one sum of values': (n) => {
    const x = input([4, 5]);
    return trace([x], [times(n, (i) => core.tanh(core.mul(x, i + 2))).reduce(core.add)]);
  },
  'one concatenation of values': (n) => {
    const x = input([1]);
    return trace([x], [core.concatenate(times(n, (i) => core.tanh(core.mul(x, i + 2))))]);
  },
  'one concatenation of inputs': (n) => {
    const inputs = times(n, (i) => input([2], `x${i}`));
    return trace(inputs, [core.concatenate(inputs)]);
  },
  'slices of one input': (n) => {
    const x = input([n, 3]);
    return trace([x], [times(n, (i) => core.exp(core.slice(x, [i], [i + 1]))).reduce(core.add)]);
  },
  'literals that are outputs': fan((_, i) => core.constant([i, 2, 3])),
};

describe('twice the Program is twice the work', () => {
  for (const [name, program] of Object.entries(programs))
    test(name, () => {
      const compile = (n: number): void => {
        const made = program(n);
        // Each output takes the memory of an input where there is one for it.
        const aliases = made.outputs.map((_, i) => (i < made.inputs.length ? [i] : []));
        planFor(kernelsFor(made), aliases);
        planFor(kernelsFor(made, { mostBuffers: 8 }));
      };
      expect(growth(compile, 200)).toBeLessThan(2.3);
    });
});

// Every wrong node of the corpus as @pullback/inspector shows it: which flag it raises, beside differences in float64. Right ones raise none.

import { constant, isFloat, mul, placeholder, RandomStream, sizeOf, sum } from '@pullback/core';
import { flagsOf } from '@pullback/inspector';
import { look } from '@pullback/inspector/record';
import type { Case } from '@pullback/testing';
import { describe, expect, test } from 'vitest';
import { functionsOf } from './corpus/made-of.ts';
import { wrongNodes } from './corpus/nodes.ts';
import { unusualNodes } from './corpus/unusual-nodes.ts';
import { wrongDerivatives } from './corpus/wrong-derivatives.ts';
import { wrongSomewhere } from './corpus/wrong-somewhere.ts';

/** The kinds of flags that a node raises on normal numbers of two sizes; undefined where its cases tell no function. */
function raised(cases: readonly Case[]): string | undefined {
  const examined = functionsOf.get(cases);
  if (examined === undefined) return undefined;
  const { f, options, operands } = examined;
  const kinds = new Set<string>();
  for (const [seed, size] of [0.5, 2].entries()) {
    const shapes = options.shapes?.(2, 3, 4) ?? Array.from({ length: operands }, () => [2, 3]);
    const random = RandomStream.of(seed, 'inspected');
    const [low, high] = options.domain ?? [-Infinity, Infinity];
    const draw = (count: number) =>
      Float64Array.from({ length: count }, () => {
        const x = size * random.normal();
        return x > low && x < high ? x : Math.min(high - 0.1, low + 0.1 + Math.abs(x));
      });
    const xs = shapes.map((shape, i) => placeholder({ shape, dtype: 'float64' }, `x${i}`));
    const feeds = new Map(xs.map((x) => [x, { shape: x.shape, data: draw(sizeOf(x.shape)) }]));
    try {
      const y = f(xs);
      if (!isFloat(y.dtype)) return 'none';
      const loss = sum(
        mul(y, constant({ shape: y.shape, data: draw(sizeOf(y.shape)) }, { dtype: 'float64' })),
      );
      const leaves = new Map(xs.map((x, i) => [x, { kind: 'input' as const, path: `x${i}` }]));
      const { graph, frame, examine } = look(loss, feeds, { leaves }, { differences: true });
      const flags = flagsOf(graph, [frame]);
      for (const { kind } of flags) kinds.add(kind);
      if (flags.length === 0)
        // But for the two that make a loss of it.
        for (const node of graph.nodes.slice(0, -2).keys())
          for (const { kind } of examine(node)) kinds.add(`${kind}, examined`);
    } catch (error) {
      kinds.add(error instanceof Error ? error.constructor.name : 'error');
    }
  }
  return kinds.size === 0 ? 'none' : [...kinds].join(', ');
}

const listed = (corpus: Readonly<Record<string, () => readonly Case[]>>) =>
  Object.fromEntries(
    Object.entries(corpus).flatMap(([name, cases]) => {
      const kinds = raised(cases());
      return kinds === undefined ? [] : [[name, kinds] as const];
    }),
  );

describe('wrong nodes, and the flags that they raise', () => {
  test('the first corpus', () => {
    expect(listed(wrongNodes)).toMatchInlineSnapshot(`
      {
        "A^T G and G B^T exchanged": "wrong derivative",
        "J for J^T": "wrong derivative",
        "a NaN that becomes 0": "none",
        "a TypeError for another rank": "none",
        "a broadcast of a column taken for one of a row where n = p": "none",
        "a broadcast summed over one row too few": "none",
        "a broadcast that is averaged back": "wrong derivative",
        "a captured Value": "CapturedValueError",
        "a captured parameter": "CapturedValueError",
        "a constant factor": "wrong derivative",
        "a cosine with the sign of a sine": "wrong derivative",
        "a derivative at the kink outside of both sides": "wrong derivative, examined",
        "a derivative in which large numbers cancel": "none",
        "a derivative that overflows where the function saturates": "none",
        "a log-sigmoid with an infinite gradient": "wrong derivative, examined",
        "a logarithm of another base": "wrong derivative",
        "a maximum that gives a tie to both": "none",
        "a mean whose gradient is that of the sum": "wrong derivative",
        "a monotone function that is not": "none",
        "a mutated input": "none",
        "a norm that forgets what lies along y": "wrong derivative",
        "a norm with a NaN at 0": "none",
        "a part of the output without gradient": "wrong derivative",
        "a quotient with a NaN at 0": "none",
        "a reshape where a transpose is meant, in the vjp": "wrong derivative",
        "a sigmoid that saturates to NaN": "none",
        "a small error": "wrong derivative",
        "a softmax as if it were diagonal": "wrong derivative",
        "a softmax over the other axis in the vjp": "wrong derivative",
        "a softmax with the lost kept axis: right only where n = p": "none",
        "a softmax with the sum over all": "wrong derivative",
        "a softmax without the shift": "none",
        "a softplus that overflows": "dead",
        "a square root at the input": "wrong derivative",
        "a sum whose gradient is that of the mean": "wrong derivative",
        "an absolute value with 1 at 0 and beyond": "wrong derivative",
        "an elementwise function that mixes": "none",
        "an error of its own for an empty extent": "none",
        "an even function that is not": "none",
        "an input that is not subtracted": "wrong derivative",
        "an odd function that is not": "none",
        "an output that is added to what was there": "none",
        "another function each time": "none",
        "clipped in the vjp": "wrong derivative",
        "half of it stopped": "wrong derivative",
        "no gradient at all": "wrong derivative",
        "right alone, dropped by compilation: a view that computes, folded with constants": "none",
        "right alone, dropped by compilation: an identity that is none": "none",
        "right alone, merged by compilation: a number that is no attribute": "none",
        "right for matrices alone, declared elementwise": "none",
        "rows that do not sum to 1": "none",
        "something is added to the gradient": "wrong derivative",
        "tanh with 1 - y": "wrong derivative",
        "the derivative at the input instead of the output": "wrong derivative",
        "the derivative at the output instead of the input": "wrong derivative",
        "the gradient of one input left out": "wrong derivative",
        "the gradient that came back is forgotten": "wrong derivative",
        "the gradient that came back is squared": "wrong derivative",
        "the gradients of two inputs exchanged": "wrong derivative",
        "the product of the gradients in the other order": "wrong derivative",
        "the wrong sign": "wrong derivative",
        "wrong below 0 alone": "wrong derivative",
        "wrong far from 0 alone": "wrong derivative, examined, wrong derivative",
        "wrong only for odd extents": "none",
        "wrong only for one column": "none",
        "wrong only from four rows up": "none",
        "wrong only in the second derivative": "wrong derivative, examined",
        "wrong only in the second derivative, by the output": "wrong derivative, examined",
      }
    `);
  });
  test('wrong derivatives', () => {
    expect(listed(wrongDerivatives)).toMatchInlineSnapshot(`
      {
        "NaN for a gradient of 0": "wrong derivative, examined",
        "a derivative of exp that is that of its Taylor sum": "wrong derivative",
        "a detour that leads elsewhere": "wrong derivative",
        "a gradient brought to length 1": "wrong derivative",
        "a gradient clipped at 100": "wrong derivative, examined",
        "a gradient for an operand that is not read": "wrong derivative",
        "a gradient of all ones is taken for granted": "wrong derivative",
        "a gradient that is averaged": "wrong derivative",
        "a second derivative between two operands that is missing": "wrong derivative, examined",
        "a second derivative missing for the second operand alone": "wrong derivative, examined",
        "a second derivative that is doubled": "wrong derivative, examined",
        "a second derivative that is wrong only for negative numbers": "OptionError",
        "a sum over rows whose gradient is the total": "wrong derivative",
        "a third derivative of the other sign": "none",
        "a third derivative of x^3 that is 0": "wrong derivative, examined",
        "a third derivative that is stopped": "none",
        "an inverse link that is none": "none",
        "another slope when the gradient is constant": "wrong derivative, examined",
        "infinite for large gradients": "wrong derivative, examined",
        "the derivative through the gradient itself is lost": "wrong derivative, examined",
        "the sign of the gradient": "wrong derivative",
        "the size of a negative gradient": "wrong derivative",
        "the slope at the first use": "CapturedValueError",
        "tiny gradients become 0": "none",
        "what the last use kept": "none",
        "wrong only for gradients above 10": "OptionError",
      }
    `);
  });
  test('wrong somewhere', () => {
    expect(listed(wrongSomewhere)).toMatchInlineSnapshot(`
      {
        "1 - cos near 0 in float32": "none",
        "NaN at -0": "none",
        "a centring along an axis, its derivative along the last": "wrong derivative",
        "a derivative of 3 at -0": "wrong derivative, examined",
        "a derivative of 7 at the kink of 3": "none",
        "a derivative of 9 at 1 alone": "wrong derivative, examined",
        "a derivative of float64 numbers for float32": "none",
        "a derivative of infinity over infinity": "wrong derivative, examined",
        "a factor of pi in float32 with three places": "none",
        "a gradient rounded to float32": "wrong derivative, examined",
        "a mask that multiplies the root of a negative": "not finite, wrong derivative",
        "a primitive that is wrong when both operands are one array": "none",
        "a primitive that stops after 64 elements": "none",
        "a softmax whose derivative sums over axis 1": "none",
        "a sum along axis 0 broadcast back along axis 1": "none",
        "a tie that gives both the whole gradient": "none",
        "a variance as the mean of squares less the squared mean": "none",
        "an absolute value with the slope of its stopped sign doubled for whole numbers": "OptionError",
        "another derivative in float32": "none",
        "another function for more than 16 columns, whose elements no longer count alike": "none",
        "another function in float32": "none",
        "clamped at 50 in the derivative": "wrong derivative, examined",
        "exp(x) - 1 near 0 in float32": "none",
        "half the derivative below -30": "wrong derivative, examined",
        "log(1 + x) near 0 in float32": "none",
        "softplus with the derivative 0 beyond 20": "wrong derivative, examined",
        "the gradient of a row is that of its first use": "wrong derivative",
        "the gradient of a scalar operand is one element": "wrong derivative",
        "ties of a maximum over an axis all get everything": "none",
        "wrong beyond 1000": "wrong derivative, examined",
        "wrong for a scalar": "none",
        "wrong for a vector": "none",
        "wrong for an extent of 1": "none",
        "wrong for five axes and more": "none",
        "wrong for more than 128 rows": "none",
        "wrong for more than 64 columns": "none",
        "wrong for more than 8 columns": "none",
        "wrong for more than 8 rows": "none",
        "wrong for numbers below 0.001": "wrong derivative, examined",
        "wrong for three axes and more": "none",
        "wrong when both operands are the same Value": "none",
        "x^4 / (1 + x^4), a NaN far out": "none",
      }
    `);
  });
});

test('right nodes raise none', () => {
  expect(new Set(Object.entries(listed(unusualNodes)).filter(([, kinds]) => kinds !== 'none'))).toEqual(
    new Set(),
  );
});

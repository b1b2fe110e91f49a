import {
  add,
  CapturedValueError,
  defineNode,
  exp,
  fill,
  formatProgram,
  gradient,
  mul,
  placeholder,
  sum,
  trace,
  type Value,
} from '@pullback/core';
import { expect, test } from 'vitest';

const x = placeholder({ shape: [2], dtype: 'float32' }, 'x');
const names = (...outputs: Value[]) => trace([x], outputs).body.map(({ primitive }) => primitive.name);

test('common subexpressions are merged and keep every origin', () => {
  const program = trace([x], [add(exp(x), exp(x))]);
  expect(program.body.map(({ primitive }) => primitive.name)).toEqual(['exp', 'add']);
  expect(program.body[0]?.origins).toHaveLength(2);
});

test('the exp that a vjp uses is the one that forward computed', () => {
  const y = sum(exp(x));
  expect(names(y, ...gradient(y, [x])).filter((name) => name === 'exp')).toHaveLength(1);
});

test('what no output needs is left out', () => {
  exp(mul(x, 3));
  expect(names(x)).toEqual([]);
});

test('0 and -0 are different constants, equal ones are merged', () => {
  const outputs = [fill(0, [2]), fill(-0, [2]), fill(0, [2])];
  expect(trace([x], outputs)).toMatchObject({ outputs: [1, 2, 1] });
});

test('a hand-written vjp is what the Program computes', () => {
  const odd = defineNode('odd', { forward: (a: Value) => exp(a), vjp: (g) => [mul(g, 7)] });
  expect(names(...gradient(sum(odd(x)), [x]))).not.toContain('exp');
});

test('a placeholder that was not given is named', () => {
  const other = placeholder({ shape: [2], dtype: 'float32' }, 'other');
  expect(() => trace([x], [add(x, other)])).toThrow(CapturedValueError);
});

test('the listing', () => {
  expect(formatProgram(trace([x], [mul(exp(x), 2)]))).toBe(
    [
      '%0: float32[2] = input',
      '%1: float32[2] = exp %0  # exp',
      '%2: float32[2] = fill value=2  # fill',
      '%3: float32[2] = mul %1 %2  # mul',
      'return %3',
    ].join('\n'),
  );
});

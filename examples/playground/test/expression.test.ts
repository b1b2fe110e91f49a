import { evaluate, gradient, placeholder, sum } from 'pullback';
import { describe, expect, test } from 'vitest';
import { activationOf } from '../src/expression/activation.ts';
import { ExpressionError, functions } from '../src/expression/expression.ts';
import { parse } from '../src/expression/parse.ts';

const xs = [-3.2, -1, -0.4, 0.3, 1, 2.5];

/** f and f' at `at`, in float64. */
function numbersOf(text: string, at: readonly number[]) {
  const x = placeholder({ shape: [at.length], dtype: 'float64' }, 'x');
  const y = activationOf(text)(x);
  const [dy = y] = gradient(sum(y), [x]);
  const [f, df] = evaluate([y, dy], new Map([[x, Float64Array.from(at)]]));
  return { f: Array.from(f?.data ?? []), df: Array.from(df?.data ?? []) };
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe('what is typed means what JavaScript would compute', () => {
  const table: readonly (readonly [string, (x: number) => number])[] = [
    ['x', (x) => x],
    [' x ', (x) => x],
    ['((x))', (x) => x],
    ['-x', (x) => -x],
    ['- -x', (x) => x],
    ['+x', (x) => x],
    ['-x^2', (x) => -(x ** 2)],
    ['(-x)^2', (x) => x ** 2],
    ['2^3^2 * x', (x) => 512 * x],
    ['2^-1*x', (x) => x / 2],
    ['10 - 3 - x', (x) => 7 - x],
    ['x/2/4', (x) => x / 8],
    ['2/4*x', (x) => x / 2],
    ['1 + 2 * x', (x) => 1 + 2 * x],
    ['(1 + 2) * x', (x) => 3 * x],
    ['x*-2', (x) => -2 * x],
    ['x - -2', (x) => x + 2],
    ['-2^2 + x', (x) => x - 4],
    ['x^3', (x) => x ** 3],
    ['x^-2', (x) => x ** -2],
    ['2^x', (x) => 2 ** x],
    ['abs(x)^0.3', (x) => Math.abs(x) ** 0.3],
    ['abs(x)^x', (x) => Math.abs(x) ** x],
    ['1.5e2*x', (x) => 150 * x],
    ['.5*x + 2.', (x) => 0.5 * x + 2],
    ['pi * x + e', (x) => Math.PI * x + Math.E],
    ['max(0, x)', (x) => Math.max(0, x)],
    ['min(x, 1) + max(x, -x)', (x) => Math.min(x, 1) + Math.abs(x)],
    ['relu(x)', (x) => Math.max(0, x)],
    ['x * sigmoid(1.7 * x)', (x) => x * sigmoid(1.7 * x)],
    ['x*tanh(softplus(x))', (x) => x * Math.tanh(Math.log1p(Math.exp(x)))],
    ['sin(x)*cos(2*x)', (x) => Math.sin(x) * Math.cos(2 * x)],
    ['exp(-x^2)', (x) => Math.exp(-(x ** 2))],
    ['log(1 + x^2) + log1p(exp(x))', (x) => Math.log(1 + x ** 2) + Math.log1p(Math.exp(x))],
    ['expm1(x) * sqrt(x^2 + 1)', (x) => Math.expm1(x) * Math.sqrt(x ** 2 + 1)],
    ['sign(x) * abs(x)', (x) => x],
    ['x * exp(1) / sqrt(4)', (x) => (x * Math.E) / 2],
  ];
  for (const [text, meant] of table)
    test(text, () => {
      const step = 1e-6;
      const { f, df } = numbersOf(text, xs);
      xs.forEach((x, i) => {
        expect(f[i]).toBeCloseTo(meant(x), 12);
        const slope = (meant(x + step) - meant(x - step)) / (2 * step);
        expect(Math.abs((df[i] ?? Number.NaN) - slope)).toBeLessThan(1e-7 * Math.max(1, Math.abs(slope)));
      });
    });

  // Abramowitz and Stegun, table 7.1
  test('erf(x)', () => {
    const { f } = numbersOf('erf(x)', [0, 0.5, 1, 2]);
    [0, 0.5204998778, 0.8427007929, 0.995322265].forEach((y, i) => void expect(f[i]).toBeCloseTo(y, 10));
  });
});

describe('an error says where', () => {
  const table: readonly (readonly [text: string, from: number, to: number, message: RegExp])[] = [
    ['', 0, 1, /missing at the end/],
    ['   ', 3, 4, /missing at the end/],
    ['x +', 3, 4, /missing at the end/],
    ['* x', 0, 1, /missing in front of '\*'/],
    ['x + * 2', 4, 5, /missing in front of '\*'/],
    ['2x', 1, 2, /operator is missing.*2 \* x/],
    ['x x', 2, 3, /operator is missing.*x \* x/],
    ['2(x)', 1, 2, /operator is missing/],
    ['(x', 0, 1, /never closed/],
    ['tanh((x)', 4, 5, /never closed/],
    ['x)', 1, 2, /closes nothing/],
    ['()', 1, 2, /missing in front of '\)'/],
    ['tanh()', 5, 6, /missing in front of '\)'/],
    ['tanh x', 0, 4, /write tanh\(x\)/],
    ['tanh', 0, 4, /write tanh\(x\)/],
    ['tanh(x, 1)', 0, 10, /tanh takes 1 and got 2/],
    ['max(x)', 0, 6, /max takes 2 and got 1: write max\(x, 0\)/],
    ['1 + max(x, 1, 2)', 4, 16, /takes 2 and got 3/],
    ['x, 1', 1, 2, /','/],
    ['(x, 1)', 2, 3, /','/],
    ['sigmod(x)', 0, 6, /'sigmod'.*'sigmoid'/],
    ['x + y', 4, 5, /'y'/],
    ['x $ 2', 2, 3, /'\$' has no meaning/],
    ['x = 2', 2, 3, /'=' has no meaning/],
    ['x.y', 1, 2, /'\.' has no meaning/],
    ['x × 2', 2, 3, /'×' has no meaning/],
    ['x 😀', 2, 4, /has no meaning/],
    ['1e999 * x', 0, 5, /too large/],
    ['2 + 3', 0, 5, /no x/],
    ['exp(1)', 0, 6, /no x/],
    ['x'.repeat(201), 200, 201, /200 at most/],
  ];
  for (const [text, from, to, message] of table)
    test(text.length > 40 ? `${text.length} characters` : `'${text}'`, () => {
      const failure = failureOf(text);
      expect(failure.message).toMatch(message);
      expect([failure.from, failure.to]).toEqual([from, to]);
    });

  function failureOf(text: string): ExpressionError {
    try {
      parse(text);
    } catch (failure) {
      if (failure instanceof ExpressionError) return failure;
      throw failure;
    }
    throw new Error(`'${text}' was read`);
  }

  test('names of what every object has are nothing here, and nothing is run', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'alert', 'globalThis']) {
      expect(() => parse(`${name}(x)`)).toThrow(ExpressionError);
      expect(() => parse(`x + ${name}`)).toThrow(ExpressionError);
    }
    for (const text of ['x; y', 'x => x', '`x`', '"x"', '[x]', '{x}', 'x // y', "x['a']"])
      expect(() => parse(text)).toThrow(ExpressionError);
  });
});

test('every function that is offered is one of the framework', () => {
  for (const [name, operands] of Object.entries(functions))
    expect(numbersOf(operands === 1 ? `${name}(x)` : `${name}(x, 0.5)`, [0.3]).f.every(Number.isFinite)).toBe(
      true,
    );
});

test('200 characters of parentheses are read', () => {
  const text = `${'('.repeat(99)}x${')'.repeat(99)}`;
  expect(numbersOf(text, [2]).f).toEqual([2]);
});

import { type Attributes, applyPrimitive, defineNode, type Primitive, type Value } from '@pullback/core';
import { type Case, conformNode, type NodeOptions } from '@pullback/testing';

export type One = (x: Value) => Value;
export type Two = (a: Value, b: Value) => Value;
export type Examined = () => Case[];

export const kept = { axis: -1, keepAxis: true } as const;
export const pairs: NodeOptions = {
  shapes: (a, b) => [
    [a, b],
    [a, b],
  ],
};

/** The functions that cases were made of, and how many operands they take: for those who look at them in another way. */
export const functionsOf = new WeakMap<
  readonly Case[],
  { readonly f: (x: readonly Value[]) => Value; readonly options: NodeOptions; readonly operands: number }
>();

/** What a stranger would write: the function, and nothing else. */
export const one = (f: One, options: NodeOptions = {}): Case[] => {
  const cases = conformNode((x) => f(x as Value), options);
  functionsOf.set(cases, { f: ([x]) => f(x as Value), options, operands: 1 });
  return cases;
};
export const two = (f: Two, options: NodeOptions = pairs): Case[] => {
  const cases = conformNode((a, b) => f(a as Value, b as Value), options);
  functionsOf.set(cases, { f: ([a, b]) => f(a as Value, b as Value), options, operands: 2 });
  return cases;
};

export const unary = (forward: One, slope: (g: Value, x: Value, y: Value) => Value): One =>
  defineNode('corpus', {
    forward: (x: Value) => forward(x),
    vjp: (g, { inputs: [x], output: y }) => [slope(g, x, y)],
  });

export const binary = (
  forward: Two,
  slopes: (g: Value, a: Value, b: Value) => readonly (Value | undefined)[],
): Two =>
  defineNode('corpus', {
    forward: (a: Value, b: Value) => forward(a, b),
    vjp: (g, { inputs: [a, b] }) => slopes(g, a, b),
  });

type Own = Primitive<readonly Value[], Attributes, Value>;

/** A primitive of one's own, f of each element, unless the rules say otherwise. */
export const primitive = (f: (x: number) => number, rules: Partial<Own> = {}): Own => ({
  kind: 'elementwise',
  name: 'corpus',
  infer: ([x]) => x ?? { shape: [], dtype: 'float32' },
  evaluate: ([x], [output]) => {
    for (let i = 0; i < output.data.length; i++) output.data[i] = f(x?.data[i] ?? 0);
  },
  ...rules,
});

export const applied =
  (own: Own, attributes: Attributes = {}) =>
  (...x: Value[]): Value =>
    applyPrimitive(own, x, attributes);

/** A primitive of one operand, with its derivative as a function of the operand. */
export const own = (
  f: (x: number) => number,
  slope: (g: Value, x: Value) => Value,
  rules: Partial<Own> = {},
): One => applied(primitive(f, { vjp: (g, { input }) => [slope(g, input)], ...rules }));

/** What was typed, as a tree. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'negated'; readonly of: Expression }
  | {
      readonly kind: 'operation';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly operands: readonly Expression[] };

export type Operator = '+' | '-' | '*' | '/' | '^';

/** The functions that may be called, with the number of their operands. */
export const functions = {
  abs: 1,
  cos: 1,
  erf: 1,
  exp: 1,
  expm1: 1,
  log: 1,
  log1p: 1,
  max: 2,
  min: 2,
  relu: 1,
  sigmoid: 1,
  sign: 1,
  sin: 1,
  softplus: 1,
  sqrt: 1,
  tanh: 1,
} as const;

export type FunctionName = keyof typeof functions;

/** Something that cannot be read, and where: characters `from` up to `to` of the text. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';

  constructor(
    message: string,
    readonly from: number,
    readonly to: number,
  ) {
    super(message);
  }
}

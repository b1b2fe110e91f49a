import { UnknownNameError } from 'pullback';
import {
  type Expression,
  ExpressionError,
  type FunctionName,
  functions,
  type Operator,
} from './expression.ts';
import { type Token, tokensOf } from './tokens.ts';

const constants: Readonly<Record<string, number>> = { e: Math.E, pi: Math.PI };

/** How tightly an operator binds, and what its right operand must bind at least. `^` is read from the right: 2^3^2 is 2^9. */
const binding: Readonly<Record<Operator, readonly [left: number, right: number]>> = {
  '+': [1, 2],
  '-': [1, 2],
  '*': [3, 4],
  '/': [3, 4],
  '^': [7, 6],
};
/** Between `*` and `^`: -x^2 is -(x^2). */
const sign = 5;

/**
 * Reads a function of `variables`, such as `x * sigmoid(1.7 * x)` of x: numbers, `e`, `pi`, `+ - * / ^`, parentheses and the functions of
 * `expression.ts`. Nothing of it is ever run as code.
 * @throws ExpressionError that says where; also where the first of the variables is missing.
 */
export function parse(text: string, variables: readonly [string, ...string[]] = ['x']): Expression {
  const parser = new Parser(tokensOf(text), variables);
  const expression = parser.expression(0);
  parser.end();
  const [first] = variables;
  if (!mentions(expression, first))
    throw new ExpressionError(`there is no ${first} in it: a constant learns nothing`, 0, text.length);
  return expression;
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #variables: readonly string[];
  #next = 0;

  constructor(tokens: readonly Token[], variables: readonly string[]) {
    this.#tokens = tokens;
    this.#variables = variables;
  }

  /** An operand and all operators behind it that bind at least so tightly. */
  expression(least: number): Expression {
    let left = this.#operand();
    for (;;) {
      const { text } = this.#token;
      if (!isOperator(text)) return left;
      const [own, right] = binding[text];
      if (own < least) return left;
      this.#next++;
      left = { kind: 'operation', operator: text, left, right: this.expression(right) };
    }
  }

  end(): void {
    const { kind, text, from, to } = this.#token;
    if (kind === 'end') return;
    if (text === ')') throw new ExpressionError("this ')' closes nothing", from, to);
    if (text === ',')
      throw new ExpressionError("a ',' stands only between the operands of max and min", from, to);
    const before = this.#tokens[this.#next - 1]?.text ?? '';
    throw new ExpressionError(
      `an operator is missing in front of '${text}': write ${before} * ${text}`,
      from,
      to,
    );
  }

  get #token(): Token {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw new ExpressionError('the text ends too early', 0, 0);
    return token;
  }

  #operand(): Expression {
    const token = this.#token;
    const { kind, text, from, to } = token;
    if (kind === 'end') throw new ExpressionError('something is missing at the end', from, to + 1);
    this.#next++;
    if (kind === 'number') return { kind: 'number', value: Number(text) };
    if (kind === 'name') return this.#named(token);
    if (text === '(') {
      const inner = this.expression(0);
      this.#close(token);
      return inner;
    }
    if (text === '-') return { kind: 'negated', of: this.expression(sign) };
    if (text === '+') return this.expression(sign);
    throw new ExpressionError(
      `a number, ${this.#variables.join(', ')} or a function is missing in front of '${text}'`,
      from,
      to,
    );
  }

  #named({ text, from, to }: Token): Expression {
    if (this.#variables.includes(text)) return { kind: 'variable', name: text };
    const value = Object.hasOwn(constants, text) ? constants[text] : undefined;
    if (value !== undefined) return { kind: 'number', value };
    if (!isFunction(text)) {
      const known = [...this.#variables, ...Object.keys(constants), ...Object.keys(functions)];
      const { got } = new UnknownNameError('function', text, known);
      throw new ExpressionError(got.endsWith('?') ? got : `${got} There are ${known.join(', ')}.`, from, to);
    }
    return { kind: 'call', name: text, operands: this.#operands(text, { from, to }) };
  }

  #operands(name: FunctionName, place: { readonly from: number; readonly to: number }): Expression[] {
    const opening = this.#token;
    const wanted = functions[name];
    const form = wanted === 1 ? `${name}(x)` : `${name}(x, 0)`;
    if (opening.text !== '(')
      throw new ExpressionError(`${name} is a function: write ${form}`, place.from, place.to);
    this.#next++;
    const operands = [this.expression(0)];
    while (this.#token.text === ',') {
      this.#next++;
      operands.push(this.expression(0));
    }
    const { to } = this.#close(opening);
    if (operands.length !== wanted)
      throw new ExpressionError(
        `${name} takes ${wanted} and got ${operands.length}: write ${form}`,
        place.from,
        to,
      );
    return operands;
  }

  #close(opening: Token): Token {
    const token = this.#token;
    if (token.kind === 'end') throw new ExpressionError("this '(' is never closed", opening.from, opening.to);
    if (token.text !== ')') this.end();
    this.#next++;
    return token;
  }
}

function isOperator(text: string): text is Operator {
  return Object.hasOwn(binding, text);
}

function isFunction(text: string): text is FunctionName {
  return Object.hasOwn(functions, text);
}

function mentions(expression: Expression, name: string): boolean {
  switch (expression.kind) {
    case 'variable':
      return expression.name === name;
    case 'number':
      return false;
    case 'negated':
      return mentions(expression.of, name);
    case 'operation':
      return mentions(expression.left, name) || mentions(expression.right, name);
    case 'call':
      return expression.operands.some((operand) => mentions(operand, name));
    default:
      return expression satisfies never;
  }
}

import type { Expression, Operator } from './expression.ts';

const calls: Readonly<Record<Operator, string>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '^': 'pow',
};
const onNumbers: Readonly<Record<Operator, string>> = { '+': '+', '-': '-', '*': '*', '/': '/', '^': '**' };
const names: Readonly<Record<string, string>> = { max: 'maximum', min: 'minimum' };

/** An expression as a program writes it, with the functions of `pullback` that it calls. Operations on numbers alone stay that. */
export function codeOf(expression: Expression): {
  readonly code: string;
  readonly functions: readonly string[];
} {
  const functions = new Set<string>();
  const called = (name: string, ...operands: readonly string[]) => {
    functions.add(name);
    return `${name}(${operands.join(', ')})`;
  };
  const written = (each: Expression): string => {
    switch (each.kind) {
      case 'number':
        return String(each.value);
      case 'variable':
        return each.name;
      case 'negated':
        return isNumber(each.of) ? `(-${written(each.of)})` : called('neg', written(each.of));
      case 'operation': {
        const [left, right] = [written(each.left), written(each.right)];
        if (isNumber(each)) return `(${left} ${onNumbers[each.operator]} ${right})`;
        // The base of a power is a Value.
        return called(calls[each.operator], each.operator === '^' ? value(each.left, left) : left, right);
      }
      case 'call':
        return called(
          names[each.name] ?? each.name,
          ...each.operands.map((operand) => value(operand, written(operand))),
        );
      default:
        return each satisfies never;
    }
  };
  const value = (each: Expression, text: string) => {
    if (!isNumber(each)) return text;
    functions.add('fill');
    return `fill(${text}, like.shape, like.dtype)`;
  };
  const code = written(expression);
  return { code, functions: [...functions].sort() };
}

function isNumber(expression: Expression): boolean {
  switch (expression.kind) {
    case 'number':
      return true;
    case 'negated':
      return isNumber(expression.of);
    case 'operation':
      return isNumber(expression.left) && isNumber(expression.right);
    default:
      return false;
  }
}

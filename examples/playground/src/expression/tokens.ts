import { ExpressionError } from './expression.ts';

export interface Token {
  readonly kind: 'number' | 'name' | 'symbol' | 'end';
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const patterns = [
  ['number', /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y],
  ['name', /[A-Za-z_][A-Za-z_0-9]*/y],
  ['symbol', /[-+*/^(),]/y],
] as const;

/** Longer texts are refused: an activation is a line. */
const longest = 200;

/** The words of an expression, the last of which is its end. @throws ExpressionError at a character that has no meaning. */
export function tokensOf(text: string): readonly Token[] {
  if (text.length > longest)
    throw new ExpressionError(
      `${text.length} characters are too many: ${longest} at most`,
      longest,
      text.length,
    );
  const tokens: Token[] = [];
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const token = tokenAt(text, at);
    tokens.push(token);
    at = skipSpace(text, token.to);
  }
  return [...tokens, { kind: 'end', text: '', from: text.length, to: text.length }];
}

function tokenAt(text: string, from: number): Token {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = from;
    const [found] = pattern.exec(text) ?? [];
    if (found === undefined) continue;
    if (kind === 'number' && !Number.isFinite(Number(found)))
      throw new ExpressionError(`${found} is too large a number`, from, from + found.length);
    return { kind, text: found, from, to: from + found.length };
  }
  const [character = ''] = text.slice(from);
  throw new ExpressionError(`'${character}' has no meaning here`, from, from + character.length);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (/\s/.test(text[at] ?? '')) at++;
  return at;
}

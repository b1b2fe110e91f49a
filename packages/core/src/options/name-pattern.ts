import { OptionError } from '../errors.ts';

/** The parts of a name that stand for `{...}`, or undefined for a name that does not fit. */
export type NamePattern = (name: string) => Readonly<Record<string, string>> | undefined;

/**
 * A pattern of names such as `network/block{i}/attention/*`: `*` and `{i}` stand for any text within one part, as `/` and `.` divide it, `**` for
 * any text. What stands at `{i}` is told, and is the same wherever `{i}` is.
 * @throws OptionError for a brace without its other, or with something else in between than a name.
 */
export function namePattern(pattern: string): NamePattern {
  const known = new Set<string>();
  const source = pattern.replace(/\*\*|\*|\{([^{}]*)\}|[^*{}]+|[{}]/g, (piece, name: string | undefined) => {
    if (piece === '**') return '.*';
    if (piece === '*') return '[^/.]*';
    if (name === undefined && piece !== '{' && piece !== '}')
      return piece.replace(/[\\^$.|?+()[\]/]/g, '\\$&');
    if (name === undefined || !/^[a-zA-Z_]\w*$/.test(name))
      throw new OptionError({ got: `'${piece}' in the pattern '${pattern}'`, expected: '{name}, * or **' });
    if (known.has(name)) return `\\k<${name}>`;
    known.add(name);
    return `(?<${name}>[^/.]+)`;
  });
  const expression = new RegExp(`^${source}$`, 's');
  return (name) => {
    const found = expression.exec(name);
    return found === null ? undefined : { ...found.groups };
  };
}

/**
 * Whether a name fits one of the patterns.
 * @throws OptionError as `namePattern`.
 */
export function fitsAny(patterns: readonly string[]): (name: string) => boolean {
  const all = patterns.map(namePattern);
  return (name) => all.some((pattern) => pattern(name) !== undefined);
}

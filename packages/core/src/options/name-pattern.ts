import { OptionError } from '../errors.ts';
import { callable, either, type Field, list, text } from './field.ts';

/** The parts of a name that stand for `{...}`, or undefined for a name that does not fit. */
export type NamePattern = (name: string) => Readonly<Record<string, string>> | undefined;

/**
 * A pattern of names such as `network/block{i}/attention/*`: `*` and `{i}` stand for any text within one part, as `/` and `.` divide it, `**` for
 * any text. The text at `{i}` is told, and is the same wherever `{i}` is.
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

/** Which paths: those that fit a pattern, one of several, or that a function accepts. */
export type Paths = string | readonly string[] | ((path: string) => boolean);

/** Paths as an option. */
export const pathsField: Field<Paths, false> = either(
  either(text(), list(text())),
  callable<(path: string) => boolean>('a pattern such as **/kernel, several, or a function of paths'),
);

/** Whether a path is among those that are meant. */
export interface PathFilter {
  (path: string): boolean;
  /** The patterns that no path fitted so far. */
  unused(): readonly string[];
}

/** @throws OptionError as `namePattern`. */
export function pathFilter(paths: Paths): PathFilter {
  if (typeof paths === 'function') return Object.assign((path: string) => paths(path), { unused: () => [] });
  const all = (typeof paths === 'string' ? [paths] : paths).map((text) => ({
    text,
    fits: namePattern(text),
  }));
  const used = new Set<string>();
  const filter = (path: string) => {
    const found = all.filter(({ fits }) => fits(path) !== undefined);
    for (const { text } of found) used.add(text);
    return found.length > 0;
  };
  const unused = () => all.map(({ text }) => text).filter((text) => !used.has(text));
  return Object.assign(filter, { unused });
}

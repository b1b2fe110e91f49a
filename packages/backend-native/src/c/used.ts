/** A definition of C with the comment before it. */
interface Definition {
  readonly lines: readonly string[];
  /** The names that it defines; undefined for what always stays. */
  readonly name: string | undefined;
}

/** Those of the definitions that `code` uses, itself or by others. */
export function usedBy(code: string, definitions: string): string {
  const used = new Set(code.match(/\w+/g));
  const kept: string[] = [];
  for (const { lines, name } of definitionsOf(definitions).reverse()) {
    if (name !== undefined && !used.has(name)) continue;
    kept.unshift(...lines);
    for (const line of lines) for (const word of line.match(/\w+/g) ?? []) used.add(word);
  }
  return kept.join('\n');
}

function definitionsOf(text: string): Definition[] {
  const found: Definition[] = [];
  let [lines, depth]: [string[], number] = [[], 0];
  for (const line of text.split('\n')) {
    lines.push(line);
    if (line.startsWith('/*')) continue;
    depth += (line.match(/\{/g)?.length ?? 0) - (line.match(/\}/g)?.length ?? 0);
    if (depth > 0) continue;
    found.push({ lines, name: nameIn(lines.filter((each) => !each.startsWith('/*'))) });
    lines = [];
  }
  return found;
}

function nameIn(lines: readonly string[]): string | undefined {
  const [first = ''] = lines;
  if (first.startsWith('#')) return undefined;
  const last = lines.at(-1) ?? '';
  const type = first.startsWith('typedef')
    ? (/(\w+) __attribute__/.exec(first) ?? /\} (\w+);$/.exec(last))
    : null;
  return (type ?? /(\w+)\(/.exec(first.replace(/__attribute__\(\(.*?\)\)/, '')))?.[1];
}

import { count } from './numbers.ts';

/** Lines of a function, indented by their blocks. */
export class Code {
  readonly #lines: string[] = [];
  #depth = 1;

  line(text: string): void {
    this.#lines.push('  '.repeat(this.#depth) + text);
  }

  /** `head { ... }` */
  block(head: string, body: () => void): void {
    this.line(`${head} {`);
    this.#depth++;
    body();
    this.#depth--;
    this.line('}');
  }

  /**
   * One invocation for each of `n` points, as `name`; workgroups follow each other.
   */
  points(n: number, width: number, name: string, body: () => void): void {
    this.line(`let ${name} = group * ${count(width)} + lane;`);
    this.block(`if (${name} < ${count(n)})`, body);
  }

  toString(): string {
    return this.#lines.join('\n');
  }
}

/** The place along each axis of a box, the last one fastest, as `x<axis>` for axes that `used` has. */
export function decode(
  code: Code,
  from: string,
  axes: readonly { readonly axis: number; readonly extent: number }[],
  used: ReadonlySet<number>,
): void {
  let inner = axes.reduce((n, { extent }) => n * extent, 1);
  axes.forEach(({ axis, extent }, i) => {
    inner = extent === 0 ? 0 : inner / extent;
    if (!used.has(axis)) return;
    const divided = inner === 1 ? from : `${from} / ${count(Math.max(1, inner))}`;
    const whole = i === 0 ? divided : `(${divided}) % ${count(Math.max(1, extent))}`;
    code.line(`let x${axis} = ${whole};`);
  });
}

/** Where an element lies, from the places `x<axis>`. */
export function indexOf(offset: number, strides: readonly number[]): string {
  const terms = strides.flatMap((stride, axis) => {
    if (stride === 0) return [];
    const size = Math.abs(stride);
    return [{ minus: stride < 0, text: size === 1 ? `x${axis}` : `x${axis} * ${count(size)}` }];
  });
  let text = offset === 0 && terms[0]?.minus !== true ? '' : count(offset);
  for (const { minus, text: term } of terms)
    text = text === '' ? term : `${text} ${minus ? '-' : '+'} ${term}`;
  return text === '' ? '0u' : text;
}

/** Lines of C in their order; inner blocks are put in when they are complete. */
export class Block {
  readonly lines: string[] = [];

  line(text: string): void {
    this.lines.push(text);
  }

  /** `head { ... }` */
  nest(head: string, { lines }: Block): void {
    if (lines.length === 0) return;
    this.lines.push(`${head} {`, ...lines.map((line) => `  ${line}`), '}');
  }

  append({ lines }: Block): void {
    this.lines.push(...lines);
  }
}

/** Names of the locals of a function. */
export class Names {
  #made = 0;

  next(prefix: string): string {
    return `${prefix}${this.#made++}`;
  }
}

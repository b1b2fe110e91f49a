import { table } from '../looking/table.ts';

/** A weight or state of a model, or a tensor of a file, and what becomes of it. */
export interface WeightLine {
  readonly became: 'taken' | 'shape differs' | 'missing' | 'left over' | 'kept' | 'ignored';
  /** The path in the model, but for what is left over or ignored. */
  readonly path?: string;
  /** The name in the file, but for what is missing or kept. */
  readonly name?: string;
  /** The dtype and shape in the model, such as `float32[2, 3]`. */
  readonly held?: string;
  /** The dtype and shape that the file has for it. */
  readonly found?: string;
  /** Why it does not fit, where that is more than its shape. */
  readonly why?: string;
}

/** A table of the tensors of a file and their places in a model. */
export class WeightReport {
  constructor(readonly lines: readonly WeightLine[]) {}

  /** Whether every weight of the model has its tensor, every tensor its weight, or a reason was given why not. */
  get fits(): boolean {
    return this.lines.every(({ became }) => became === 'taken' || became === 'kept' || became === 'ignored');
  }

  /** The lines of one kind. */
  of(became: WeightLine['became']): readonly WeightLine[] {
    return this.lines.filter((line) => line.became === became);
  }

  /** How many there are of each kind, in words. */
  get counts(): string {
    const kinds = ['taken', 'shape differs', 'missing', 'left over', 'kept', 'ignored'] as const;
    return kinds
      .map((kind) => [this.of(kind).length, kind] as const)
      .filter(([count]) => count > 0)
      .map(([count, kind]) => `${count} ${kind}`)
      .join(', ');
  }

  toString(): string {
    const rows = this.lines.map(({ became, path = '', name = '', held = '', found = '', why = '' }) => [
      path,
      held,
      name,
      found,
      why === '' ? became : `${became}: ${why}`,
    ]);
    return `${table(['path', 'model', 'name', 'file', ''], rows)}\n${this.counts || 'nothing'}`;
  }
}

import type { DType } from '@pullback/core';
import { elementType } from '../c/lanes.ts';
import type { Places } from './spot.ts';

/** The buffers of a kernel, whose addresses lie in its table `b_` in this order. */
export class Buffers implements Places {
  readonly #order: ReadonlyMap<number, number>;
  readonly #named = new Map<string, string>();

  constructor(buffers: readonly number[]) {
    this.#order = new Map(buffers.map((buffer, i) => [buffer, i]));
  }

  /** Sets the locals of those that are used. */
  get prologue(): string[] {
    return [...this.#named.values()];
  }

  of(buffer: number, dtype: DType): string {
    const place = this.#order.get(buffer) ?? 0;
    const type = elementType(dtype);
    const name = `p${place}`;
    this.#named.set(name, `${type} *const ${name} = (${type} *)b_[${place}];`);
    return name;
  }
}

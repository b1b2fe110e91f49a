import { type Code, types } from '../encoding.ts';
import { get, i32 } from '../instructions.ts';
import type { Locals, ModuleBuilder } from '../module.ts';
import { finishTile } from './finish.ts';
import type { Floats } from './floats.ts';
import type { Operand } from './operand.ts';
import type { ProductSpec } from './spec.ts';
import { countedStride, type Lanes, sumTile, type Tile } from './tile.ts';

/** The functions of a product's tiles, one for each shape that is asked for: small functions are what engines optimise soonest. */
export class TileFunctions {
  readonly #known = new Map<string, number>();

  constructor(
    readonly module: ModuleBuilder,
    readonly floats: Floats,
    readonly spec: ProductSpec,
    readonly lanes: Lanes,
    readonly a: Operand,
    readonly b: Operand,
  ) {}

  tile(height: number, width: number): Tile {
    const { lanes, floats, spec, a, b } = this;
    const remainder = lanes === 'inner' ? spec.inner % floats.lanes : 0;
    const steps = a.spec.reading === 'nested' ? a.spec.nest?.steps : undefined;
    return { lanes, height, width, a: a.strides(height), b: b.strides(width), remainder, steps };
  }

  #once(name: string, height: number, width: number, define: () => number): number {
    const key = `${name} ${height} ${width}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const index = define();
    this.#known.set(key, index);
    return index;
  }

  /** (a, b, sums, row, column, batch if there are several, the spec's parameters): the whole sum and the epilogue. */
  whole(height: number, width: number): number {
    return this.#once('whole', height, width, () =>
      this.module.define({ parameters: this.#parameters(5) }, (locals) => {
        const tile = this.tile(height, width);
        const depth = i32.const((this.spec.inner - tile.remainder) * countedStride(tile, this.floats));
        return [
          sumTile(locals, this.floats, tile, { a: 0, b: 1, sums: 2 }, depth, false),
          this.#finish(locals, height, width, 2),
        ];
      }),
    );
  }

  /** (a, b, sums, depth): the stored sums go on; depth as `sumTile` has it. */
  pass(height: number, width: number): number {
    return this.#once('pass', height, width, () =>
      this.module.define({ parameters: Array(4).fill(types.i32) }, (locals) =>
        sumTile(locals, this.floats, this.tile(height, width), { a: 0, b: 1, sums: 2 }, get(3), true),
      ),
    );
  }

  /** (sums, row, column, batch if there are several, the spec's parameters): the epilogue on stored sums. */
  finish(height: number, width: number): number {
    return this.#once('finish', height, width, () =>
      this.module.define({ parameters: this.#parameters(3) }, (locals) =>
        this.#finish(locals, height, width, 0),
      ),
    );
  }

  #parameters(count: number) {
    const own = Array.from({ length: this.spec.batched ? count + 1 : count }, () => types.i32);
    return [...own, ...(this.spec.parameters ?? [])];
  }

  /** The parameters of `finish` start at local `first`. */
  #finish(locals: Locals, height: number, width: number, first: number): Code {
    return finishTile(locals, this.floats, this.spec, this.tile(height, width), {
      sums: get(first),
      row: get(first + 1),
      column: get(first + 2),
      batch: this.spec.batched ? get(first + 3) : i32.const(0),
      table: get(first + (this.spec.batched ? 4 : 3)),
    });
  }
}

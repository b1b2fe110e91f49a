import { type FactorLoad, plainStrides } from '@pullback/compiler';
import { placeOf, type Spot } from './spot.ts';

/** How far a step along each axis goes, row-major places counting through all of them. */
interface Axes {
  readonly extents: readonly number[];
  readonly strides: readonly number[];
}

export type Which = 'lines' | 'steps';

export interface Innermost {
  readonly extent: number;
  readonly stride: number;
  /** Whether elements along it exist all or not at all. */
  readonly steady: boolean;
}

/** A factor of a product: where the element of a line and a step lies, and whether it exists. */
export class Factor {
  /** Strides from line to line and from step to step; undefined where it takes more than that, so that it has to be packed. */
  readonly plain: { readonly across: number; readonly along: number } | undefined;

  constructor(
    readonly load: FactorLoad,
    readonly batches: number,
  ) {
    const plain = plainStrides(load);
    // Along an axis of one element any stride is right; 1 is the one that is fastest.
    const stride = (extents: readonly number[], given: number) => ((extents[0] ?? 1) <= 1 ? 1 : given);
    this.plain = plain && {
      across: stride(load.lines, plain.across),
      along: stride(load.steps, plain.along),
    };
  }

  /** The innermost axis of lines or of steps. */
  innermost(which: Which): Innermost {
    const { bounds, view } = this.load;
    const { extents, strides } = this.#axes(view.strides, which);
    const steady = bounds.every((bound) => (this.#axes(bound.strides, which).strides.at(-1) ?? 0) === 0);
    return { extent: extents.at(-1) ?? 1, stride: strides.at(-1) ?? 0, steady };
  }

  /** How far a line, or a step, is from the first; or how far it goes along a bound. */
  distance(
    which: Which,
    index: string,
    { strides }: { readonly strides: readonly number[] } = this.load.view,
  ): string {
    return reach(this.#axes(strides, which), index);
  }

  /** The address of the first element for a batch, `from` being that of the buffer. */
  base(spot: Spot, from: string): string {
    const { offset, strides } = this.load.view;
    const place = placeOf(spot, offset, strides.slice(0, this.batches));
    return place === '' ? from : `${from} + ${place}`;
  }

  /** The element of a line and a step as an expression, 0 where it does not exist; `base` is that of the batch. */
  element(spot: Spot, base: string, line: string, step: string): string {
    const { strides } = this.load.view;
    const at = `${base}[${this.#reach(strides, line, step)}]`;
    const inside = this.load.bounds.map(({ start, strides: own, extent }) => {
      const place = placeOf(spot, start, own.slice(0, this.batches)) || '0';
      return `(uint64_t)(${place} + ${this.#reach(own, line, step)}) < ${extent}`;
    });
    return inside.length === 0 ? at : `(${inside.join(' && ')} ? ${at} : 0)`;
  }

  #axes(strides: readonly number[], which: Which): Axes {
    const { lines, steps } = this.load;
    const first = this.batches + (which === 'lines' ? 0 : lines.length);
    const extents = which === 'lines' ? lines : steps;
    return { extents, strides: extents.map((_, i) => strides[first + i] ?? 0) };
  }

  #reach(strides: readonly number[], line: string, step: string): string {
    return [reach(this.#axes(strides, 'lines'), line), reach(this.#axes(strides, 'steps'), step)].join(' + ');
  }

  /** The places that bounds count from, for a batch: what `packFunction` is given. */
  starts(spot: Spot): string {
    return this.load.bounds
      .map(({ start, strides }) => `, ${placeOf(spot, start, strides.slice(0, this.batches)) || '0'}`)
      .join('');
  }
}

/** How far the row-major place `index` of some axes is. */
function reach({ extents, strides }: Axes, index: string): string {
  let inside = extents.reduce((size, extent) => size * extent, 1);
  const terms = extents.flatMap((extent, axis) => {
    inside /= Math.max(1, extent);
    const stride = strides[axis] ?? 0;
    if (stride === 0 || extent <= 1) return [];
    const quotient = inside === 1 ? index : `${index} / ${inside}`;
    const place = axis === 0 ? quotient : `(${quotient}) % ${extent}`;
    return [stride === 1 ? `(${place})` : `(${place}) * ${stride}`];
  });
  return terms.join(' + ') || '0';
}

import { type FactorLoad, plainStrides } from '@pullback/compiler';
import { elementType } from '../c/lanes.ts';
import { placeOf, type Spot } from './spot.ts';

/** How far a step along each axis goes, row-major places counting through all of them. */
interface Axes {
  readonly extents: readonly number[];
  readonly strides: readonly number[];
}

interface Axis {
  readonly extent: number;
  readonly stride: number;
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

  /** Extents and strides of the innermost axis of lines and of steps, where elements can be read in place: all of them exist. */
  get innermost(): { readonly lines: Axis; readonly steps: Axis } | undefined {
    if (this.load.bounds.length > 0) return undefined;
    const axis = (which: 'lines' | 'steps'): Axis => {
      const { extents, strides } = this.#axes(this.load.view.strides, which);
      return { extent: extents.at(-1) ?? 1, stride: strides.at(-1) ?? 0 };
    };
    return { lines: axis('lines'), steps: axis('steps') };
  }

  /** How far a line, or a step, is from the first. */
  distance(which: 'lines' | 'steps', index: string): string {
    return reach(this.#axes(this.load.view.strides, which), index);
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

  #axes(strides: readonly number[], which: 'lines' | 'steps'): Axes {
    const { lines, steps } = this.load;
    const first = this.batches + (which === 'lines' ? 0 : lines.length);
    const extents = which === 'lines' ? lines : steps;
    return { extents, strides: extents.map((_, i) => strides[first + i] ?? 0) };
  }

  #reach(strides: readonly number[], line: string, step: string): string {
    return [reach(this.#axes(strides, 'lines'), line), reach(this.#axes(strides, 'steps'), step)].join(' + ');
  }

  /** The places that bounds count from, for a batch: what `packing` is given. */
  starts(spot: Spot): string {
    return this.load.bounds
      .map(({ start, strides }) => `, ${placeOf(spot, start, strides.slice(0, this.batches)) || '0'}`)
      .join('');
  }

  /**
   * A function that writes `depth` steps from `step` on, of `size` lines from `line` on, one step behind the other: (from, line, step, depth, to, size,
   * padded, starts of bounds). Lines are looked up once, steps once for all lines.
   */
  packing(name: string, most: number): string {
    const { load } = this;
    const type = elementType(load.dtype);
    const { bounds, view } = load;
    const starts = bounds.map((_, b) => `, int64_t start${b}`).join('');
    const reaches = (
      which: 'lines' | 'steps',
      index: string,
      prefix: string,
      put: (text: string) => string,
    ) => [
      `${prefix}at${put('')} = ${reach(this.#axes(view.strides, which), index)};`,
      ...bounds.map(
        ({ strides }, b) =>
          `${prefix}near${b}${put('')} = ${which === 'lines' ? `start${b} + ` : ''}${reach(this.#axes(strides, which), index)};`,
      ),
    ];
    const inside = bounds.map(({ extent }, b) => `(uint64_t)(near${b}[i] + step_near${b}) < ${extent}`);
    const value = 'from[at[i] + step_at]';
    return [
      `static __attribute__((noinline)) void ${name}(const ${type} *restrict from, int64_t line, int64_t step, int64_t depth, ${type} *restrict to, int64_t size, int64_t padded${starts}) {`,
      `  int64_t at[${most}]${bounds.map((_, b) => `, near${b}[${most}]`).join('')};`,
      '  for (int64_t i = 0; i < size; i++) {',
      ...reaches('lines', '(line + i)', '', () => '[i]').map((text) => `    ${text}`),
      '  }',
      '  for (int64_t k = 0; k < depth; k++) {',
      ...reaches('steps', '(step + k)', 'const int64_t step_', () => '').map((text) => `    ${text}`),
      `    for (int64_t i = 0; i < size; i++) to[k * padded + i] = ${inside.length === 0 ? value : `${inside.join(' && ')} ? ${value} : 0`};`,
      '    for (int64_t i = size; i < padded; i++) to[k * padded + i] = 0;',
      '  }',
      '}',
    ].join('\n');
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

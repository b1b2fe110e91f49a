import { DataError, ShapeError } from '../errors.ts';
import { shown } from '../options/field.ts';
import { allocateArray, type DType, type TensorSpec, type TypedArray } from './dtype.ts';
import { isNumberArray } from './host-arrays.ts';
import { formatShape, type Shape, sameShape, sizeOf } from './shape.ts';

/** Arrays are nested at most so deep; a circle is deeper. */
const deepest = 32;
/** More numbers than this are no array that fits into memory, but one array many times in itself. */
const most = 2 ** 32;

/** Whatever may stand in nested arrays in the place of an inner one, read. */
export type ReadBlock = (block: object) => TensorSpec & { readonly data: TypedArray };

interface Gathered {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: TypedArray;
}

/**
 * Numbers nested in arrays, all branches of one length; a branch may be a typed array, a tensor or an image, which `read` reads.
 * Branches that are all of one dtype keep it, in other places numbers are float32 and booleans bool: they come as float64, so that
 * no number is rounded twice.
 * @throws ShapeError for ragged arrays, DataError for what is no number or nested without end: each with its place.
 */
export function readNested(nested: readonly unknown[], read: ReadBlock): Gathered {
  const { shape, block } = outline(nested, read);
  if (sizeOf(shape) > most)
    throw new DataError({ got: `${sizeOf(shape)} numbers`, expected: `at most ${most}` });
  // Blocks that all have the first one's dtype are copied as they are.
  const alike = block && new Gatherer(shape, read, block).gather(nested);
  return (
    alike ??
    new Gatherer(shape, read).gather(nested) ?? { shape, dtype: 'float32', data: new Float64Array(0) }
  );
}

/** The shape along the first branch of every array, and the dtype of the block at its end. */
function outline(nested: readonly unknown[], read: ReadBlock) {
  const shape: number[] = [];
  let level: unknown = nested;
  while (Array.isArray(level)) {
    if (shape.length === deepest)
      throw new DataError({
        got: `arrays nested more than ${deepest} deep, or one that holds itself`,
        expected: 'nested arrays of numbers',
      });
    shape.push(level.length);
    level = level[0];
  }
  if (!isBlock(level)) return { shape, block: undefined };
  const block = read(level);
  return { shape: [...shape, ...block.shape], block: block.dtype };
}

function isBlock(x: unknown): x is object {
  if (typeof x !== 'object' || x === null || Array.isArray(x)) return false;
  return 'data' in x || isNumberArray(x);
}

/** One walk over nested arrays. */
class Gatherer {
  readonly #shape: Shape;
  readonly #read: ReadBlock;
  readonly #only: DType | undefined;
  readonly #data: TypedArray;
  /** Where the walk stands. */
  readonly #place: number[] = [];
  #next = 0;
  #booleans: boolean;

  /** @param only the dtype of all numbers; another ends the walk. */
  constructor(shape: Shape, read: ReadBlock, only?: DType) {
    this.#shape = shape;
    this.#read = read;
    this.#only = only;
    this.#data = allocateArray(only ?? 'float64', sizeOf(shape));
    this.#booleans = this.#data.length > 0;
  }

  gather(nested: unknown): Gathered | undefined {
    if (!this.#visit(nested, 0)) return undefined;
    return {
      shape: this.#shape,
      dtype: this.#only ?? (this.#booleans ? 'bool' : 'float32'),
      data: this.#data,
    };
  }

  /** @returns false where a number is not of the only dtype. */
  #visit(level: unknown, depth: number): boolean {
    // Numbers first: there are many.
    if (depth === this.#shape.length && typeof level !== 'object') return this.#number(level);
    if (isBlock(level)) return this.#block(level, depth);
    if (depth === this.#shape.length) return this.#number(level);
    const extent = this.#shape[depth] ?? 0;
    if (!Array.isArray(level) || level.length !== extent)
      throw new ShapeError({
        got: `${shown(level)}${this.#at(depth)}`,
        expected: `an array of ${extent}, as its first neighbour is`,
        hint: 'Nested arrays must not be ragged.',
      });
    for (let i = 0; i < extent; i++) {
      this.#place[depth] = i;
      if (!this.#visit(level[i], depth + 1)) return false;
    }
    return true;
  }

  #block(level: object, depth: number): boolean {
    const wanted = this.#shape.slice(depth);
    const { shape, dtype, data } = this.#read(level);
    if (!sameShape(shape, wanted))
      throw new ShapeError({
        got: `${shown(level)} of ${formatShape(shape)}${this.#at(depth)}`,
        expected: wanted.length === 0 ? 'a number' : `${formatShape(wanted)}, as its first neighbour is`,
      });
    if (this.#only !== undefined && dtype !== this.#only) return false;
    this.#booleans &&= dtype === 'bool';
    this.#data.set(data, this.#next);
    this.#next += data.length;
    return true;
  }

  #number(x: unknown): boolean {
    if (typeof x !== 'number' && typeof x !== 'boolean')
      throw new DataError({
        got: `${shown(x)}${this.#at(this.#shape.length)}`,
        expected: 'a number in every place',
      });
    if (this.#only !== undefined) return false;
    this.#booleans &&= typeof x === 'boolean';
    this.#data[this.#next++] = Number(x);
    return true;
  }

  #at(depth: number): string {
    return depth === 0 ? '' : ` at ${formatShape(this.#place.slice(0, depth))}`;
  }
}

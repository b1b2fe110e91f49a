import {
  checkOptions,
  field,
  formatShape,
  type Initializer,
  type RandomStream,
  type Shape,
  ShapeError,
  sizeOf,
} from '@pullback/core';

/** Inputs that a unit sees, and outputs that see one of its inputs: the last axes count both, those before are places of a kernel. */
function fans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  const places = sizeOf(shape.slice(0, -2));
  return { fanIn: sizeOf(shape.slice(0, -1)), fanOut: places * (shape.at(-1) ?? 1) };
}

type Numbers = Float32Array | Float64Array;

function draw<A extends Numbers>(shape: Shape, into: A | undefined, next: () => number): A | Float64Array {
  const numbers: A | Float64Array = into ?? new Float64Array(sizeOf(shape));
  for (let i = 0; i < numbers.length; i++) numbers[i] = next();
  return numbers;
}

const any = field.one<number>('a number', (x) => typeof x === 'number');

/** The options of the initializers that have some. */
export const filledFields = { value: field.needed(any) };
export const uniformFields = { low: field.number(), high: field.number() };
export const normalFields = { mean: field.number(), deviation: field.number({ from: 0 }) };
export const gainFields = { gain: field.number() };

/** `value` everywhere. */
export function filled(value: number): Initializer {
  checkOptions('filled', { value }, filledFields);
  return (shape, _, into) => draw(shape, into, () => value);
}

/** Uniform on [low, high). */
export function uniformly(options: { low?: number; high?: number } = {}): Initializer {
  const { low = -0.05, high = 0.05 } = checkOptions('uniformly', options, uniformFields);
  return (shape, random, into) => draw(shape, into, () => low + (high - low) * random.uniform());
}

/** Normal with the given mean and standard deviation. */
export function normally(options: { mean?: number; deviation?: number } = {}): Initializer {
  const { mean = 0, deviation = 0.05 } = checkOptions('normally', options, normalFields);
  return (shape, random, into) => draw(shape, into, () => mean + deviation * random.normal());
}

/** Normal, drawn again where a number is more than two standard deviations from the mean. */
export function truncatedNormal(options: { mean?: number; deviation?: number } = {}): Initializer {
  const { mean = 0, deviation = 0.05 } = checkOptions('truncatedNormal', options, normalFields);
  return (shape, random, into) =>
    draw(shape, into, () => {
      for (;;) {
        const x = random.normal();
        if (Math.abs(x) <= 2) return mean + deviation * x;
      }
    });
}

type Fans = ReturnType<typeof fans>;

/** Uniform on +-sqrt(3 v), whose variance is v. */
const uniformOf =
  (variance: (fan: Fans) => number): (() => Initializer) =>
  () =>
  (shape, random, into) => {
    const limit = Math.sqrt(3 * variance(fans(shape)));
    return draw(shape, into, () => limit * (2 * random.uniform() - 1));
  };

/** Normal with variance v. */
const normalOf =
  (variance: (fan: Fans) => number): (() => Initializer) =>
  () =>
  (shape, random, into) => {
    const deviation = Math.sqrt(variance(fans(shape)));
    return draw(shape, into, () => deviation * random.normal());
  };

const glorot = ({ fanIn, fanOut }: Fans) => 2 / (fanIn + fanOut);
const he = ({ fanIn }: Fans) => 2 / fanIn;
const lecun = ({ fanIn }: Fans) => 1 / fanIn;

/** Uniform on +-sqrt(6 / (fanIn + fanOut)). Source: Glorot and Bengio 2010. */
export const glorotUniform = uniformOf(glorot);

/** Normal with variance 2 / (fanIn + fanOut). Source: Glorot and Bengio 2010. */
export const glorotNormal = normalOf(glorot);

/** Uniform on +-sqrt(6 / fanIn), for relu. Source: He et al. 2015. */
export const heUniform = uniformOf(he);

/** Normal with variance 2 / fanIn, for relu. Source: He et al. 2015. */
export const heNormal = normalOf(he);

/** Uniform on +-sqrt(3 / fanIn), for selu and tanh. Source: LeCun et al. 1998. */
export const lecunUniform = uniformOf(lecun);

/** Normal with variance 1 / fanIn, for selu and tanh. Source: LeCun et al. 1998; Klambauer et al. 2017. */
export const lecunNormal = normalOf(lecun);

/**
 * A matrix with orthonormal columns, or rows when there are fewer of them, times `gain`; every such matrix is equally likely. All axes
 * but the last count as rows. Source: Saxe et al. 2014.
 */
export function orthogonal(options: { gain?: number } = {}): Initializer {
  const { gain = 1 } = checkOptions('orthogonal', options, gainFields);
  return (shape, random) => {
    const columns = shape.at(-1) ?? 1;
    const rows = sizeOf(shape.slice(0, -1));
    const [length, count] = rows >= columns ? [rows, columns] : [columns, rows];
    const basis: Float64Array[] = [];
    while (basis.length < count) basis.push(orthonormalTo(basis, length, random));
    return Float64Array.from({ length: rows * columns }, (_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      return gain * ((rows >= columns ? basis[column]?.[row] : basis[row]?.[column]) ?? 0);
    });
  };
}

/** A random direction, of length 1, at right angles to all of `basis`; what was projected out is projected out twice, for accuracy. */
function orthonormalTo(basis: readonly Float64Array[], length: number, random: RandomStream): Float64Array {
  const inner = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
  for (;;) {
    const direction = Float64Array.from({ length }, () => random.normal());
    const before = Math.sqrt(inner(direction, direction));
    for (const known of [...basis, ...basis]) {
      const share = inner(direction, known);
      for (let i = 0; i < length; i++) direction[i] = (direction[i] ?? 0) - share * (known[i] ?? 0);
    }
    const norm = Math.sqrt(inner(direction, direction));
    if (norm > 1e-8 * before) return direction.map((x) => x / norm);
  }
}

/** `gain` on the diagonal of a matrix, 0 elsewhere. @throws ShapeError for anything but a matrix. */
export function eye(options: { gain?: number } = {}): Initializer {
  const { gain = 1 } = checkOptions('eye', options, gainFields);
  return (shape) => {
    const [rows = 0, columns = 0] = shape;
    if (shape.length !== 2)
      throw new ShapeError({ got: formatShape(shape), expected: 'a matrix, for an identity' });
    return Float64Array.from({ length: rows * columns }, (_, i) =>
      Math.floor(i / columns) === i % columns ? gain : 0,
    );
  };
}

/**
 * An initializer that calls `initializer` with the two last axes in each other's place and turns its numbers back: of a
 * matrix the same numbers in column layout.
 */
export function transposed(initializer: Initializer): Initializer {
  return (shape, random, into) => {
    const [rows = 1, columns = 1] = shape.slice(-2);
    const made = initializer([...shape.slice(0, -2), columns, rows], random);
    let i = -1;
    return draw(shape, into, () => {
      i++;
      const matrix = i - (i % (rows * columns));
      const [row, column] = [Math.floor((i - matrix) / columns), i % columns];
      return made[matrix + column * rows + row] ?? 0;
    });
  };
}

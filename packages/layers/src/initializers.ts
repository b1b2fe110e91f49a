import { type Initializer, type RandomStream, type Shape, sizeOf } from '@pullback/core';

/** Inputs and outputs of one unit: the last axis counts outputs, the others inputs. */
function fans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  const fanOut = shape.at(-1) ?? 1;
  return { fanIn: sizeOf(shape.slice(0, -1)), fanOut };
}

const draw = (shape: Shape, next: () => number) => Float64Array.from({ length: sizeOf(shape) }, next);

/** `value` everywhere. */
export function filled(value: number): Initializer {
  return (shape) => draw(shape, () => value);
}

/** Uniform on [low, high). */
export function uniformly({ low = -0.05, high = 0.05 }: { low?: number; high?: number } = {}): Initializer {
  return (shape, random) => draw(shape, () => low + (high - low) * random.uniform());
}

/** Normal with the given mean and standard deviation. */
export function normally({
  mean = 0,
  deviation = 0.05,
}: {
  mean?: number;
  deviation?: number;
} = {}): Initializer {
  return (shape, random) => draw(shape, () => mean + deviation * random.normal());
}

/** Uniform on +-sqrt(6 / (fanIn + fanOut)). Source: Glorot and Bengio 2010. */
export function glorotUniform(): Initializer {
  return (shape, random) => {
    const { fanIn, fanOut } = fans(shape);
    const limit = Math.sqrt(6 / (fanIn + fanOut));
    return draw(shape, () => limit * (2 * random.uniform() - 1));
  };
}

/** Normal with variance 2 / fanIn, for relu. Source: He et al. 2015. */
export function heNormal(): Initializer {
  return (shape, random) => {
    const deviation = Math.sqrt(2 / fans(shape).fanIn);
    return draw(shape, () => deviation * random.normal());
  };
}

/** What `initializer` makes for the transposed matrix, transposed: the same numbers in column layout. */
export function transposed(initializer: Initializer): Initializer {
  return (shape, random: RandomStream) => {
    const [rows = 1, columns = 1] = shape;
    const made = initializer([columns, rows], random);
    return Float64Array.from({ length: made.length }, (_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      return made[column * rows + row] ?? 0;
    });
  };
}

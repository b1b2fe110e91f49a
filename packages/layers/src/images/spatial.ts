import {
  formatShape,
  type Layer,
  OptionError,
  type Padding,
  type Scope,
  type Shape,
  ShapeError,
  transpose,
  type Value,
} from '@pullback/core';

/** A layer of images: `f` is given [n, ...extents, channels] whatever the layout; in column layout samples are [channels, ...extents]. */
export function imageLayer(
  name: string,
  label: string | undefined,
  f: (scope: Scope, x: Value) => Value,
  source?: string,
): Layer<readonly [Value]> {
  return {
    name,
    label,
    source,
    forward: (scope, x) => {
      if (x.shape.length < 3) throw noImages(name, x);
      return scope.layout === 'row' ? f(scope, x) : endsSwapped(f(scope, endsSwapped(x)));
    },
  };
}

/** The first and the last axis in each other's place. */
function endsSwapped(x: Value): Value {
  const last = x.shape.length - 1;
  return transpose(
    x,
    x.shape.map((_, i) => (i === 0 ? last : i === last ? 0 : i)),
  );
}

/** The spatial extents of [n, ...extents, channels]. */
export function extentsOf({ shape }: Value): Shape {
  return shape.slice(1, -1);
}

export function channelsOf({ shape }: Value): number {
  return shape.at(-1) ?? 0;
}

/** The spatial axes of [n, ...extents, channels]. */
export function spatialAxes(x: Value): number[] {
  return extentsOf(x).map((_, i) => i + 1);
}

const named = ['', 'length', 'height, width', 'depth, height, width'];

/** @throws ShapeError for samples with another number of spatial axes than `rank`. */
export function expectRank(name: string, x: Value, rank: number): void {
  if (x.shape.length !== rank + 2) throw noImages(name, x, rank);
}

function noImages(name: string, { shape }: Value, rank?: number): ShapeError {
  const wanted = rank === undefined ? '...extents' : named[rank];
  const channel = rank !== undefined && shape.length === rank + 1;
  return new ShapeError({
    got: formatShape(shape),
    expected: `[n, ${wanted}, channels] for ${name}`,
    hint: channel
      ? `One channel is an axis too: reshape([${[...shape.slice(1), 1].join(', ')}]) in front of it.`
      : 'A reshape in front gives vectors the shape of images: reshape([28, 28, 1]).',
  });
}

/** One number for each of `rank` spatial axes. @throws OptionError for another number of them. */
export function perAxis(given: number | readonly number[], rank: number, what: string): Shape {
  const all = typeof given === 'number' ? Array.from({ length: rank }, () => given) : given;
  if (all.length === rank) return all;
  throw new OptionError({
    got: `${all.length} numbers as '${what}'`,
    expected: `one, or one for each of ${rank} spatial axes`,
  });
}

export interface Placing {
  readonly size: Shape;
  readonly dilation?: number | readonly number[] | undefined;
  readonly padding?: Padding | undefined;
}

/**
 * Refuses images that a kernel or window does not fit into, with both readings of their shape where the other one would do.
 * @throws ShapeError
 */
export function expectRoom(what: string, x: Value, { size, dilation = 1, padding = 'valid' }: Placing): void {
  if (padding === 'same') return;
  const dilations = perAxis(dilation, size.length, 'dilation');
  const around = (i: number) => (padding === 'valid' ? [0, 0] : (padding[i] ?? [0, 0]));
  const fits = (extents: Shape) =>
    extents.every((extent, i) => {
      const [before = 0, after = 0] = around(i);
      return extent + before + after >= ((size[i] ?? 1) - 1) * (dilations[i] ?? 1) + 1;
    });
  if (fits(extentsOf(x))) return;
  const spread = dilations.some((n) => n > 1) ? `, ${dilations.join(' x ')} places apart,` : '';
  throw new ShapeError({
    got: `a ${what} of ${size.join(' x ')}${spread} over ${readAs(x, extentsOf(x), channelsOf(x))}`,
    expected: `images that it fits into`,
    hint: fits(x.shape.slice(2))
      ? otherReading(x)
      : "padding: 'same' makes room around them; or a smaller one.",
  });
}

export function readAs({ shape }: Value, extents: Shape, channels: number): string {
  return `${formatShape(shape)}, images of ${extents.join(' x ')} with ${channels} ${channels === 1 ? 'channel' : 'channels'}`;
}

/** The advice where data were given channels first. */
export function otherReading(x: Value): string {
  const { shape } = x;
  return `With channels first it is ${readAs(x, shape.slice(2), shape[1] ?? 0)}: channelsLast() in front turns it round.`;
}

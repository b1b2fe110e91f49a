import type { Value } from '@pullback/core';
import { ConformanceError } from './case.ts';
import { near } from './numbers.ts';
import { placeOf } from './numbers-as-text.ts';
import { vertexByVertex } from './vertex-by-vertex.ts';

/**
 * A function in float64 loses nothing in float32 on its way: with every float32 held as a float64 instead, the same comes
 * out. Numbers that float32 holds without loss may be of it.
 * @throws ConformanceError
 */
export function examinePrecision(
  what: string,
  inputs: readonly Value[],
  outputs: readonly Value[],
  numbers: readonly Float64Array[],
): void {
  const narrow = outputs.find(({ dtype }) => dtype === 'float32');
  if (narrow !== undefined)
    throw new ConformanceError({
      what: `the dtype of ${what} in float64`,
      got: 'float32',
      expected: 'float64',
    });
  const [own, wide] = [
    vertexByVertex(inputs, outputs)(numbers),
    vertexByVertex(inputs, outputs, widened)(numbers),
  ];
  own.forEach(({ data, shape }, o) => {
    data.forEach((x, k) => {
      const wanted = wide[o]?.data[k] ?? Number.NaN;
      if (near(x, wanted, 1e-12)) return;
      throw new ConformanceError({
        what: `${what} ${placeOf(k, shape)} loses precision: it goes by way of float32, or holds a constant of it`,
        got: String(x),
        expected: `${wanted}, all in float64`,
      });
    });
  });
}

/** A constant that float32 has rounded, as it was meant: the short decimal that it is the float32 of, where there is one. */
function widened(x: number): number {
  const meant = Number(x.toPrecision(6));
  return Math.fround(meant) === x ? meant : x;
}

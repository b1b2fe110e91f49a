import { DataError, type Shape, type TypedArray } from '@pullback/core';

/** Numbers of weights by path, as `model.weights()` gives them. */
export type WeightsByPath = Readonly<Record<string, { readonly shape: Shape; readonly data: TypedArray }>>;

const ending = /\.lora(A|B|Scale)$/;

/**
 * W + s A B for every matrix W that `lora` added to, and all other weights as they are: those of the layer without it. Sums are rounded once.
 * @throws DataError where one of W, A, B and s is missing.
 */
export function mergeLora(weights: WeightsByPath): WeightsByPath {
  const merged: Record<string, WeightsByPath[string]> = {};
  const adapted = new Set<string>();
  for (const [path, weight] of Object.entries(weights)) {
    if (!ending.test(path)) merged[path] = weight;
    else adapted.add(path.replace(ending, ''));
  }
  for (const path of adapted) {
    const part = (name: string) => {
      const found = Object.hasOwn(weights, name) ? weights[name] : undefined;
      if (found === undefined)
        throw new DataError({ got: `no '${name}'`, expected: `all parts of '${path}'` });
      return found;
    };
    const [w, a, b] = [part(path), part(`${path}.loraA`), part(`${path}.loraB`)];
    const [scale = 0] = part(`${path}.loraScale`).data;
    merged[path] = { shape: w.shape, data: sumOf(w, a, b, scale) };
  }
  return merged;
}

/** W + s A B, row by row in float64. */
function sumOf(
  w: WeightsByPath[string],
  a: WeightsByPath[string],
  b: WeightsByPath[string],
  scale: number,
): TypedArray {
  const [p = 0, q = 0] = w.shape;
  const rank = b.shape[0] ?? 0;
  const data = w.data.slice();
  const row = new Float64Array(q);
  for (let i = 0; i < p; i++) {
    row.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = scale * (a.data[i * rank + k] ?? 0);
      for (let j = 0; j < q; j++) row[j] = (row[j] ?? 0) + factor * (b.data[k * q + j] ?? 0);
    }
    for (let j = 0; j < q; j++) data[i * q + j] = (data[i * q + j] ?? 0) + (row[j] ?? 0);
  }
  return data;
}

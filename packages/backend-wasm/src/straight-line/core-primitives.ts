import { argmax, gather, matmul, max, type Primitive, placeholder, scatterAdd, sum } from '@pullback/core';

let known: ReadonlyMap<object, string> | undefined;

/** The name of a reduction, product or indexing primitive of core; undefined for every other object, whatever its name. */
export function reductionOf(primitive: Primitive): string | undefined {
  if (known === undefined) {
    const x = placeholder({ shape: [1, 1], dtype: 'float32' }, 'x');
    const indices = placeholder({ shape: [1], dtype: 'int32' }, 'indices');
    const options = { axis: 0, keepAxis: true };
    const made = [sum(x, options), max(x, options), argmax(x, options), matmul(x, x)];
    const indexed = [gather(x, indices), scatterAdd(x, indices, { size: 1 })];
    known = new Map([...made, ...indexed].map(({ node }) => [node, node.name]));
  }
  return known.get(primitive);
}

import type { Primitive, Value } from '@pullback/core';
import * as core from '@pullback/core';

let names: ReadonlyMap<Primitive, string> | undefined;

/**
 * The name of a primitive of the core, undefined for any other: a primitive of a plugin may have the same name and another meaning, so it is
 * the object that counts.
 */
export function coreNameOf(primitive: Primitive): string | undefined {
  names ??= new Map(
    oneOfEach().flatMap(({ vertex: { node } }) => (node.kind === 'composite' ? [] : [[node, node.name]])),
  );
  return names.get(primitive);
}

/** A vertex of every primitive. */
function oneOfEach(): Value[] {
  const float = core.placeholder({ shape: [1, 2], dtype: 'float32' }, 'x');
  const int = core.placeholder({ shape: [2], dtype: 'int32' }, 'i');
  const bool = core.placeholder({ shape: [2], dtype: 'bool' }, 'c');
  const { add, sub, mul, div, mod, maximum, minimum, equal, less, lessEqual } = core;
  const pairs = [add, sub, mul, div, mod, maximum, minimum, equal, less, lessEqual];
  const { neg, floor, ceil, round, sign, abs, square, sqrt, exp, expm1, log1p, tanh, sin, cos, erf } = core;
  const functions = [
    neg,
    floor,
    ceil,
    round,
    sign,
    abs,
    square,
    sqrt,
    exp,
    expm1,
    log1p,
    tanh,
    sin,
    cos,
    erf,
  ];
  const kept = { axis: 1, keepAxis: true };
  // What `log` of a plain value expands to is the primitive.
  const logarithm = core.log(float);
  const bits = core.randomBits(int, [2]);
  const threefry = bits.vertex.node.kind === 'elementwise' ? bits : undefined;
  return [
    ...pairs.map((f) => f(float, float)),
    ...functions.map((f) => f(float)),
    logarithm,
    ...(threefry === undefined ? [] : [threefry]),
    core.and(bool, bool),
    core.or(bool, bool),
    core.not(bool),
    core.select(bool, int, int),
    core.cast(float, 'int32'),
    core.sum(float, kept),
    core.max(float, kept),
    core.argmax(float, kept),
    core.matmul(float, core.transpose(float)),
    core.transpose(float),
    core.reshape(float, [2]),
    core.broadcast(float, [3, 2]),
    core.slice(float, [0, 1]),
    core.flip(float),
    core.pad(float, { low: [1, 0] }),
    core.concatenate([float, float]),
    core.gather(float, int),
    core.scatterAdd(float, core.placeholder({ shape: [1], dtype: 'int32' }, 'i'), { size: 1 }),
    core.barrier(float),
    core.stopGradient(float),
    core.iota([2]),
    core.fill(1, [2]),
    core.constant([1, 2]),
  ];
}

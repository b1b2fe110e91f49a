import {
  abs,
  add,
  and,
  cast,
  ceil,
  cos,
  div,
  equal,
  erf,
  exp,
  expm1,
  floor,
  less,
  lessEqual,
  log,
  log1p,
  maximum,
  minimum,
  mod,
  mul,
  neg,
  not,
  or,
  type Primitive,
  placeholder,
  randomBits,
  round,
  select,
  sign,
  sin,
  sqrt,
  square,
  sub,
  tanh,
  type Value,
} from '@pullback/core';

let known: ReadonlyMap<object, string> | undefined;

/** The name of an elementwise primitive of core; undefined for every other object, whatever its name. */
export function nameOf(primitive: Primitive): string | undefined {
  known ??= collect();
  return known.get(primitive);
}

/** Core's elementwise primitives with their names, found in graphs made of them. */
function collect(): ReadonlyMap<object, string> {
  const x = placeholder({ shape: [], dtype: 'float32' }, 'x');
  const key = placeholder({ shape: [2], dtype: 'int32' }, 'key');
  const unary = [
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
    log,
    log1p,
    tanh,
    sin,
    cos,
    erf,
  ];
  const binary = [add, sub, mul, div, mod, maximum, minimum, equal, less, lessEqual];
  const bool = equal(x, x);
  const pending: Value[] = [
    ...unary.map((f) => f(x)),
    ...binary.map((f) => f(x, x)),
    and(bool, bool),
    or(bool, bool),
    not(bool),
    select(bool, x, x),
    cast(x, 'int32'),
    randomBits(key, [1]),
  ];
  const names = new Map<object, string>();
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (value.node.kind === 'elementwise') names.set(value.node, value.node.name);
    pending.push(...value.inputs);
  }
  return names;
}

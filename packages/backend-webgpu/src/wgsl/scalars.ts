import { coreNameOf } from '@pullback/compiler';
import {
  type Attributes,
  type DType,
  describeOrigins,
  type Origin,
  type Primitive,
  UnsupportedError,
} from '@pullback/core';
import { typeOf } from './numbers.ts';

type Rule = (...x: string[]) => string;

interface Rules {
  readonly f32?: Rule;
  readonly i32?: Rule;
  readonly u32?: Rule;
  readonly bool?: Rule;
}

const call =
  (name: string): Rule =>
  (...x) =>
    `${name}(${x.join(', ')})`;
const between =
  (operator: string): Rule =>
  (a, b) =>
    `(${a} ${operator} ${b})`;
const same: Rule = (x = '') => x;
const onFloats = (name: string): Rules => ({ f32: call(`${name}_f32`) });
const either = (f32: Rule, i32: Rule): Rules => ({ f32, i32 });
const plain = (operator: string): Rules => either(between(operator), between(operator));
const chosen: Rule = (c, a, b) => `select(${b}, ${a}, ${c})`;

/** What each elementwise primitive of the core is, by the type of its last operand. */
const rules: Readonly<Record<string, Rules>> = {
  neg: either(call('negate_f32'), (x) => `(-${x})`),
  add: plain('+'),
  sub: plain('-'),
  mul: plain('*'),
  div: either(between('/'), call('div_i32')),
  mod: either(call('mod_f32'), call('mod_i32')),
  floor: either(call('floor_f32'), same),
  ceil: either(call('ceil_f32'), same),
  round: either(call('round'), same),
  sign: either(call('sign_f32'), call('sign')),
  abs: either(call('absolute_f32'), call('abs')),
  square: either(
    (x) => `(${x} * ${x})`,
    (x) => `(${x} * ${x})`,
  ),
  sqrt: { f32: call('sqrt') },
  exp: onFloats('exp'),
  expm1: onFloats('expm1'),
  log: onFloats('log'),
  log1p: onFloats('log1p'),
  tanh: onFloats('tanh'),
  pow: onFloats('pow'),
  sin: onFloats('sin'),
  cos: onFloats('cos'),
  erf: onFloats('erf'),
  maximum: either(call('maximum_f32'), call('max')),
  minimum: either(call('minimum_f32'), call('min')),
  equal: {
    f32: call('equal_f32'),
    i32: between('=='),
    u32: between('=='),
    bool: between('=='),
  },
  less: either(call('less_f32'), between('<')),
  lessEqual: either(call('less_equal_f32'), between('<=')),
  and: { bool: between('&&') },
  or: { bool: between('||') },
  not: { bool: (x) => `(!${x})` },
  select: { f32: chosen, i32: chosen, u32: chosen, bool: chosen },
};

/** What one dtype is as another. */
function converted(x: string, from: DType, to: DType): string {
  const [source, target] = [typeOf(from), typeOf(to)];
  if (source === target) return x;
  switch (target) {
    case 'f32':
      return `f32(${x})`;
    case 'i32':
      return source === 'f32' ? `i32_of_f32(${x})` : `i32(${x})`;
    case 'bool':
      return source === 'f32' ? `bool_of_f32(${x})` : `(${x} != 0)`;
    case 'u32':
      if (source === 'bool') return `u32(${x})`;
      return `(bitcast<u32>(${source === 'f32' ? `i32_of_f32(${x})` : x}) & 0xffu)`;
    default:
      return target satisfies never;
  }
}

export interface Scalar {
  readonly primitive: Primitive | undefined;
  readonly attributes: Attributes;
  readonly dtype: DType;
  readonly origins: readonly Origin[];
}

/** The primitive on operands of those dtypes as an expression. @throws UnsupportedError where it has no rule. */
export function scalar(
  { primitive, attributes, dtype, origins }: Scalar,
  operands: readonly string[],
  dtypes: readonly DType[],
): string {
  const [first = '0'] = operands;
  if (primitive === undefined) return first;
  const name = coreNameOf(primitive);
  if (name === 'cast') return converted(first, dtypes[0] ?? dtype, dtype);
  if (name === 'threefry') return `threefry_word(${operands.join(', ')}, ${Number(attributes['word'])}u)`;
  const rule = name === undefined ? undefined : rules[name]?.[typeOf(dtypes.at(-1) ?? dtype)];
  if (rule !== undefined) return rule(...operands);
  const own = primitive.kernels?.wgsl?.(operands, { attributes, dtype });
  if (own !== undefined) return `(${own})`;
  throw new UnsupportedError({
    got: `'${primitive.name}' of ${dtypes.join(' and ')} on the webgpu backend, which has no kernel for it`,
    expected: 'another dtype',
    hint: 'The backends wasm and cpu run every primitive.',
    at: describeOrigins(origins),
  });
}

/** Whether the primitive can be computed by an expression. */
export function hasScalar(primitive: Primitive): boolean {
  return coreNameOf(primitive) !== undefined || primitive.kernels?.wgsl !== undefined;
}

import { type DType, emitInOrder, InternalError, type Scalar, type ScalarType } from '@pullback/core';
import type { Code } from './code.ts';
import { literal } from './numbers.ts';

/**
 * Writes the result of a formula as an expression; what it reads more than once becomes `let <name>_<n>` before it. Where WGSL leaves a
 * result open (NaN in comparisons, subnormal numbers) functions of bits are called.
 * @param operands expressions, of bytes u32.
 * @param dtype of the result.
 */
export function formulaText(
  code: Code,
  name: string,
  formula: Scalar,
  operands: readonly string[],
  dtype: DType,
): string {
  const texts = new Map<Scalar, string>();
  const uses = usesIn(formula);
  let named = 0;
  const of = (scalar: Scalar): string => texts.get(scalar) ?? '0';
  const put = (scalar: Scalar, text: string): void => {
    const isAtom = scalar.operation === 'number' || scalar.operation === 'operand';
    if (isAtom || (uses.get(scalar) ?? 0) < 2) {
      texts.set(scalar, text);
      return;
    }
    const local = `${name}_${named++}`;
    code.line(`let ${local} = ${text};`);
    texts.set(scalar, local);
  };
  emitInOrder(formula, {
    emit: (scalar) => put(scalar, textOf(scalar, scalar.operands.map(of), operands)),
    branch: (scalar, rare) => {
      const [condition = scalar, rareSide = scalar, usual = scalar] = scalar.operands;
      const local = `${name}_${named++}`;
      code.line(`var ${local} = ${of(usual)};`);
      code.block(`if (${of(condition)})`, () => {
        rare();
        code.line(`${local} = ${of(rareSide)};`);
      });
      texts.set(scalar, local);
    },
  });
  return dtype === 'uint8' ? `u32(${of(formula)})` : of(formula);
}

function usesIn(formula: Scalar): Map<Scalar, number> {
  const uses = new Map<Scalar, number>();
  const count = ({ operands }: Scalar): void => {
    for (const operand of operands) uses.set(operand, (uses.get(operand) ?? 0) + 1);
  };
  emitInOrder(formula, {
    emit: count,
    branch: (scalar, rare) => {
      count(scalar);
      rare();
    },
  });
  return uses;
}

function textOf(scalar: Scalar, x: readonly string[], operands: readonly string[]): string {
  const { operation, type, number, dtype } = scalar;
  const [a = '0', b = '0', c = '0'] = x;
  const from = scalar.operands[0]?.type ?? type;
  switch (operation) {
    case 'operand': {
      const operand = operands[number] ?? '0';
      return dtype === 'uint8' ? `i32(${operand})` : operand;
    }
    case 'number':
      return literal(type, number);
    case 'select':
      return `select(${c}, ${b}, ${a})`;
    case 'cast':
      return converted(a, from, dtype);
    case 'shl':
    case 'shrS':
      return `(${a} ${operation === 'shl' ? '<<' : '>>'} ${number}u)`;
    case 'shrU':
      return `bitcast<i32>(bitcast<u32>(${a}) >> ${number}u)`;
    case 'madd':
      return `(${a} * ${b} + ${c})`;
    case 'count':
      return `(round(${a} * ${b}) + ${c})`;
    case 'nmadd':
      return `(${c} - ${a} * ${b})`;
    case 'bits':
      return `bitcast<i32>(${a})`;
    case 'fromBits':
      return `bitcast<f32>(${a})`;
    case 'scale':
      return `(${a} * power_of_two(i32(${b})))`;
    case 'turns':
      return `i32(reduce_angle(${a}).quadrant)`;
    case 'turned':
      return `reduce_angle(${a}).rest`;
    default: {
      const write = (from === 'float32' ? ofFloats : from === 'bool' ? ofBools : ofIntegers)[operation];
      if (write === undefined)
        throw new InternalError({
          got: `the operation '${operation}' of ${from} in WGSL`,
          expected: 'a formula without float64',
        });
      return write(a, b);
    }
  }
}

type Write = (a: string, b: string) => string;
type Writers = { readonly [K in Scalar['operation']]?: Write };

const between =
  (operator: string): Write =>
  (a, b) =>
    `(${a} ${operator} ${b})`;
const call =
  (name: string): Write =>
  (a, b) =>
    `${name}(${a}, ${b})`;
const call1 =
  (name: string): Write =>
  (a) =>
    `${name}(${a})`;

const ofFloats: Writers = {
  add: between('+'),
  sub: between('-'),
  mul: between('*'),
  div: between('/'),
  rest: call('remainder_f32'),
  neg: call1('negate_f32'),
  abs: call1('absolute_f32'),
  sqrt: call1('sqrt'),
  floor: call1('floor_f32'),
  ceil: call1('ceil_f32'),
  nearest: call1('round'),
  trunc: call1('trunc'),
  min: call('minimum_f32'),
  max: call('maximum_f32'),
  lower: (a, b) => `select(${a}, ${b}, less_f32(${b}, ${a}))`,
  higher: (a, b) => `select(${a}, ${b}, less_f32(${a}, ${b}))`,
  equal: call('equal_f32'),
  less: call('less_f32'),
  lessEqual: call('less_equal_f32'),
};

const ofIntegers: Writers = {
  add: between('+'),
  sub: between('-'),
  mul: between('*'),
  div: call('div_i32'),
  rest: call('rest_i32'),
  neg: (a) => `(-${a})`,
  abs: call1('abs'),
  min: call('min'),
  max: call('max'),
  and: between('&'),
  or: between('|'),
  xor: between('^'),
  equal: between('=='),
  less: between('<'),
  lessEqual: between('<='),
};

const ofBools: Writers = {
  and: between('&&'),
  or: between('||'),
  xor: between('!='),
  not: (a) => `(!${a})`,
  equal: between('=='),
};

/** One type as another; bytes are i32 here. */
function converted(x: string, from: ScalarType, to: DType): string {
  const whole = from === 'float32' ? `i32_of_f32(${x})` : from === 'int32' ? x : `i32(${x})`;
  switch (to) {
    case 'float32':
      return `f32(${x})`;
    case 'int32':
      return whole;
    case 'uint8':
      return `(${whole} & 255)`;
    case 'bool':
      return from === 'float32' ? `bool_of_f32(${x})` : `(${x} != 0)`;
    default:
      throw new InternalError({ got: 'a cast to float64 in WGSL', expected: 'a formula without float64' });
  }
}

import {
  abs,
  add,
  and,
  cast,
  ceil,
  cos,
  type DType,
  div,
  equal,
  erf,
  exp,
  expm1,
  floor,
  formulaOf,
  type Instruction,
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
  pow,
  round,
  type Scalar,
  select,
  sign,
  sin,
  sqrt,
  square,
  sub,
  tanh,
  UnsupportedError,
  type Value,
} from '@pullback/core';
import { typeOfCode } from '../element-types.ts';
import { atan, remainder } from '../functions.ts';
import { kept } from '../kept.ts';
import { type InstructionWriter, type ProgramWriting, writtenTypes } from './program-writing.ts';

type Of1 = (x: Value) => Value;
type Of2 = (a: Value, b: Value) => Value;

function primitiveOf(value: Value): Primitive | undefined {
  return value.node.kind === 'composite' ? undefined : value.node;
}

const simply =
  (operator: string): InstructionWriter =>
  (writing, { inputs }) =>
    writing.node(operator, writing.operands(inputs));

/** The dtype of the first operand. */
function dtypeOf(writing: ProgramWriting, { inputs }: Instruction): DType {
  return writing.spec(inputs[0] ?? 0).dtype;
}

const squared: InstructionWriter = (writing, { inputs: [x = 0] }) =>
  writing.node('Mul', [writing.full(x), writing.full(x)]);
const expMinus1: InstructionWriter = (writing, instruction) =>
  writing.node('Sub', [
    writing.node('Exp', writing.operands(instruction.inputs)),
    writing.scalar(1, dtypeOf(writing, instruction)),
  ]);
const logOf1Plus: InstructionWriter = (writing, instruction) =>
  writing.node('Log', [
    writing.node('Add', [
      ...writing.operands(instruction.inputs),
      writing.scalar(1, dtypeOf(writing, instruction)),
    ]),
  ]);
/** a - b floor(a / b); of integers the operator does it. */
const modulo: InstructionWriter = (writing, instruction) => {
  const [a = '', b = ''] = writing.operands(instruction.inputs);
  if (dtypeOf(writing, instruction) === 'int32') return writing.node('Mod', [a, b]);
  const whole = writing.node('Floor', [writing.node('Div', [a, b])]);
  return writing.node('Sub', [a, writing.node('Mul', [whole, b])]);
};
const chosen: InstructionWriter = (writing, { inputs, outputs }) => {
  const [c = '', a = '', b = ''] = writing.operands(inputs);
  if (outputs[0]?.dtype !== 'bool') return writing.node('Where', [c, a, b]);
  // Where is not there for bools in every runtime.
  return writing.node('Or', [
    writing.node('And', [c, a]),
    writing.node('And', [writing.node('Not', [c]), b]),
  ]);
};
const converted: InstructionWriter = (writing, { inputs, outputs: [spec] }) =>
  writing.node('Cast', writing.operands(inputs), { to: writtenTypes[spec?.dtype ?? 'float32'].code });

/** Numbers that are kept as a smaller type holds them go there and back. */
const throughType: InstructionWriter = (writing, { inputs, outputs: [spec], attributes }) => {
  const { code } = typeOfCode(Number(attributes['code']), 'a Value');
  const small = writing.node('Cast', writing.operands(inputs), { to: code });
  return writing.node('Cast', [small], { to: writtenTypes[spec?.dtype ?? 'float32'].code });
};

let known: ReadonlyMap<Primitive, InstructionWriter> | undefined;

/** The writers of our own elementwise primitives, which are recognised by what their functions make. */
function ownWriters(): ReadonlyMap<Primitive, InstructionWriter> {
  const [x, y] = [
    placeholder({ shape: [2], dtype: 'float32' }, 'x'),
    placeholder({ shape: [2], dtype: 'float32' }, 'y'),
  ];
  const [yes, whole] = [
    placeholder({ shape: [2], dtype: 'bool' }, 'b'),
    placeholder({ shape: [2], dtype: 'int32' }, 'i'),
  ];
  const of1: readonly (readonly [Of1, InstructionWriter])[] = [
    [neg, simply('Neg')],
    [abs, simply('Abs')],
    [sign, simply('Sign')],
    [sqrt, simply('Sqrt')],
    [exp, simply('Exp')],
    [log, simply('Log')],
    [tanh, simply('Tanh')],
    [sin, simply('Sin')],
    [cos, simply('Cos')],
    [erf, simply('Erf')],
    [atan, simply('Atan')],
    [floor, simply('Floor')],
    [ceil, simply('Ceil')],
    [round, simply('Round')],
    [square, squared],
    [expm1, expMinus1],
    [log1p, logOf1Plus],
    [(z) => cast(z, 'int32'), converted],
    [(z) => kept(z, typeOfCode(10, 'x')), throughType],
  ];
  const of2: readonly (readonly [Of2, InstructionWriter])[] = [
    [add, simply('Add')],
    [sub, simply('Sub')],
    [mul, simply('Mul')],
    [div, simply('Div')],
    [maximum, simply('Max')],
    [minimum, simply('Min')],
    [pow, simply('Pow')],
    [equal, simply('Equal')],
    [less, simply('Less')],
    [lessEqual, simply('LessOrEqual')],
    [mod, modulo],
    [remainder, (writing, { inputs }) => writing.node('Mod', writing.operands(inputs), { fmod: 1 })],
  ];
  const made: readonly (readonly [Value, InstructionWriter])[] = [
    ...of1.map(([f, write]) => [f(x), write] as const),
    ...of2.map(([f, write]) => [f(x, y), write] as const),
    [and(yes, yes), simply('And')],
    [or(yes, yes), simply('Or')],
    [not(yes), simply('Not')],
    [select(yes, x, y), chosen],
    [kept(whole, typeOfCode(3, 'x')), throughType],
  ];
  return new Map(
    made.flatMap(([value, write]) => {
      const primitive = primitiveOf(value);
      return primitive === undefined ? [] : [[primitive, write] as const];
    }),
  );
}

/** The writer of an elementwise instruction: an operator of that name, or else its formula, operation by operation. */
export function elementsWriter({ primitive }: Instruction): InstructionWriter {
  known ??= ownWriters();
  const other = Object.hasOwn(ofOthers, primitive.name) ? ofOthers[primitive.name] : undefined;
  return known.get(primitive) ?? other ?? byFormula;
}

/** x Phi(x), of the layer gelu. */
const timesShareBelow: InstructionWriter = (writing, instruction) => {
  const dtype = dtypeOf(writing, instruction);
  const [x = ''] = writing.operands(instruction.inputs);
  const inner = writing.node('Erf', [writing.node('Mul', [x, writing.scalar(Math.SQRT1_2, dtype)])]);
  const share = writing.node('Add', [inner, writing.scalar(1, dtype)]);
  return writing.node('Mul', [writing.node('Mul', [x, writing.scalar(0.5, dtype)]), share]);
};

/** Writers of elementwise primitives of other packages, by name. */
const ofOthers: Readonly<Record<string, InstructionWriter>> = { timesShareBelow };

const operators: Readonly<Partial<Record<Scalar['operation'], string>>> = {
  add: 'Add',
  sub: 'Sub',
  mul: 'Mul',
  div: 'Div',
  neg: 'Neg',
  abs: 'Abs',
  min: 'Min',
  max: 'Max',
  sqrt: 'Sqrt',
  floor: 'Floor',
  ceil: 'Ceil',
  nearest: 'Round',
  equal: 'Equal',
  less: 'Less',
  lessEqual: 'LessOrEqual',
  select: 'Where',
  rarely: 'Where',
  not: 'Not',
};

/** A formula of a primitive that ONNX does not have. @throws UnsupportedError for operations on bits. */
function byFormula(writing: ProgramWriting, { primitive, attributes, inputs }: Instruction): string {
  const formula = formulaOf(
    primitive,
    attributes,
    inputs.map((input) => writing.spec(input).dtype),
    false,
  );
  const names = new Map<Scalar, string>();
  const nameOf = (scalar: Scalar): string => {
    const made = names.get(scalar) ?? written(scalar);
    names.set(scalar, made);
    return made;
  };
  const written = (scalar: Scalar): string => {
    const { operation, type, operands, number, dtype } = scalar;
    if (operation === 'operand') return writing.full(inputs[number] ?? 0);
    if (operation === 'number') return writing.scalar(number, type);
    const given = operands.map(nameOf);
    const [a = '', b = '', c = ''] = given;
    if (operation === 'cast') return writing.node('Cast', [a], { to: writtenTypes[dtype].code });
    if (operation === 'madd') return writing.node('Add', [writing.node('Mul', [a, b]), c]);
    if (operation === 'nmadd') return writing.node('Sub', [c, writing.node('Mul', [a, b])]);
    if (operation === 'rest') return writing.node('Mod', [a, b], { fmod: 1 });
    if (type === 'bool' && operation === 'and') return writing.node('And', given);
    if (type === 'bool' && operation === 'or') return writing.node('Or', given);
    if (type === 'bool' && operation === 'xor') return writing.node('Xor', given);
    if (operation === 'lower') return writing.node('Where', [writing.node('Less', [b, a]), b, a]);
    if (operation === 'higher') return writing.node('Where', [writing.node('Less', [a, b]), b, a]);
    const operator = operators[operation];
    if (operator !== undefined) return writing.node(operator, given);
    throw new UnsupportedError({
      got: `'${primitive.name}', whose formula has '${operation}'`,
      expected: 'operations that ONNX has',
      hint: 'A function made of others is written as those.',
    });
  };
  if (formula === undefined)
    throw new UnsupportedError({ got: `'${primitive.name}', which has no formula`, expected: 'one' });
  return nameOf(formula);
}

import { type Attributes, coreNameOf, type DType, type Instruction, type Primitive } from '@pullback/core';
import type { Rule } from '../lane.ts';
import { bool } from './bool.ts';
import { cast } from './cast.ts';
import { float32 } from './float32.ts';
import { float64 } from './float64.ts';
import { int32, uint8 } from './int32.ts';
import { select } from './select.ts';
import { threefry } from './threefry.ts';

const rules: Readonly<Record<DType, Readonly<Record<string, Rule>>>> = {
  float32,
  float64,
  int32,
  uint8,
  bool,
};

/** The code of an elementwise primitive for operands of these dtypes; undefined where there is none, as for a plugin's primitive. */
export function ruleOf(
  primitive: Primitive,
  attributes: Attributes,
  inputs: readonly DType[],
  output: DType,
): Rule | undefined {
  const name = coreNameOf(primitive);
  const [first] = inputs;
  if (name === undefined || first === undefined) return undefined;
  switch (name) {
    case 'cast':
      return cast(first, output);
    case 'select':
      return select;
    case 'threefry':
      return threefry(attributes['word'] === 0 ? 0 : 1);
    default:
      return rules[first][name];
  }
}

/** Whether the host has to compute an elementwise instruction on operands of these dtypes. */
export function lacksRule(
  { primitive, attributes, outputs: [output] }: Instruction,
  operands: readonly DType[],
): boolean {
  return output === undefined || ruleOf(primitive, attributes, operands, output.dtype) === undefined;
}

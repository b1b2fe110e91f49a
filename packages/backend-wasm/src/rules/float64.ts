import type { Code } from '../encoding.ts';
import { f64x2, v128 } from '../instructions.ts';
import type { Lane, Rule } from '../lane.ts';
import { eachRegister, instruction } from './each-register.ts';
import { expFloat64 } from './exponential-float64.ts';
import { eachTwoHalves, halvesOf, lowerWords } from './halves.ts';
import { callFloat64 } from './scalar-call.ts';

/** -1, 0 or 1 with the sign of x, 0 and NaN as they are. */
function sign(lane: Lane, x: Code): Code {
  const signBit = v128.and(x, lane.constant(f64x2.const(-0)));
  const one = v128.or(signBit, lane.constant(f64x2.const(1)));
  return v128.bitselect(one, x, f64x2.gt(f64x2.abs(x), lane.constant(f64x2.const(0))));
}

/** A comparison, whose two masks become one of 32-bit lanes. */
const comparison =
  (f: (a: Code, b: Code) => Code): Rule =>
  (_, a, b) => [lowerWords(eachTwoHalves(halvesOf(a), halvesOf(b), f))];

/** The same bits as core gives. */
export const float64: Readonly<Record<string, Rule>> = {
  neg: instruction(f64x2.neg),
  add: instruction(f64x2.add),
  sub: instruction(f64x2.sub),
  mul: instruction(f64x2.mul),
  div: instruction(f64x2.div),
  mod: callFloat64('mod'),
  floor: instruction(f64x2.floor),
  ceil: instruction(f64x2.ceil),
  round: instruction(f64x2.nearest),
  sign: eachRegister(sign),
  abs: instruction(f64x2.abs),
  square: eachRegister((_, x) => f64x2.mul(x, x)),
  sqrt: instruction(f64x2.sqrt),
  exp: eachRegister(expFloat64),
  expm1: callFloat64('expm1'),
  log: callFloat64('log'),
  log1p: callFloat64('log1p'),
  tanh: callFloat64('tanh'),
  pow: callFloat64('pow'),
  sin: callFloat64('sin'),
  cos: callFloat64('cos'),
  erf: callFloat64('erf'),
  maximum: instruction(f64x2.max),
  minimum: instruction(f64x2.min),
  equal: comparison(f64x2.eq),
  less: comparison(f64x2.lt),
  lessEqual: comparison(f64x2.le),
};

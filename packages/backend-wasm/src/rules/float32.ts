import type { Code } from '../encoding.ts';
import { f32x4, i32x4, v128 } from '../instructions.ts';
import type { Lane, Rule } from '../lane.ts';
import { eachRegister, instruction } from './each-register.ts';
import { erf } from './error-function.ts';
import { exp, expm1 } from './exponential.ts';
import { tanh } from './hyperbolic-tangent.ts';
import { log, log1p } from './logarithm.ts';
import { modFloat32 } from './quotients.ts';
import { callFloat32 } from './scalar-call.ts';
import { cos, sin } from './trigonometric.ts';

/** -1, 0 or 1 with the sign of x, 0 and NaN as they are. */
function sign(lane: Lane, x: Code): Code {
  const signBit = v128.and(x, lane.constant(i32x4.const(-(2 ** 31))));
  const one = v128.or(signBit, lane.constant(f32x4.const(1)));
  return v128.bitselect(one, x, f32x4.gt(f32x4.abs(x), lane.constant(f32x4.const(0))));
}

export const float32: Readonly<Record<string, Rule>> = {
  neg: instruction(f32x4.neg),
  add: instruction(f32x4.add),
  sub: instruction(f32x4.sub),
  mul: instruction(f32x4.mul),
  div: instruction(f32x4.div),
  mod: modFloat32,
  floor: instruction(f32x4.floor),
  ceil: instruction(f32x4.ceil),
  round: instruction(f32x4.nearest),
  sign: eachRegister(sign),
  abs: instruction(f32x4.abs),
  square: (_, [x]) => [f32x4.mul(x, x)],
  sqrt: instruction(f32x4.sqrt),
  exp: eachRegister(exp),
  expm1: eachRegister(expm1),
  log: eachRegister(log),
  log1p: eachRegister(log1p),
  tanh: eachRegister(tanh),
  pow: eachRegister((lane, x, p) => callFloat32(lane, 'pow', x, p)),
  sin,
  cos,
  erf: eachRegister(erf),
  maximum: instruction(f32x4.max),
  minimum: instruction(f32x4.min),
  equal: instruction(f32x4.eq),
  less: instruction(f32x4.lt),
  lessEqual: instruction(f32x4.le),
};

import type { Code } from '../encoding.ts';
import { call, f32, f32x4, f64, f64x2 } from '../instructions.ts';
import type { Lane, Rule } from '../lane.ts';
import { eachRegister } from './each-register.ts';
import type { ScalarFunction } from './scalar-functions.ts';

/** A function of float64 for each of four float32; operands are read four times. */
export function callFloat32(lane: Lane, name: ScalarFunction, ...operands: readonly Code[]): Code {
  const index = lane.scalarFunction(name);
  const element = (i: number) =>
    f32.demoteF64(call(index, ...operands.map((x) => f64.promoteF32(f32x4.extractLane(x, i)))));
  return [1, 2, 3].reduce<Code>(
    (vector, i) => f32x4.replaceLane(vector, i, element(i)),
    f32x4.splat(element(0)),
  );
}

/** The rule of a function of float64. */
export function callFloat64(name: ScalarFunction): Rule {
  return eachRegister((lane, ...operands) => {
    const index = lane.scalarFunction(name);
    const element = (i: number) => call(index, ...operands.map((x) => f64x2.extractLane(x, i)));
    return f64x2.replaceLane(f64x2.splat(element(0)), 1, element(1));
  });
}

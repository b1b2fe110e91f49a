import type { Code } from '../encoding.ts';
import type { Lane, Rule } from '../lane.ts';

/** The rule that does the same to each register of the operands. */
export function eachRegister(f: (lane: Lane, ...operands: readonly Code[]) => Code): Rule {
  return (lane, ...operands) => {
    const half = (register: 0 | 1) => f(lane, ...operands.map((operand) => operand[register] ?? []));
    return operands[0]?.length === 2 ? [half(0), half(1)] : [half(0)];
  };
}

/** The rule that is one instruction. */
export function instruction(f: (...operands: readonly Code[]) => Code): Rule {
  return eachRegister((_, ...operands) => f(...operands));
}

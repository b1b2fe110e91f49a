import { type Code, types } from '../encoding.ts';
import { get, set } from '../instructions.ts';
import { Constants, Lane, type LaneOptions } from '../lane.ts';
import type { Locals } from '../module.ts';

/** A unit of code that writes one register or several from others. */
interface Unit {
  readonly operands: readonly Register[];
  /** Whether its registers are the same in every step. */
  readonly fixed: boolean;
  readonly write: (lane: Lane, operands: readonly Code[]) => readonly Code[];
  /** The code that reads its registers, once they are written. */
  results?: readonly Code[];
}

/** A v128 that will be in a local. */
export class Register {
  constructor(
    readonly unit: Unit,
    readonly index: number,
  ) {}

  get fixed(): boolean {
    return this.unit.fixed;
  }
}

/**
 * Writes registers when they are first read, with what they are made of before them: what is never read is not written, and what is
 * read soon stands near.
 */
export class RegisterWriter {
  readonly #locals: Locals;
  readonly #constants: Constants;
  /** The code that is the same in every step: stands before the first. */
  readonly #once: Lane;
  readonly #step: Lane;

  constructor(locals: Locals, options: LaneOptions) {
    this.#locals = locals;
    this.#constants = new Constants(locals);
    this.#once = new Lane(locals, options, this.#constants);
    this.#step = new Lane(locals, options, this.#constants);
  }

  get prologue(): Code {
    return [this.#constants.prologue, this.#once.statements];
  }

  get step(): Code {
    return this.#step.statements;
  }

  /** `count` registers that are written from others. */
  make(operands: readonly Register[], count: number, write: Unit['write']): Register[] {
    const unit: Unit = { operands, write, fixed: operands.every(({ fixed }) => fixed) };
    return Array.from({ length: count }, (_, index) => new Register(unit, index));
  }

  constant(value: Code): Register {
    return new Register({ operands: [], fixed: true, write: (lane) => [lane.constant(value)] }, 0);
  }

  load(value: (lane: Lane) => Code): Register {
    return new Register({ operands: [], fixed: true, write: (lane) => [lane.keep(value(lane))] }, 0);
  }

  /** A register that is loaded before the first step and that a step changes at its end; `loaded` is told its local. */
  loadChanging(value: (lane: Lane) => Code, loaded: (local: number, register: Register) => void): Register {
    const local = this.#locals.make(types.v128);
    const write = () => {
      this.#once.statements.push(set(local, value(this.#once)));
      loaded(local, register);
      return [get(local)];
    };
    const register = new Register({ operands: [], fixed: false, write }, 0);
    return register;
  }

  /** Reads a register, which is written now if it was not. */
  read({ unit, index }: Register): Code {
    const pending = [unit];
    for (let top = pending.at(-1); top !== undefined; top = pending.at(-1)) {
      const missing = top.operands.filter((operand) => operand.unit.results === undefined);
      if (top.results !== undefined || missing.length === 0) {
        const lane = top.fixed ? this.#once : this.#step;
        top.results ??= top.write(
          lane,
          top.operands.map((operand) => operand.unit.results?.[operand.index] ?? []),
        );
        pending.pop();
      } else pending.push(...missing.reverse().map((operand) => operand.unit));
    }
    return unit.results?.[index] ?? [];
  }

  /** A copy that is not changed at the end of a step. */
  copy(register: Register): Code {
    return this.#step.keep(this.read(register));
  }
}

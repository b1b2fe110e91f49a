import { type DType, emitInOrder, InternalError, type Scalar, type ScalarType } from '@pullback/core';
import { Block, type Names } from './block.ts';
import { hostName } from './far-angle.ts';
import { type Kind, kindOf, type Lanes, literal } from './lanes.ts';

export interface FormulaPlace {
  readonly block: Block;
  readonly names: Names;
  readonly lanes: Lanes;
}

interface Held {
  readonly text: string;
  readonly kind: Kind;
}

/** Writes the result of a formula as an expression; what is read more than once becomes a local before it. A bool is a mask of 32-bit lanes. */
export function formulaText(place: FormulaPlace, formula: Scalar, operands: readonly string[]): string {
  return new FormulaWriter(place, formula, operands).write();
}

/** Whether a formula needs lanes of 64 bits. */
export function usesDoubles(formula: Scalar): boolean {
  let found = false;
  const look = ({ type }: Scalar): void => {
    found ||= type === 'float64';
  };
  emitInOrder(formula, {
    emit: look,
    branch: (scalar, rare) => {
      look(scalar);
      rare();
    },
  });
  return found;
}

class FormulaWriter {
  readonly #held = new Map<Scalar, Held>();
  readonly #uses = new Map<Scalar, number>();
  #block: Block;

  constructor(
    readonly place: FormulaPlace,
    readonly formula: Scalar,
    readonly operands: readonly string[],
  ) {
    this.#block = place.block;
  }

  write(): string {
    this.#count(this.formula, new Set());
    emitInOrder(this.formula, {
      emit: (scalar) => this.#put(scalar, this.#made(scalar)),
      branch: (scalar, rare) => this.#branch(scalar, rare),
    });
    const held = this.#of(this.formula);
    return this.formula.type === 'bool' ? this.#mask(held, 'i') : held.text;
  }

  #count(scalar: Scalar, seen: Set<Scalar>): void {
    if (seen.has(scalar)) return;
    seen.add(scalar);
    for (const operand of scalar.operands) {
      this.#uses.set(operand, (this.#uses.get(operand) ?? 0) + 1);
      this.#count(operand, seen);
    }
  }

  #of(scalar: Scalar | undefined): Held {
    return (scalar && this.#held.get(scalar)) ?? { text: '0', kind: 'i' };
  }

  #put(scalar: Scalar, held: Held): void {
    const isAtom = scalar.operation === 'number' || scalar.operation === 'operand';
    const again = !isAtom && (this.#uses.get(scalar) ?? 0) > 1;
    this.#held.set(scalar, again ? this.#kept(held) : held);
  }

  #kept({ text, kind }: Held, mutable = false): Held {
    const local = this.place.names.next('t');
    this.#block.line(`${mutable ? '' : 'const '}${this.place.lanes.type(kind)} ${local} = ${text};`);
    return { text: local, kind };
  }

  /** Of the rare side the values of any lane are kept where the condition holds. */
  #branch(scalar: Scalar, rare: () => void): void {
    const { lanes } = this.place;
    const [condition, rareSide, usual] = scalar.operands;
    const mask = this.#kept(this.#of(condition));
    const result = this.#kept(this.#of(usual), true);
    const outer = this.#block;
    this.#block = new Block();
    rare();
    const other = this.#of(rareSide).text;
    const { kind } = result;
    const chosen = lanes.call('select', kind, this.#mask(mask, maskOf(kind)), other, result.text);
    this.#block.line(`${result.text} = ${chosen};`);
    const inner = this.#block;
    this.#block = outer;
    outer.nest(`if (${lanes.call('any', mask.kind, mask.text)})`, inner);
    this.#held.set(scalar, result);
  }

  /** A mask for lanes of so many bits. */
  #mask({ text, kind }: Held, wanted: 'i' | 'l'): string {
    const { lanes } = this.place;
    return kind === wanted || lanes.isPlain ? text : lanes.call('mask', wanted, text);
  }

  #made(scalar: Scalar): Held {
    const { operation, type, operands, number, dtype } = scalar;
    const { lanes } = this.place;
    const held = operands.map((operand) => this.#of(operand));
    const [a = '0', b = '0', c = '0'] = held.map(({ text }) => text);
    const from = operands[0]?.type ?? type;
    const kind = kindOf(type);
    const call = (name: string, ...more: readonly (string | number)[]): Held => ({
      text: lanes.call(name, kind, a, ...more),
      kind,
    });
    switch (operation) {
      case 'operand':
        return { text: this.operands[number] ?? '0', kind };
      case 'number':
        return { text: lanes.splat(kind, literal(type, number)), kind };
      case 'add':
      case 'sub':
      case 'mul':
      case 'div':
        return type === 'int32' ? call(operation, b) : { text: `(${a} ${infix[operation]} ${b})`, kind };
      case 'equal':
      case 'less':
      case 'lessEqual':
        return from === 'bool' ? this.#masks('equal', held) : this.#compared(operation, kindOf(from), a, b);
      case 'and':
      case 'or':
      case 'xor':
      case 'not':
        return type === 'bool' ? this.#masks(operation, held) : bitwise(operation, kind, a, b);
      case 'shl':
      case 'shrS':
      case 'shrU':
        return call(operation, number);
      case 'select': {
        const [condition = { text: a, kind: 'i' }, x = condition, y = condition] = held;
        if (type === 'bool')
          return {
            text: lanes.call(
              'select',
              'i',
              this.#mask(condition, 'i'),
              this.#mask(x, 'i'),
              this.#mask(y, 'i'),
            ),
            kind: 'i',
          };
        return { text: lanes.call('select', kind, this.#mask(condition, maskOf(kind)), b, c), kind };
      }
      case 'count':
        return call('madd', b, c);
      case 'max':
      case 'min':
        return this.#bounded(operation, kind, operands, a, b);
      case 'cast':
        return this.#cast(held[0] ?? { text: a, kind: 'i' }, from, dtype);
      case 'bits':
      case 'fromBits':
      case 'high':
      case 'low':
        return { text: lanes.call(operation, kindOf(from === 'bool' ? 'int32' : from), a), kind };
      case 'fromWords':
        return { text: lanes.call('fromWords', 'd', a, b), kind };
      case 'host':
        return { text: lanes.call(hostName(scalar.host), 'd', a), kind };
      case 'turns':
      case 'turned':
      case 'rarely':
        throw new InternalError({
          got: `the operation '${operation}' in C`,
          expected: 'a formula with float64',
        });
      default:
        return call(operation, ...[b, c].slice(0, operands.length - 1));
    }
  }

  /** Of a number that is neither NaN nor -0 one comparison is enough. */
  #bounded(operation: 'max' | 'min', kind: Kind, operands: readonly Scalar[], a: string, b: string): Held {
    const { lanes } = this.place;
    const limit = operands[1];
    const isPlain = limit?.operation === 'number' && !Number.isNaN(limit.number);
    const fits = operation === 'max' ? !Object.is(limit?.number, -0) : !Object.is(limit?.number, 0);
    const name = isPlain && fits && kind !== 'i' ? `${operation}Number` : operation;
    return { text: lanes.call(name, kind, a, b), kind };
  }

  #compared(operation: string, kind: Kind, a: string, b: string): Held {
    return { text: this.place.lanes.call(operation, kind, a, b), kind: maskOf(kind) };
  }

  #masks(operation: 'and' | 'or' | 'xor' | 'not' | 'equal', held: readonly Held[]): Held {
    const wide = held.every(({ kind }) => kind === 'l');
    const kind = wide ? 'l' : 'i';
    const [a = '0', b = '0'] = held.map((each) => this.#mask(each, kind));
    return operation === 'equal' ? { text: `(~(${a} ^ ${b}))`, kind } : bitwise(operation, kind, a, b);
  }

  #cast(x: Held, from: ScalarType, to: DType): Held {
    const { lanes } = this.place;
    const kind = kindOf(to);
    const name = from === 'bool' ? 'bool' : lanes.suffix(kindOf(from));
    const source = from === 'bool' ? this.#mask(x, 'i') : x.text;
    const integer = from === 'int32' ? source : lanes.call(`from_${name}`, 'i', source);
    switch (to) {
      case 'bool':
        if (from === 'bool') return x;
        return { text: lanes.call('nonzero', kindOf(from), source), kind: maskOf(kindOf(from)) };
      case 'uint8':
        return { text: `(${integer} & ${lanes.splat('i', '255')})`, kind };
      case 'int32':
        return { text: integer, kind };
      default:
        return { text: lanes.call(`from_${name}`, kind, source), kind };
    }
  }
}

const infix = { add: '+', sub: '-', mul: '*', div: '/' } as const;
const signs = { and: '&', or: '|', xor: '^' } as const;

function bitwise(operation: 'and' | 'or' | 'xor' | 'not', kind: Kind, a: string, b: string): Held {
  return { text: operation === 'not' ? `(~${a})` : `(${a} ${signs[operation]} ${b})`, kind };
}

function maskOf(kind: Kind): 'i' | 'l' {
  return kind === 'd' ? 'l' : 'i';
}

import type { Input, LoopKernel, ProductKernel, Statement, Store } from '@pullback/compiler';
import { type DType, InternalError } from '@pullback/core';
import type { Memory } from '../stage.ts';
import { type Code, indexOf } from './code.ts';
import { formulaText } from './formulas.ts';
import { count, literal } from './numbers.ts';

type Kernel = LoopKernel | ProductKernel;

/** The name of what statement `i` makes. */
export function nameOf(i: number): string {
  return `s${i}`;
}

/** The statements of a kernel as code, at the places `x<axis>`. */
export class Statements {
  readonly #kernel: Kernel;
  readonly #memory: Memory;

  constructor(kernel: Kernel, memory: Memory) {
    this.#kernel = kernel;
    this.#memory = memory;
  }

  /** `let s<i> = ...`, for each of those maps and gathers, in order. */
  compute(code: Code, which: Iterable<number>): void {
    for (const i of [...which].sort((a, b) => a - b)) {
      const statement = this.#kernel.statements[i];
      if (statement === undefined) continue;
      // What is made of literals alone would be computed by the compiler, which refuses 0 / 0 and what overflows.
      const isConstant = statement.inputs.every(({ kind }) => kind === 'number' || kind === 'index');
      const inputs = statement.inputs.map((input, k) => {
        const text = this.input(input);
        if (!isConstant) return text;
        code.line(`let ${nameOf(i)}_${k} = ${text};`);
        return `${nameOf(i)}_${k}`;
      });
      code.line(`let ${nameOf(i)} = ${this.#expression(code, i, statement, inputs)};`);
    }
  }

  /** `input` as an expression. */
  input(input: Input): string {
    switch (input.kind) {
      case 'statement':
        return nameOf(input.statement);
      case 'number':
        return literal(input.dtype, input.number);
      case 'load':
        return this.#memory.load(input.buffer, indexOf(input.view.offset, input.view.strides));
      case 'index': {
        const place = indexOf(input.view.offset, input.view.strides);
        return input.dtype === 'int32'
          ? `i32(${place})`
          : input.dtype === 'bool'
            ? `((${place}) != 0u)`
            : input.dtype === 'uint8'
              ? `((${place}) & 0xffu)`
              : `f32(${place})`;
      }
      default:
        return input satisfies never;
    }
  }

  store(code: Code, { statement, buffer, view }: Store): void {
    const { strides, offset } = view;
    code.line(this.#memory.store(buffer, indexOf(offset, strides), nameOf(statement)));
  }

  #expression(code: Code, i: number, statement: Statement, inputs: readonly string[]): string {
    if (statement.kind === 'gather') {
      const { buffer, view, stride, extent, dtype } = statement;
      const [at = '0'] = inputs;
      if (extent === 0) return literal(dtype, 0);
      const base = indexOf(view.offset, view.strides);
      const place = `${base} + u32(clamp(${at}, 0, ${extent - 1})) * ${count(stride >>> 0)}`;
      const inside = `(${at}) >= 0 && (${at}) < ${extent}`;
      return `select(${literal(dtype, 0)}, ${this.#memory.load(buffer, place)}, ${inside})`;
    }
    if (statement.kind !== 'map')
      throw new InternalError({ got: `a ${statement.kind} as an expression`, expected: 'a map or a gather' });
    return formulaText(code, `${nameOf(i)}v`, statement.formula, inputs, statement.dtype);
  }

  dtypeOf(input: Input): DType {
    return input.kind === 'statement'
      ? (this.#kernel.statements[input.statement]?.dtype ?? 'float32')
      : input.dtype;
  }
}

/** The axes that loads, gathers and stores of those statements go along. */
export function axesUsed(
  kernel: Kernel,
  statements: Iterable<number>,
  stores: readonly Store[],
): Set<number> {
  const used = new Set<number>();
  const take = ({ strides }: { readonly strides: readonly number[] }) =>
    strides.forEach((stride, axis) => {
      if (stride !== 0) used.add(axis);
    });
  for (const i of statements) {
    const statement = kernel.statements[i];
    if (statement === undefined) continue;
    for (const input of statement.inputs) if ('view' in input) take(input.view);
    if (statement.kind === 'gather') take(statement.view);
  }
  for (const store of stores) {
    take(store.view);
    kernel.space.forEach((extent, axis) => {
      if (extent !== 1 && kernel.statements[store.statement]?.varies[axis] !== true) used.add(axis);
    });
  }
  return used;
}

/** The statements, among those that `among` allows, that `roots` are made of, themselves included. */
export function coneOf(
  { statements }: Kernel,
  roots: Iterable<number>,
  among: (i: number) => boolean,
): Set<number> {
  const cone = new Set<number>();
  const visit = (i: number): void => {
    if (cone.has(i) || !among(i)) return;
    cone.add(i);
    for (const input of statements[i]?.inputs ?? []) if (input.kind === 'statement') visit(input.statement);
  };
  for (const root of roots) visit(root);
  return cone;
}

/** That the store is done once: where it does not differ along an axis, at the first place; `apart` from axes that are not gone along. */
export function guardOf(
  { space, statements }: Kernel,
  { statement }: Store,
  apart: ReadonlySet<number> = new Set(),
): string {
  const varies = statements[statement]?.varies ?? [];
  return space
    .flatMap((extent, axis) => (extent === 1 || varies[axis] || apart.has(axis) ? [] : [`x${axis} == 0u`]))
    .join(' && ');
}

/** The values that those statements read. */
export function readsOf({ statements }: Kernel, which: Iterable<number>): number[] {
  return [...which].flatMap((i) => {
    const statement = statements[i];
    if (statement === undefined) return [];
    const loads = statement.inputs.flatMap((input) => (input.kind === 'load' ? [input.buffer] : []));
    return statement.kind === 'gather' ? [...loads, statement.buffer] : loads;
  });
}

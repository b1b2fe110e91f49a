import {
  type FactorLoad,
  type Input,
  type Kernel,
  type LoopKernel,
  lateStatements,
  type Plan,
  type ProductKernel,
  type Statement,
  type Store,
  type View,
} from '@pullback/compiler';
import {
  allocateArray,
  arrayOn,
  formulaOf,
  type Interpreted,
  interpret as meaningOfFormula,
  roundTo,
  type Scalar,
  sizeOf,
  type Tensor,
  type TypedArray,
  tensorOf,
} from '@pullback/core';

export interface InterpretOptions {
  readonly times?: number;
  /** Goes over points from the last to the first: no result may depend on it. */
  readonly backwards?: boolean;
}

/**
 * The meaning of a plan: kernels one after the other on one arena, point by point, each read and write where the plan says. What is read
 * before it is written is full of ones (NaN in floats), and no read or write may lie outside of its buffer.
 * @param outputs may be arrays of `inputs`.
 */
export function interpret(
  plan: Plan,
  inputs: readonly TypedArray[],
  outputs: readonly TypedArray[],
  { times = 1, backwards = false }: InterpretOptions = {},
): void {
  learn(plan.program);
  const arena = new ArrayBuffer(plan.arena.bytes);
  new Uint8Array(arena).fill(255);
  const known = new Map<number, TypedArray>();
  const memory = (value: number): TypedArray => {
    const found = known.get(value) ?? placed(value);
    known.set(value, found);
    return found;
  };
  const placed = (value: number): TypedArray => {
    const { shape, dtype } = plan.specs.get(value) ?? missing(`a spec of %${value}`);
    const place = plan.locate(value);
    if (place.kind === 'input') return inputs[place.index] ?? missing(`input ${place.index}`);
    if (place.kind === 'output') return outputs[place.index] ?? missing(`output ${place.index}`);
    if (!plan.arena.offsets.has(value)) missing(`a place of %${value}`);
    return arrayOn(arena, dtype, sizeOf(shape), place.offset);
  };
  for (const { value, data } of plan.literals) memory(value).set(data);
  for (let time = 0; time < times; time++) {
    for (const kernel of plan.kernels) runKernel(kernel, memory, plan, backwards);
    for (const { from, output } of plan.copies) outputs[output]?.set(memory(from));
  }
}

function missing(what: string): never {
  throw new Error(`the plan lacks ${what}`);
}

type MemoryOf = (value: number) => TypedArray;

function runKernel(kernel: Kernel, memory: MemoryOf, { specs }: Plan, backwards: boolean): void {
  if (kernel.kind !== 'whole') {
    new Points(kernel, memory, backwards).run();
    return;
  }
  const { instruction, inputs, outputs, shapes } = kernel;
  const tensor = (value: number): Tensor => ({
    ...(specs.get(value) ?? missing(`a spec of %${value}`)),
    data: memory(value),
  });
  const read = inputs.map((value, i) => ({ ...tensor(value), shape: shapes[i] ?? [] }));
  const [first = missing('an output'), ...others] = outputs.map(tensor);
  instruction.primitive.evaluate(read, [first, ...others], instruction.attributes);
}

type Point = number[];

type MapStatement = Extract<Statement, { kind: 'map' }>;

/** What a statement computes, and one element for each operand and for its result. */
interface Elements {
  readonly meaning: Interpreted;
  readonly operands: readonly Tensor[];
  readonly result: TypedArray;
}

/** One kernel, and what its statements have made so far. */
class Points {
  readonly #tables: { readonly values: TypedArray; readonly known: Uint8Array }[];
  /** For each sum along the outer axes its terms, by place and outer point. */
  readonly #terms = new Map<number, Map<number, number[]>>();
  readonly #elements = new Map<number, Elements>();
  readonly #late: ReadonlySet<number>;
  readonly #outer: number;
  #rest: readonly Point[] | undefined;

  constructor(
    readonly kernel: LoopKernel | ProductKernel,
    readonly memory: MemoryOf,
    readonly backwards: boolean,
  ) {
    const { space, statements } = kernel;
    this.#tables = statements.map(({ varies, dtype }) => {
      const size = sizeOf(space.filter((_, axis) => varies[axis] === true));
      return { values: allocateArray(dtype, size), known: new Uint8Array(size) };
    });
    this.#late = lateStatements(kernel);
    this.#outer = kernel.kind === 'loop' ? kernel.outer : space.length;
  }

  run(): void {
    const { kernel } = this;
    const outer = this.#points(0, this.#outer);
    // Without inner points there are sums nevertheless, and what follows from them.
    const inner = this.#empty
      ? [new Array<number>(kernel.space.length - this.#outer).fill(0)]
      : this.#inner();
    const stores = kernel.stores.filter(({ statement }) => !this.#isNowhere(kernel.statements[statement]));
    const early = stores.filter(({ statement }) => !this.#late.has(statement));
    const late = stores.filter(({ statement }) => this.#late.has(statement));
    const visit = (o: Point, i: Point, place: number) => this.#visit([...o, ...i], early, place);
    const finish = (i: Point) => this.#visit([...new Array<number>(this.#outer).fill(0), ...i], late);
    if (kernel.kind === 'loop' && kernel.order === 'columns')
      for (const i of inner) {
        for (const [place, o] of outer.entries()) visit(o, i, place);
        finish(i);
      }
    else {
      for (const [place, o] of outer.entries()) for (const i of inner) visit(o, i, place);
      if (late.length > 0) for (const i of inner) finish(i);
    }
  }

  get #empty(): boolean {
    return this.kernel.space.slice(this.#outer).includes(0);
  }

  /** Whether there is no point at which the results of a statement differ. */
  #isNowhere(statement: Statement | undefined): boolean {
    return this.#empty && statement?.varies.slice(this.#outer).includes(true) === true;
  }

  #inner(): readonly Point[] {
    return this.#points(this.#outer, this.kernel.space.length);
  }

  /** The points of the axes `from` to `to - 1`. */
  #points(from: number, to: number): readonly Point[] {
    const all = pointsOf(this.kernel.space.slice(from, to));
    return this.backwards ? [...all].reverse() : all;
  }

  /** Everything at a point is read and computed before anything is written. */
  #visit(point: Point, stores: readonly Store[], outerPlace?: number): void {
    if (outerPlace !== undefined) this.#gatherTerms(point, outerPlace);
    const values = stores.map(({ statement }) => this.#value(statement, point));
    stores.forEach(({ buffer, view }, i) => {
      const data = this.memory(buffer);
      data[inside(offsetAt(view, point), data, buffer)] = values[i] ?? 0;
    });
  }

  #gatherTerms(point: Point, outerPlace: number): void {
    const { statements } = this.kernel;
    const last = sizeOf(this.kernel.space.slice(0, this.#outer)) - 1;
    for (const [i, statement] of statements.entries()) {
      if (statement.kind !== 'reduce' || statement.along !== 'outer' || this.#isNowhere(statement)) continue;
      const own = this.#terms.get(i) ?? new Map<number, number[]>();
      const place = this.#placeOf(statement, point);
      const terms = own.get(place) ?? [];
      terms[this.backwards ? last - outerPlace : outerPlace] = this.#input(statement, 0, point);
      this.#terms.set(i, own.set(place, terms));
    }
  }

  #placeOf({ varies }: Statement, point: Point): number {
    const { space } = this.kernel;
    let place = 0;
    for (let axis = 0; axis < space.length; axis++)
      if (varies[axis] === true) place = place * (space[axis] ?? 1) + (point[axis] ?? 0);
    return place;
  }

  #value(index: number, point: Point): number {
    const [statement, table] = [this.kernel.statements[index], this.#tables[index]];
    if (statement === undefined || table === undefined) return missing(`statement ${index}`);
    const place = this.#placeOf(statement, point);
    if (table.known[place] !== 1) {
      table.values[place] = this.#compute(index, statement, point);
      table.known[place] = 1;
    }
    return table.values[place] ?? 0;
  }

  #compute(index: number, statement: Statement, point: Point): number {
    const input = (i: number, at = point) => this.#input(statement, i, at);
    switch (statement.kind) {
      case 'product':
        return this.#product(point);
      case 'gather': {
        const at = input(0);
        if (at < 0 || at >= statement.extent) return 0;
        const data = this.memory(statement.buffer);
        return (
          data[inside(offsetAt(statement.view, point) + at * statement.stride, data, statement.buffer)] ?? 0
        );
      }
      case 'reduce': {
        if (statement.along === 'outer')
          return reduced(statement.name, this.#terms.get(index)?.get(this.#placeOf(statement, point)) ?? []);
        const own = point.slice(0, this.#outer);
        this.#rest ??= pointsOf(this.kernel.space.slice(this.#outer));
        return reduced(
          statement.name,
          this.#rest.map((inner) => input(0, [...own, ...inner])),
        );
      }
      case 'map': {
        const { meaning, operands, result } = this.#elementsOf(index, statement);
        for (let i = 0; i < operands.length; i++) operands[i]?.data.fill(this.#input(statement, i, point));
        meaning(operands, result);
        return result[0] ?? 0;
      }
      default:
        return statement satisfies never;
    }
  }

  #elementsOf(index: number, { formula, inputs, dtype }: MapStatement): Elements {
    const own = this.#elements.get(index) ?? {
      meaning: meaningOf(formula),
      operands: inputs.map((input) => tensorOf({ shape: [1], dtype: this.#dtypeOf(input) })),
      result: allocateArray(dtype, 1),
    };
    this.#elements.set(index, own);
    return own;
  }

  #dtypeOf(input: Input) {
    return input.kind === 'statement'
      ? (this.kernel.statements[input.statement]?.dtype ?? 'float32')
      : input.dtype;
  }

  #input({ inputs }: Statement, which: number, point: Point): number {
    const input = inputs[which] ?? missing(`operand ${which}`);
    switch (input.kind) {
      case 'statement':
        return this.#value(input.statement, point);
      case 'number':
        return roundTo(input.dtype, input.number);
      case 'index':
        return offsetAt(input.view, point);
      case 'load': {
        const data = this.memory(input.buffer);
        return data[inside(offsetAt(input.view, point), data, input.buffer)] ?? 0;
      }
      default:
        return input satisfies never;
    }
  }

  /** sum_k a b, in order, in float64. */
  #product(point: Point): number {
    const { kernel } = this;
    if (kernel.kind !== 'product') return missing('a product');
    const { a, b, inner } = kernel;
    const [left, right] = [this.memory(a.buffer), this.memory(b.buffer)];
    const [row = 0, column = 0] = point.slice(-2);
    const batch = point.slice(0, -2);
    const [rows, columns] = [this.#line(a, left, batch, row), this.#line(b, right, batch, column)];
    let total = 0;
    for (let k = 0; k < inner; k++) total += (rows[k] ?? 0) * (columns[k] ?? 0);
    return total;
  }

  /** The elements of a factor along the inner axes, for one row or column; outside of its bounds it is 0. */
  #line({ lines, steps, bounds, view, buffer }: FactorLoad, data: TypedArray, batch: Point, line: number) {
    const first = [...batch, ...(pointsOf(lines)[line] ?? [])];
    return pointsOf(steps).map((step) => {
      const point = [...first, ...step];
      const isOutside = bounds.some(({ start, strides, extent }) => {
        const place = offsetAt({ offset: start, strides }, point);
        return place < 0 || place >= extent;
      });
      return isOutside ? 0 : (data[inside(offsetAt(view, point), data, buffer)] ?? 0);
    });
  }
}

function offsetAt({ offset, strides }: View, point: Point): number {
  let place = offset;
  for (let axis = 0; axis < strides.length; axis++) place += (strides[axis] ?? 0) * (point[axis] ?? 0);
  return place;
}

function inside(place: number, data: TypedArray, buffer: number): number {
  if (place < 0 || place >= data.length)
    throw new Error(`element ${place} of %${buffer}, which has ${data.length}`);
  return place;
}

const boxes = new Map<string, readonly Point[]>();

/** The points of a box in row-major order. */
function pointsOf(space: readonly number[]): readonly Point[] {
  const known = boxes.get(space.join());
  if (known !== undefined) return known;
  const points = space.reduce<Point[]>(
    (outer, extent) => outer.flatMap((point) => Array.from({ length: extent }, (_, i) => [...point, i])),
    [[]],
  );
  if (boxes.size === 1000) boxes.clear();
  boxes.set(space.join(), points);
  return points;
}

function reduced(name: 'sum' | 'max', terms: readonly number[]): number {
  if (name === 'max') return terms.reduce((best, x) => Math.max(best, x), -Infinity);
  return pairwise(terms);
}

/** Runs of 64 in order, and their sums as a tree whose left side is the largest power of 2 of runs: as backends have to. */
function pairwise(terms: readonly number[]): number {
  if (terms.length <= 64) return terms.reduce((total, x) => total + x, 0);
  let left = 64;
  while (left * 2 < terms.length) left *= 2;
  return pairwise(terms.slice(0, left)) + pairwise(terms.slice(left));
}

/** What formulas of the Program mean: float32 is computed in float64 and rounded once, by the `evaluate` of their primitives. */
const meanings = new WeakMap<Scalar, Interpreted>();

function learn({ inputs, body }: Plan['program']): void {
  const specs = [...inputs, ...body.flatMap(({ outputs }) => outputs)];
  for (const { primitive, attributes, inputs: operands, outputs } of body) {
    const dtypes = operands.map((operand) => specs[operand]?.dtype ?? 'float32');
    const formula = formulaOf(primitive, attributes, dtypes);
    if (formula === undefined || meanings.has(formula)) continue;
    const { dtype = 'float32' } = outputs[0] ?? {};
    meanings.set(formula, (given, data) => {
      primitive.evaluate(given, [{ shape: [data.length], dtype, data }], attributes);
    });
  }
}

function meaningOf(formula: Scalar): Interpreted {
  const known = meanings.get(formula) ?? meaningOfFormula(formula);
  meanings.set(formula, known);
  return known;
}

import { roundTo, type Tensor, type TypedArray } from '../tensors/dtype.ts';
import { reduced } from './angle.ts';
import { emitInOrder, type Scalar } from './scalar.ts';

/** How many elements go through an operation at a time. */
const block = 256;

/** So many elements are copied one by one: a view of them costs more. */
const few = 24;

type Registers = Float64Array | Float32Array | Int32Array;

/** Computes the elements of `output` from those of the inputs. */
export type Interpreted = (inputs: readonly Tensor[], output: TypedArray) => void;

interface Step {
  readonly scalar: Scalar;
  readonly each: Each;
  readonly y: Registers;
  readonly a: Registers;
  readonly b: Registers;
  readonly c: Registers;
  /** Of `rarely`, what is done where an element of the block needs it. */
  readonly rare: readonly Step[];
}

/** The meaning of a formula: each operation on a block of elements, then the next, in arrays of the scalars' types. */
export function interpret(result: Scalar): Interpreted {
  const registers = new Map<Scalar, Registers>();
  let steps: Step[] = [];
  const at = (scalar: Scalar | undefined): Registers => {
    const known = scalar && registers.get(scalar);
    if (known !== undefined || scalar === undefined) return known ?? new Int32Array(0);
    const own = registersFor(scalar);
    if (scalar.operation === 'number') own.fill(scalar.number);
    registers.set(scalar, own);
    return own;
  };
  const put = (scalar: Scalar, rare: readonly Step[] = []): void => {
    const [a, b, c] = scalar.operands;
    if (scalar.operation !== 'number')
      steps.push({ scalar, each: eachOf(scalar), y: at(scalar), a: at(a), b: at(b), c: at(c), rare });
  };
  emitInOrder(result, {
    emit: put,
    branch: (scalar, rare) => {
      const outer = steps;
      steps = [];
      rare();
      const own = steps;
      steps = outer;
      put(scalar, own);
    },
  });
  const last = at(result);
  return (inputs, output) => {
    for (let from = 0; from < output.length; from += block) {
      const n = Math.min(block, output.length - from);
      run(steps, n, inputs, from);
      if (n > few) output.set(last.subarray(0, n), from);
      else for (let i = 0; i < n; i++) output[from + i] = last[i] ?? 0;
    }
  };
}

function run(steps: readonly Step[], n: number, inputs: readonly Tensor[], from: number): void {
  for (const { scalar, each, y, a, b, c, rare } of steps) {
    if (scalar.operation === 'operand') read(inputs[scalar.number]?.data, from, n, y);
    else if (scalar.operation === 'rarely' && !holdsAny(a, n)) copy(c, n, y);
    else {
      run(rare, n, inputs, from);
      each(n, y, a, b, c);
    }
  }
}

function holdsAny(flags: Registers, n: number): boolean {
  for (let i = 0; i < n; i++) if (flags[i] !== 0) return true;
  return false;
}

function registersFor({ type }: Scalar): Registers {
  if (type === 'float64') return new Float64Array(block);
  return type === 'float32' ? new Float32Array(block) : new Int32Array(block);
}

function read(input: TypedArray | undefined, from: number, n: number, y: Registers): void {
  if (input === undefined) return;
  if (n > few) y.set(input.subarray(from, from + n));
  else for (let i = 0; i < n; i++) y[i] = input[from + i] ?? 0;
}

function copy(x: Registers, n: number, y: Registers): void {
  for (let i = 0; i < n; i++) y[i] = x[i] ?? 0;
}

type Two = (x: number, y: number) => number;

const of2 =
  (f: Two): Each =>
  (n, y, a, b) => {
    for (let i = 0; i < n; i++) y[i] = f(a[i] ?? 0, b[i] ?? 0);
  };
const of1 =
  (f: (x: number) => number): Each =>
  (n, y, a) => {
    for (let i = 0; i < n; i++) y[i] = f(a[i] ?? 0);
  };

type Each = (n: number, y: Registers, a: Registers, b: Registers, c: Registers) => void;

function eachOf({ operation, operands, number, dtype, host }: Scalar): Each {
  switch (operation) {
    case 'shl':
      return (n, y, a) => {
        for (let i = 0; i < n; i++) y[i] = (a[i] ?? 0) << number;
      };
    case 'shrS':
      return (n, y, a) => {
        for (let i = 0; i < n; i++) y[i] = (a[i] ?? 0) >> number;
      };
    case 'shrU':
      return (n, y, a) => {
        for (let i = 0; i < n; i++) y[i] = (a[i] ?? 0) >>> number;
      };
    case 'cast':
      return (n, y, a) => {
        for (let i = 0; i < n; i++) y[i] = roundTo(dtype, a[i] ?? 0);
      };
    case 'host':
      return of1((x) => host?.(x) ?? 0);
    case 'number':
    case 'operand':
      return () => {};
    default: {
      const isInteger = operands[0]?.type === 'int32';
      return (isInteger ? integer[operation] : undefined) ?? plain[operation];
    }
  }
}

type Plain = Exclude<Scalar['operation'], 'shl' | 'shrS' | 'shrU' | 'cast' | 'host' | 'number' | 'operand'>;

const words = new DataView(new ArrayBuffer(8));

const plain: Readonly<Record<Plain, Each>> = {
  add: (n, y, a, b) => {
    for (let i = 0; i < n; i++) y[i] = (a[i] ?? 0) + (b[i] ?? 0);
  },
  sub: (n, y, a, b) => {
    for (let i = 0; i < n; i++) y[i] = (a[i] ?? 0) - (b[i] ?? 0);
  },
  mul: (n, y, a, b) => {
    for (let i = 0; i < n; i++) y[i] = (a[i] ?? 0) * (b[i] ?? 0);
  },
  div: (n, y, a, b) => {
    for (let i = 0; i < n; i++) y[i] = (a[i] ?? 0) / (b[i] ?? 0);
  },
  madd: (n, y, a, b, c) => {
    // Rounded twice: the product in registers of the type.
    for (let i = 0; i < n; i++) y[i] = (a[i] ?? 0) * (b[i] ?? 0);
    for (let i = 0; i < n; i++) y[i] = (y[i] ?? 0) + (c[i] ?? 0);
  },
  nmadd: (n, y, a, b, c) => {
    for (let i = 0; i < n; i++) y[i] = (a[i] ?? 0) * (b[i] ?? 0);
    for (let i = 0; i < n; i++) y[i] = (c[i] ?? 0) - (y[i] ?? 0);
  },
  count: (n, y, a, b, c) => {
    for (let i = 0; i < n; i++) y[i] = (a[i] ?? 0) * (b[i] ?? 0);
    for (let i = 0; i < n; i++) y[i] = roundHalfEven(y[i] ?? 0) + (c[i] ?? 0);
  },
  select: (n, y, a, b, c) => {
    for (let i = 0; i < n; i++) y[i] = (a[i] !== 0 ? b[i] : c[i]) ?? 0;
  },
  rarely: (n, y, a, b, c) => {
    for (let i = 0; i < n; i++) y[i] = (a[i] !== 0 ? b[i] : c[i]) ?? 0;
  },
  less: (n, y, a, b) => {
    for (let i = 0; i < n; i++) y[i] = (a[i] ?? 0) < (b[i] ?? 0) ? 1 : 0;
  },
  rest: of2((x, d) => x % d),
  min: of2(Math.min),
  max: of2(Math.max),
  // Not Math.min and Math.max, which give NaN for a NaN in the second place and know the sign of 0.
  lower: of2((p, q) => [p, q][Number(q < p)] ?? p),
  higher: of2((p, q) => [p, q][Number(p < q)] ?? p),
  equal: of2((p, q) => (p === q ? 1 : 0)),
  lessEqual: of2((p, q) => (p <= q ? 1 : 0)),
  and: of2((p, q) => p & q),
  or: of2((p, q) => p | q),
  xor: of2((p, q) => p ^ q),
  not: of1((x) => 1 - x),
  neg: of1((x) => -x),
  abs: of1(Math.abs),
  sqrt: of1(Math.sqrt),
  floor: of1(Math.floor),
  ceil: of1(Math.ceil),
  trunc: of1(Math.trunc),
  nearest: of1(roundHalfEven),
  scale: of2((x, power) => x * powerOfTwo(power)),
  bits: of1((x) => {
    words.setFloat32(0, x);
    return words.getInt32(0);
  }),
  fromBits: of1((x) => {
    words.setInt32(0, x);
    return words.getFloat32(0);
  }),
  high: of1((x) => {
    words.setFloat64(0, x);
    return words.getInt32(0);
  }),
  low: of1((x) => {
    words.setFloat64(0, x);
    return words.getInt32(4);
  }),
  fromWords: of2((upper, lower) => {
    words.setInt32(0, upper);
    words.setInt32(4, lower);
    return words.getFloat64(0);
  }),
  turns: of1((x) => reduced(x).quadrant),
  turned: of1((x) => reduced(x).high),
};

/** Where int32 is not what floats are, stored modulo 2^32. */
const integer: { readonly [K in Plain]?: Each } = {
  mul: of2(Math.imul),
  div: of2((p, q) => (q === 0 ? 0 : Math.trunc(p / q))),
  rest: of2((p, q) => (q === 0 ? 0 : p % q)),
};

/** 2^n of a whole n, as the bits of the exponent say it. */
function powerOfTwo(n: number): number {
  words.setInt32(0, (n + 1023) << 20);
  words.setInt32(4, 0);
  return words.getFloat64(0);
}

function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const part = x - below;
  const up = part > 0.5 || (part === 0.5 && below % 2 !== 0);
  const near = up ? below + 1 : below;
  return near === 0 && (x < 0 || Object.is(x, -0)) ? -0 : near;
}

import * as core from '@pullback/core';
import {
  type Backend,
  type Buffer,
  type DType,
  evaluate,
  type Program,
  placeholder,
  sizeOf,
  type Tensor,
  type TensorSpec,
  tensorOf,
  trace,
  type Value,
} from '@pullback/core';
import { type Case, ConformanceError } from './case.ts';
import { ulps } from './numbers.ts';

export interface BackendConformance {
  readonly name?: string;
  /** How many floats results may be off in a dtype; 0 where left out. */
  readonly ulps?: { readonly float32?: number; readonly float64?: number };
}

interface Probe {
  readonly name: string;
  readonly inputs: readonly TensorSpec[];
  readonly f: (...x: Value[]) => Value;
  /** For sums of products: the same sums of absolute values, and how many terms they have. */
  readonly bound?: { readonly terms: number; readonly f: (...x: Value[]) => Value };
}

const many = (shape: readonly number[], dtype: DType): TensorSpec => ({ shape, dtype });
const shapes = [
  [2, 3],
  [3, 3],
  [1, 1],
  [0, 3],
  [5, 1],
  [1, 7],
  [17, 5],
] as const;

type Unary = (x: Value) => Value;
type Binary = (a: Value, b: Value) => Value;

const { add, sub, mul, div, mod, maximum, minimum, less, lessEqual, equal, and, or, not, select, cast } =
  core;
const floatFunctions: Readonly<Record<string, Unary>> = {
  abs: core.abs,
  ceil: core.ceil,
  cos: core.cos,
  erf: core.erf,
  exp: core.exp,
  expm1: core.expm1,
  floor: core.floor,
  log: (x) => core.log(core.abs(x)),
  log1p: (x) => core.log1p(core.abs(x)),
  neg: core.neg,
  round: core.round,
  sign: core.sign,
  sin: core.sin,
  sqrt: (x) => core.sqrt(core.abs(x)),
  square: core.square,
  tanh: core.tanh,
  barrier: core.barrier,
  stopGradient: core.stopGradient,
  sum: (x) => core.sum(x),
  'sum along 0': (x) => core.sum(x, { axis: 0 }),
  'sum along -1': (x) => core.sum(x, { axis: -1, keepAxis: true }),
  transpose: (x) => core.transpose(x),
  reshape: (x) => core.reshape(x, [sizeOf(x.shape)]),
  flip: (x) => core.flip(x, 0),
  slice: (x) => core.slice(x, [0, 0], [], [2, 1]),
  pad: (x) => core.pad(x, { low: [1, 0], high: [0, 2], between: [1, 0], value: 3 }),
  broadcast: (x) => core.broadcast(x, [2, ...x.shape]),
  concatenate: (x) => core.concatenate([x, core.neg(x)], { axis: 0 }),
  softmax: (x) => core.softmax(x),
};
const numberPairs: Readonly<Record<string, Binary>> = {
  add,
  sub,
  mul,
  div,
  mod,
  maximum,
  minimum,
  less,
  lessEqual,
  equal,
};

/** Every primitive on every dtype that it takes, in shapes that go wrong first. */
function probes(dtypes: readonly DType[]): Probe[] {
  const found: Probe[] = [];
  for (const dtype of dtypes)
    for (const shape of shapes) {
      const x = many(shape, dtype);
      const put = (name: string, inputs: readonly TensorSpec[], f: (...x: Value[]) => Value) =>
        found.push({ name: `${name} of ${dtype}[${shape.join(', ')}]`, inputs, f });
      for (const other of dtypes) put(`cast to ${other}`, [x], (a) => cast(a as Value, other));
      if (dtype === 'float32' || dtype === 'float64') {
        for (const [name, f] of Object.entries(floatFunctions)) put(name, [x], (a) => f(a as Value));
        for (const [name, turned] of [
          ['matmul', false],
          ['matmul, transposed', true],
        ] as const) {
          const f = (a: Value) =>
            turned ? core.matmul(core.transpose(a), a) : core.matmul(a, core.transpose(a));
          found.push({
            name: `${name} of ${dtype}[${shape.join(', ')}]`,
            inputs: [x],
            f: (a) => f(a as Value),
            bound: { terms: shape[turned ? 0 : 1], f: (a) => f(core.abs(a as Value)) },
          });
        }
      }
      if (dtype === 'float32' || dtype === 'float64' || dtype === 'int32') {
        for (const [name, f] of Object.entries(numberPairs))
          put(name, [x, x], (a, b) => f(a as Value, b as Value));
        if (!(shape as readonly number[]).includes(0)) {
          put('max', [x], (a) => core.max(a as Value, { axis: 0 }));
          put('argmax', [x], (a) => core.argmax(a as Value));
        }
        put('gather', [x, many([4], 'int32')], (a, i) => core.gather(a as Value, i as Value));
        put('scatterAdd', [x, many([shape[0]], 'int32')], (a, i) =>
          core.scatterAdd(a as Value, i as Value, { size: 3 }),
        );
        put('iota', [x], (a) => add(a as Value, core.iota(shape, { axis: 1, dtype })));
      }
      if (dtype === 'bool') {
        put('and', [x, x], (a, b) => and(a as Value, b as Value));
        put('or', [x, x], (a, b) => or(a as Value, b as Value));
        put('not', [x], (a) => not(a as Value));
        put('select', [x, many(shape, 'float32'), many(shape, 'float32')], (c, a, b) =>
          select(c as Value, a as Value, b as Value),
        );
      }
      if (dtype === 'int32')
        put('random bits', [many([2], 'int32')], (key) => core.randomBits(key as Value, shape));
    }
  return found.filter(({ inputs }) => inputs.every(({ dtype }) => dtypes.includes(dtype)));
}

const special = [
  0,
  -0,
  1,
  -1,
  0.5,
  -2.5,
  3.75,
  1e-40,
  1e30,
  -1e30,
  88,
  -103,
  Number.NaN,
  Infinity,
  -Infinity,
  2.5,
  17,
];

/** Numbers of a dtype, the special ones among them. */
function fill({ shape, dtype }: TensorSpec, offset: number): Tensor {
  const tensor = tensorOf({ shape, dtype });
  const float = dtype === 'float32' || dtype === 'float64';
  for (let i = 0; i < tensor.data.length; i++) {
    const at = i * 7 + offset;
    if (dtype === 'bool') tensor.data[i] = (at * 5) % 3 === 0 ? 1 : 0;
    else if (float) tensor.data[i] = at % 3 === 0 ? (special[at % special.length] ?? 0) : 3 * Math.sin(at);
    else tensor.data[i] = dtype === 'uint8' ? (at * 37) % 256 : ((at * 31) % 11) - 4;
  }
  return tensor;
}

/**
 * The examination of a backend: every primitive, dtype and awkward shape against the primitives' own meaning; buffers, binding,
 * donation, repeated runs, determinism and errors.
 */
export function conformBackend(
  make: () => Backend,
  { name = make().name, ulps: allowed = {} }: BackendConformance = {},
): Case[] {
  const each = (what: string, run: (backend: Backend) => Promise<void>): Case => ({
    name: `${name}: ${what}`,
    run: () => run(make()),
  });
  const x = many([2, 2], 'float32');
  return [
    ...probes(make().dtypes).map((probe) =>
      each(probe.name, (backend) => examineProbe(backend, probe, allowed)),
    ),
    each('a buffer starts with zeros, and holds a copy of what is written', async (backend) => {
      const buffer = backend.allocate(x);
      await expectNumbers(backend, buffer, [0, 0, 0, 0], 'a new buffer');
      const data = Float32Array.of(1, 2, 3, 4);
      backend.write(buffer, data);
      data.fill(9);
      const read = await backend.read(buffer);
      read.fill(7);
      await expectNumbers(backend, buffer, [1, 2, 3, 4], 'a buffer whose source and copy were changed');
    }),
    each('an output may be the buffer of an input, also crosswise', async (backend) => {
      const [a, b] = [placeholder(x, 'a'), placeholder(x, 'b')];
      const executable = await backend.compile(trace([a, b], [b, add(a, b)]));
      const [first, second] = [backend.allocate(x), backend.allocate(x)];
      backend.write(first, Float32Array.of(1, 1, 2, 3));
      backend.write(second, Float32Array.of(1, 2, 3, 5));
      const binding = executable.bind([first, second], [first, second]);
      binding.run();
      await expectNumbers(backend, second, [2, 3, 5, 8], 'a + b in the place of b');
      await expectNumbers(backend, first, [1, 2, 3, 5], 'b in the place of a');
      binding.run(3);
      await expectNumbers(backend, second, [8, 13, 21, 34], 'after three runs more');
    }),
    each('two bindings of one Program do not know of each other', async (backend) => {
      const a = placeholder(x, 'a');
      const executable = await backend.compile(trace([a], [mul(a, 2)]));
      const buffers = [1, 2].map((value) => {
        const [from, to] = [backend.allocate(x), backend.allocate(x)];
        backend.write(from, new Float32Array(4).fill(value));
        return { from, to, binding: executable.bind([from], [to]) };
      });
      for (const { binding } of buffers) binding.run();
      for (const [i, { to }] of buffers.entries())
        await expectNumbers(backend, to, new Array(4).fill(2 * (i + 1)), `binding ${i}`);
    }),
    each('an input as an output, and one output twice', async (backend) => {
      const a = placeholder(x, 'a');
      const doubled = mul(a, 2);
      const executable = await backend.compile(trace([a], [a, doubled, doubled]));
      const [from, ...to] = [x, x, x, x].map((spec) => backend.allocate(spec)) as [Buffer, ...Buffer[]];
      backend.write(from, Float32Array.of(1, 2, 3, 4));
      executable.bind([from], to).run();
      const wanted = [
        [1, 2, 3, 4],
        [2, 4, 6, 8],
        [2, 4, 6, 8],
      ];
      for (const [i, buffer] of to.entries())
        await expectNumbers(backend, buffer, wanted[i] ?? [], `output ${i}`);
    }),
    each('the same twice', async (backend) => {
      const probe = {
        name: '',
        inputs: [many([17, 33], 'float32')],
        f: (a: Value) => core.matmul(core.tanh(a), core.transpose(a)),
      };
      const [first, second] = [await resultOf(backend, probe), await resultOf(backend, probe)];
      first.data.forEach((value, i) => {
        if (!Object.is(value, second.data[i]))
          throw new ConformanceError({
            what: `result [${i}]`,
            got: String(second.data[i]),
            expected: `${value} again`,
          });
      });
    }),
    each('refuses a buffer of another length, and one that was freed', async (backend) => {
      const buffer = backend.allocate(x);
      await expectError('data of another length', () => backend.write(buffer, new Float32Array(3)));
      backend.free(buffer);
      await expectError('a freed buffer', () => backend.read(buffer));
    }),
    each('refuses another number of buffers than the Program has', async (backend) => {
      const a = placeholder(x, 'a');
      const executable = await backend.compile(trace([a], [mul(a, 2)]));
      await expectError('no output', () => executable.bind([backend.allocate(x)], []));
    }),
  ];
}

async function resultOf(backend: Backend, { inputs, f }: Probe): Promise<Tensor> {
  const values = inputs.map((spec, i) => placeholder(spec, `input ${i}`));
  const output = f(...values);
  const program: Program = trace(values, [output]);
  const executable = await backend.compile(program);
  const buffers = inputs.map((spec, i) => {
    const buffer = backend.allocate(spec);
    backend.write(buffer, fill(spec, i + 1).data);
    return buffer;
  });
  const result = backend.allocate(output.spec);
  executable.bind(buffers, [result]).run();
  return { ...output.spec, data: await backend.read(result) };
}

async function examineProbe(
  backend: Backend,
  probe: Probe,
  allowed: NonNullable<BackendConformance['ulps']>,
): Promise<void> {
  const values = probe.inputs.map((spec, i) => placeholder(spec, `input ${i}`));
  const wanted = evaluate(
    probe.f(...values),
    new Map(values.map((value, i) => [value, fill(value.spec, i + 1)])),
  );
  const got = await resultOf(backend, probe);
  const { dtype } = wanted;
  const most = dtype === 'float32' || dtype === 'float64' ? (allowed[dtype] ?? 0) : 0;
  const { bound } = probe;
  const magnitudes =
    bound &&
    evaluate(bound.f(...values), new Map(values.map((value, i) => [value, fill(value.spec, i + 1)])));
  wanted.data.forEach((value, i) => {
    const other = got.data[i] ?? Number.NaN;
    // Sums of n products in float32 are off by up to n 2^-24 sum |a b| in any order (Higham, Accuracy and Stability, 3.5); where that sum
    // overflows, nothing can be said.
    const magnitude = magnitudes?.data[i];
    if (bound !== undefined && magnitude !== undefined && dtype === 'float32' && most > 0) {
      if (!Number.isFinite(magnitude)) return;
      if (Math.abs(value - other) <= (bound.terms + 1) * 2 ** -24 * magnitude) return;
    }
    const away =
      dtype === 'float32' || dtype === 'float64' ? ulps(value, other, dtype) : Math.abs(value - other);
    if (away > most)
      throw new ConformanceError({
        what: `result [${i}] of ${probe.name}`,
        got: `${other}, ${away} away`,
        expected: `${value}, within ${most}`,
      });
  });
}

async function expectNumbers(
  backend: Backend,
  buffer: Buffer,
  wanted: readonly number[],
  what: string,
): Promise<void> {
  const got = Array.from(await backend.read(buffer));
  if (got.join() !== wanted.join())
    throw new ConformanceError({ what, got: `[${got.join(', ')}]`, expected: `[${wanted.join(', ')}]` });
}

async function expectError(what: string, run: () => unknown): Promise<void> {
  try {
    await run();
  } catch {
    return;
  }
  throw new ConformanceError({ what, got: 'no error', expected: 'one' });
}

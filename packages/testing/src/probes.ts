import * as core from '@pullback/core';
import { applyMany, type DType, type Primitive, sizeOf, type TensorSpec, type Value } from '@pullback/core';
import { type Elementwise, functionsOfOne, functionsOfTwo } from './elementwise.ts';
import type { Probe } from './probe.ts';
import { numbersFor } from './probe-numbers.ts';
import { admitted, one, two } from './probe-tables.ts';
import { widerProbes } from './wider-probes.ts';

type Unary = (x: Value) => Value;
type Binary = (a: Value, b: Value) => Value;
type Named<F> = Readonly<Record<string, F>>;

const { add, mul, lessEqual } = core;

/** The same elements elsewhere: for every dtype and shape of two axes. */
const movements: Named<Unary> = {
  transpose: (x) => core.transpose(x),
  reshape: (x) => core.reshape(x, [sizeOf(x.shape)]),
  'reshape to three axes': (x) => core.reshape(x, [1, ...x.shape]),
  flip: (x) => core.flip(x, 0),
  'flip of both axes': (x) => core.flip(x, [0, 1]),
  slice: (x) => core.slice(x, [0, 0], [], [2, 1]),
  'slice of the last column': (x) => core.slice(x, [0, -1]),
  pad: (x) => core.pad(x, { low: [1, 0], high: [0, 2], between: [1, 0], value: x.dtype === 'bool' ? 1 : 3 }),
  broadcast: (x) => core.broadcast(x, [2, ...x.shape]),
  'broadcast of a row': (x) =>
    core.broadcast(core.slice(core.pad(x, { low: [1] }), [0], [1]), [4, x.shape[1] ?? 0]),
  windows: (x) =>
    core.windows(x, {
      axes: [0, 1],
      size: [2, 1],
      step: [1, 2],
      padding: [
        [1, 1],
        [0, 1],
      ],
      value: 1,
    }),
  concatenate: (x) => core.concatenate([x, core.flip(x, 0)], { axis: 0 }),
  'concatenate of three, along 1': (x) => core.concatenate([x, core.flip(x, 1), x], { axis: 1 }),
  barrier: core.barrier,
};

/** The elementwise primitives of one operand, and of two, that a dtype has; any number is in their domain. */
const unaries = Object.fromEntries(
  Object.entries<Elementwise<Unary>>(functionsOfOne).map(([name, { f, anywhere = f }]) => [
    name,
    one(anywhere),
  ]),
);
const binaries = Object.fromEntries(Object.entries(functionsOfTwo).map(([name, { f }]) => [name, two(f)]));

const sums: Named<Unary> = {
  sum: (x) => core.sum(x),
  'sum along 0': (x) => core.sum(x, { axis: 0 }),
  'sum along -1': (x) => core.sum(x, { axis: -1, keepAxis: true }),
  stopGradient: core.stopGradient,
  'sums so far, by a scan': (x) => scanned(x, {}),
  'sums so far from the end, by a scan': (x) => scanned(x, { reverse: true }),
};

/** Twice the sum so far of the rows, and all of them. */
function scanned(x: Value, options: core.ScanOptions): Value {
  const none = core.fill(0, x.shape.slice(1), x.dtype);
  const { carries, outputs } = core.scan(
    (total, row) => {
      const next = core.add(total, row);
      return { carries: next, outputs: core.add(next, total) };
    },
    none,
    x,
    options,
  );
  return core.concatenate([outputs, core.expandDims(carries, 0)], { axis: 0 });
}

/** A recurrence with a shared matrix, from either end, on whole numbers: sums of products are exact in float32. */
function recurrence(x: Value, options: core.ScanOptions): Value {
  const columns = core.lastOf(x.shape);
  const matrix = core.flip(
    core.oneHot(core.iota([columns]), columns, { dtype: x.dtype === 'float64' ? 'float64' : 'float32' }),
    0,
  );
  const start = core.fill(2, [columns], x.dtype);
  const step = (carry: Value, row: Value) => {
    const next = core.maximum(core.matmul(core.expandDims(carry, 0), matrix), core.expandDims(row, 0));
    return { carries: core.squeeze(next, 0), outputs: core.mul(core.squeeze(next, 0), row) };
  };
  const rows = core.round(x);
  const { outputs } = core.scan(step, start, rows, options);
  const [atRows = x, atMatrix = x] = core.gradient(core.sum(outputs), [rows, matrix]);
  return core.concatenate([outputs, atRows, atMatrix], { axis: 0 });
}

const floatFunctions: Named<Unary> = {
  pow: (x) => core.pow(x, core.mul(core.round(x), 0.5)),
  softmax: (x) => core.softmax(x),
  'a recurrence and its gradients': (x) => recurrence(x, {}),
  'a recurrence from the end, computed again': (x) => recurrence(x, { reverse: true, checkpoint: 2 }),
};

/** Each primitive alone in these, so that a failure has its name. */
const shapes = [
  [2, 3],
  [1, 7],
] as const;
/** And in these as one Program for all of the same inputs. */
const furtherShapes = [
  [0, 3],
  [17, 5],
  [3, 3],
  [1, 1],
  [5, 1],
] as const;
/** Fewer and more axes than two. */
const otherRanks = [[], [4], [0], [2, 3, 2], [2, 1, 2, 3]] as const;

const isNumber = (dtype: DType) => dtype === 'float32' || dtype === 'float64' || dtype === 'int32';
const isFloat = (dtype: DType) => dtype === 'float32' || dtype === 'float64';

const known = new Map<string, readonly Probe[]>();

/** Every primitive on every dtype that it takes, in shapes that go wrong first; the same probes for the same dtypes. */
export function probesOf(dtypes: readonly DType[]): readonly Probe[] {
  const key = dtypes.join();
  const found = known.get(key) ?? made(dtypes);
  known.set(key, found);
  return found;
}

function made(dtypes: readonly DType[]): readonly Probe[] {
  const found: Probe[] = [];
  for (const dtype of dtypes) {
    for (const shape of shapes) found.push(...ofMatrix(dtype, shape, dtypes));
    for (const shape of furtherShapes)
      found.push(...merged(`of ${dtype}[${shape.join(', ')}]`, ofMatrix(dtype, shape, dtypes)));
    for (const shape of otherRanks) found.push(...ofRank(dtype, shape));
    found.push(...ofNothing(dtype));
  }
  found.push(...others, ...widerProbes(dtypes));
  return found.filter(({ inputs }) => inputs.every(({ dtype }) => dtypes.includes(dtype)));
}

/** The probes of the same inputs as one Program; those of sums stay as they are, since their bounds are their own. */
function merged(where: string, probes: readonly Probe[]): Probe[] {
  const added = probes.filter(({ terms, isSum, addsInside }) => terms !== undefined || isSum || addsInside);
  const groups = new Map<string, Probe[]>();
  for (const probe of probes) {
    if (added.includes(probe)) continue;
    const key = probe.inputs.map(({ dtype, shape }) => `${dtype}[${shape.join(', ')}]`).join(' and ');
    groups.set(key, [...(groups.get(key) ?? []), probe]);
  }
  return [
    ...added,
    ...[...groups].map(([key, group]) => ({
      name: `functions ${where}: those of ${key}`,
      inputs: group[0]?.inputs ?? [],
      f: (...x: Value[]) => group.flatMap(({ f }) => f(...x)),
      outputs: group.map(({ name }) => name),
    })),
  ];
}

/** Probes of one input, and of two alike. */
function builder(spec: TensorSpec) {
  const found: Probe[] = [];
  const title = (name: string) => `${name} of ${spec.dtype}[${spec.shape.join(', ')}]`;
  const put = (name: string, inputs: readonly TensorSpec[], f: Probe['f'], terms?: number) =>
    found.push({
      name: title(name),
      inputs,
      f,
      ...(terms !== undefined && { terms }),
      isSum: name.startsWith('sum'),
      addsInside: name === 'softmax',
    });
  return {
    found,
    put,
    unary: (functions: Named<Unary>) => {
      for (const [name, f] of Object.entries(functions)) put(name, [spec], (x) => given(x, f));
    },
    binary: (functions: Named<Binary>) => {
      for (const [name, f] of Object.entries(functions))
        put(name, [spec, spec], (a, b) => given(a, (x) => given(b, (y) => f(x, y))));
    },
  };
}

function given<T>(x: Value | undefined, f: (x: Value) => T): T {
  if (x === undefined) throw new RangeError('a probe without its input');
  return f(x);
}

function ofMatrix(dtype: DType, shape: readonly [number, number], dtypes: readonly DType[]): Probe[] {
  const x: TensorSpec = { shape, dtype };
  const { found, put, unary } = builder(x);
  unary(Object.fromEntries(dtypes.map((other) => [`cast to ${other}`, (a: Value) => core.cast(a, other)])));
  unary(movements);
  const indices = (count: number): TensorSpec => ({ shape: [count], dtype: 'int32' });
  const pair = (name: string, other: TensorSpec, f: Binary) =>
    put(name, [x, other], (a, b) => given(a, (p) => given(b, (q) => f(p, q))));
  pair('gather', indices(4), (a, i) => core.gather(a, i));
  pair('gather along 1', indices(4), (a, i) => core.gather(a, i, { axis: 1 }));
  pair('gather with indices of two axes', { shape: [2, 2], dtype: 'int32' }, (a, i) => core.gather(a, i));
  if (isNumber(dtype)) {
    unary(sums);
    pair('scatterAdd', indices(shape[0]), (a, i) => core.scatterAdd(a, i, { size: 3 }));
    pair('scatterAdd along 1', indices(shape[1]), (a, i) => core.scatterAdd(a, i, { axis: 1, size: 2 }));
    unary({ iota: (a) => add(a, core.iota(shape, { axis: 1, dtype })) });
    pair('add of a row', { shape: [shape[1]], dtype }, add);
    pair('mul by a column', { shape: [shape[0], 1], dtype }, mul);
    if (sizeOf(shape) > 0)
      unary({
        max: (a) => core.max(a, { axis: 0 }),
        'max over all': (a) => core.max(a),
        argmax: (a) => core.argmax(a),
        'argmax along 0': (a) => core.argmax(a, { axis: 0, keepAxis: true }),
      });
  }
  if (isFloat(dtype)) {
    unary(floatFunctions);
    put('matmul', [x], (a) => given(a, (p) => core.matmul(p, core.transpose(p))), shape[1]);
    put('matmul, transposed', [x], (a) => given(a, (p) => core.matmul(core.transpose(p), p)), shape[0]);
  }
  for (const [name, f] of admitted(unaries, [x])) put(name, [x], f);
  for (const [name, f] of admitted(binaries, [x, x])) put(name, [x, x], f);
  const mask: TensorSpec = { shape, dtype: 'bool' };
  put('select', [mask, x, x], (c, a, b) =>
    given(c, (mask_) => given(a, (p) => given(b, (q) => core.select(mask_, p, q)))),
  );
  if (dtype === 'int32')
    put('random bits', [indices(2)], (key) => given(key, (k) => core.randomBits(k, shape)));
  return found;
}

function ofRank(dtype: DType, shape: readonly number[]): Probe[] {
  const spec: TensorSpec = { shape, dtype };
  const { found, put, unary, binary } = builder(spec);
  const last = shape.length - 1;
  unary({
    'reshape to one axis': (x) => core.reshape(x, [sizeOf(shape)]),
    'transpose of all axes': (x) => core.transpose(x),
    'broadcast to one axis more': (x) => core.broadcast(x, [2, ...shape]),
  });
  if (isNumber(dtype)) {
    binary({ add, mul, lessEqual });
    unary({ sum: (x) => core.sum(x), neg: core.neg });
    if (last >= 0)
      unary({
        'sum along the last axis': (x) => core.sum(x, { axis: last }),
        flip: (x) => core.flip(x, last),
      });
    if (last >= 2) unary({ 'sum over the outer axes': (x) => core.sum(x, { axis: [0, last] }) });
  }
  if (isFloat(dtype) && last >= 2)
    put(
      'batched matmul',
      [spec, spec],
      (a, b) => given(a, (x) => given(b, (y) => core.matmul(x, core.swapAxes(y, -1, -2)))),
      shape[last] ?? 0,
    );
  return found;
}

/** Programs without inputs. */
function ofNothing(dtype: DType): Probe[] {
  const { found, put } = builder({ shape: [], dtype });
  const numbers = numbersFor({ shape: [3, 2], dtype }, 1);
  put('a constant', [], () => core.constant(numbers));
  put('a fill', [], () => core.fill(1, [2, 3], dtype));
  put('an empty fill', [], () => core.fill(1, [0], dtype));
  if (isNumber(dtype)) put('iota alone', [], () => core.iota([2, 3], { axis: 0, dtype }));
  return found;
}

const float32 = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' });

/** A primitive that no backend knows by name, with two outputs: the smaller and the larger of two. */
const sorted: Primitive<readonly [Value, Value], Readonly<Record<string, never>>, readonly Value[]> = {
  kind: 'elementwise',
  name: 'sortedPair',
  infer: ([a, b]) => [a, b],
  evaluate: ([a, b], [low, high]) => {
    for (let i = 0; i < low.data.length; i++) {
      const [x, y] = [a.data[i] ?? 0, b.data[i] ?? 0];
      low.data[i] = Math.min(x, y);
      if (high !== undefined) high.data[i] = Math.max(x, y);
    }
  },
};

/** Probes of mistakes between instructions rather than in one. */
const others: readonly Probe[] = [
  {
    name: 'a chain of 200 instructions',
    inputs: [float32(3, 5)],
    f: (x) =>
      given(x, (first) => {
        let value = first;
        for (let i = 0; i < 100; i++) value = core.mul(core.add(value, i / 64), 0.5);
        return value;
      }),
  },
  {
    name: 'a value that is read again much later',
    inputs: [float32(4)],
    f: (x) =>
      given(x, (first) => {
        const early = core.neg(first);
        let value = first;
        for (let i = 0; i < 20; i++) value = core.abs(core.sub(value, 1));
        return [core.sub(value, early), early, value];
      }),
  },
  {
    name: 'many outputs of several dtypes',
    inputs: [float32(2, 3), float32(2, 3)],
    f: (a, b) =>
      given(a, (x) => given(b, (y) => [core.less(x, y), core.add(x, y), core.argmax(x), core.sum(y), x])),
  },
  {
    name: 'a primitive that it does not know, with two outputs',
    inputs: [float32(2, 3), float32(2, 3)],
    f: (a, b) => given(a, (x) => given(b, (y) => applyMany(sorted, [x, y], {}))),
  },
  {
    name: 'a product of nothing',
    inputs: [float32(3, 0), float32(0, 2)],
    f: (a, b) => given(a, (x) => given(b, (y) => core.matmul(x, y))),
  },
  {
    name: 'windows folded back',
    inputs: [float32(6, 2, 3)],
    f: (x) =>
      given(x, (y) => core.fold(y, { axes: [0], size: 3, dilation: 2, padding: [[1, 2]], extents: [7] })),
    isSum: true,
  },
  {
    name: 'convolutions with padding, and their gradients',
    inputs: [float32(2, 4, 3, 2), float32(2, 3, 2, 33), float32(2, 4, 3, 33)],
    f: (a, b, c) =>
      given(a, (x) =>
        given(b, (kernel) =>
          given(c, (slope) => {
            const y = core.convolution(x, kernel, { padding: 'same' });
            return [y, ...core.gradient(core.sum(core.mul(y, slope)), [x, kernel])];
          }),
        ),
      ),
    terms: 198,
  },
  {
    name: 'convolutions with channels first, by steps of 2, and their gradients',
    inputs: [float32(1, 2, 9, 8), float32(33, 2, 3, 3), float32(1, 33, 5, 4)],
    f: (a, b, c) =>
      given(a, (x) =>
        given(b, (kernel) =>
          given(c, (slope) => {
            const y = core.convolution(x, kernel, { padding: 'same', strides: 2, channels: 'first' });
            return [y, ...core.gradient(core.sum(core.mul(y, slope)), [x, kernel])];
          }),
        ),
      ),
    terms: 297,
  },
  {
    name: 'a matrix times a vector',
    inputs: [float32(3, 4), float32(4)],
    f: (a, b) => given(a, (x) => given(b, (y) => core.matmul(x, y))),
    terms: 4,
  },
];

import * as core from '@pullback/core';
import {
  type DType,
  type FloatDType,
  type Program,
  placeholder,
  RandomStream,
  trace,
  type Value,
} from '@pullback/core';

/** A Program, its inputs, and for each output the input whose buffer it is written to, if there is one. */
export interface RandomProgram {
  readonly program: Program;
  readonly data: readonly Float64Array[];
  readonly sharing: readonly (number | undefined)[];
}

const extents = [0, 1, 2, 3, 4, 5, 7];

/** A graph of primitives that round once, of one float dtype with integers and booleans inside; some outputs take the place of inputs. */
export function randomProgram(seed: number, dtype: FloatDType): RandomProgram {
  const random = RandomStream.of(seed, 'program');
  const below = (n: number) => Math.floor(random.uniform() * n);
  const oneOf = <T>(list: readonly [T, ...(readonly T[])]): T => list[below(list.length)] ?? list[0];
  const empty = below(8) === 0;
  const extent = () => oneOf([1, ...(empty ? extents : extents.slice(1))]);
  const shape = () => Array.from({ length: below(4) }, extent);

  const inputs = Array.from({ length: 1 + below(4) }, (_, i) =>
    placeholder({ shape: shape(), dtype }, `x${i}`),
  );
  const values: [Value, ...Value[]] = [inputs[0] as Value, ...inputs.slice(1)];
  const axisOf = (x: Value) => below(x.shape.length);
  const compatible = (x: Value) => oneOf([x, ...values.filter((y) => y.shape.join() === x.shape.join())]);
  const binary = (f: (a: Value, b: Value) => Value, x: Value): Value => {
    try {
      return f(x, oneOf(values));
    } catch {
      return f(x, compatible(x));
    }
  };
  const grow: readonly [(x: Value) => Value | undefined, ...((x: Value) => Value | undefined)[]] = [
    (x) => binary(oneOf([core.add, core.sub, core.mul, core.div, core.maximum, core.minimum]), x),
    (x) => oneOf([core.add, core.sub, core.mul, core.maximum])(x, oneOf([0, -0, 1, 0.5, -2])),
    (x) => oneOf([core.neg, core.abs, core.square, core.floor, core.ceil, core.round, core.sign])(x),
    (x) => core.sqrt(core.abs(x)),
    (x) => {
      const y = compatible(x);
      return core.select(oneOf([core.less, core.lessEqual, core.equal])(x, y), y, x);
    },
    (x) => core.transpose(x),
    (x) => core.reshape(x, oneOf([[-1], [1, -1], [-1, 1]])),
    (x) => (x.shape.length > 0 ? core.flip(x, axisOf(x)) : undefined),
    (x) =>
      core.slice(
        x,
        x.shape.map((n) => below(n)),
        x.shape.map((n) => n),
        x.shape.map(() => 1 + below(2)),
      ),
    (x) =>
      core.pad(x, {
        low: x.shape.map(() => below(2)),
        between: x.shape.map(() => below(2)),
        value: oneOf([0, 2]),
      }),
    (x) => core.broadcast(x, [1 + below(3), ...x.shape]),
    (x) => (x.shape.length > 0 ? core.concatenate([x, compatible(x)], { axis: axisOf(x) }) : undefined),
    (x) => core.sum(x, x.shape.length > 0 && below(2) > 0 ? { axis: axisOf(x) } : {}),
    (x) =>
      x.shape.includes(0) ? undefined : core.max(x, { axis: x.shape.map((_, i) => i).slice(below(2)) }),
    (x) =>
      x.shape.length === 0 || x.shape.includes(0)
        ? undefined
        : core.cast(core.argmax(x, { axis: axisOf(x), keepAxis: true }), dtype),
    (x) => {
      const [rows, columns] = x.shape.slice(-2);
      if (rows === undefined || columns === undefined) return undefined;
      const other = values.find(
        ({ shape: [n, m, ...more] }) => n === columns && m !== undefined && more.length === 0,
      );
      return x.shape.length === 2 && other !== undefined
        ? core.matmul(x, other)
        : core.matmul(x, core.swapAxes(x, -1, -2));
    },
    (x) =>
      x.shape.length > 0 ? core.gather(x, core.constant([0, 1, -1, 2], { dtype: 'int32' })) : undefined,
    (x) =>
      x.shape.length > 0
        ? core.gather(x, core.cast(core.minimum(core.abs(core.reshape(compatible(x), [-1])), 9), 'int32'))
        : undefined,
    (x) => {
      const [n] = x.shape;
      if (n === undefined) return undefined;
      const names = core.mod(core.add(core.iota([n]), below(3)), 3);
      return core.scatterAdd(
        x,
        oneOf([
          names,
          core.reshape(
            core.argmax(x.shape.includes(0) ? core.zeros([n, 1], dtype) : core.reshape(x, [n, -1])),
            [n],
          ),
        ]),
        { size: 3 },
      );
    },
    (x) => (x.shape.length > 0 ? core.mul(x, core.iota(x.shape, { axis: axisOf(x), dtype })) : undefined),
  ];
  for (let i = 0; i < 30; i++) {
    const made = oneOf(grow)(oneOf(values));
    if (made !== undefined && core.sizeOf(made.shape) <= 64) values.push(made);
  }
  const outputs = Array.from({ length: 1 + below(4) }, () =>
    below(5) === 0
      ? oneOf(values)
      : (values[values.length - 1 - below(Math.min(8, values.length))] ?? values[0]),
  );
  const free = inputs.map((_, i) => i);
  const sharing = outputs.map((output) => {
    const fitting = free.filter((i) => inputs[i]?.shape.join() === output.shape.join());
    const taken = below(3) > 0 ? fitting[below(fitting.length)] : undefined;
    if (taken !== undefined) free.splice(free.indexOf(taken), 1);
    return taken;
  });
  const special = [0, -0, 1, -1, 0.5, 3, -2.5, 1e30, -1e30, Number.NaN, Number.POSITIVE_INFINITY, 1e-40];
  const data = inputs.map((input) =>
    Float64Array.from({ length: core.sizeOf(input.shape) }, () =>
      below(4) === 0 ? (special[below(special.length)] ?? 0) : random.normal(),
    ),
  );
  return { program: trace(inputs, outputs), data, sharing };
}

export function typed(dtype: DType, data: ArrayLike<number>): core.TypedArray {
  const array = core.allocateArray(dtype, data.length);
  array.set(data);
  return array;
}

// Primitives of one's own with a mistake in a rule: batch, infer, kind, what is kept between calls, what is written.
import {
  type Attributes,
  add,
  applyPrimitive,
  broadcast,
  equal,
  flip,
  iota,
  mean,
  mul,
  type Primitive,
  ShapeError,
  select,
  sub,
  sum,
  type TypedArray,
  transpose,
  type Value,
} from '@pullback/core';
import { applied, type Examined, one, own, primitive, two } from './made-of.ts';

const double = (rules: Partial<Primitive<readonly Value[], Attributes, Value>> = {}) =>
  own(
    (x) => 2 * x,
    (g) => mul(g, 2),
    rules,
  );
const spec = { shape: [], dtype: 'float32' } as const;

/** The sum of each row, with a `batch` of one's own. */
const rowSum = (batch: Primitive<readonly Value[], Attributes, Value>['batch']) =>
  applied(
    primitive((x) => x, {
      kind: 'reduction',
      infer: ([x = spec]) => {
        if (x.shape.length === 0) throw new ShapeError({ got: 'a scalar', expected: 'an axis' });
        return { shape: [...x.shape.slice(0, -1), 1], dtype: x.dtype };
      },
      evaluate: ([x], [output]) => {
        const n = x?.shape.at(-1) ?? 0;
        for (let i = 0; i < output.data.length; i++) {
          let total = 0;
          for (let k = 0; k < n; k++) total += x?.data[i * n + k] ?? 0;
          output.data[i] = total;
        }
      },
      vjp: (g, { input }) => [broadcast(g, input.shape)],
      ...(batch && { batch }),
    }),
  );

/** The product of two operands of one shape. */
const product = (rules: Partial<Primitive<readonly Value[], Attributes, Value>>) =>
  applied(
    primitive((x) => x, {
      infer: ([a = spec, b = spec]) => {
        if (a.shape.join() !== b.shape.join() || a.dtype !== b.dtype)
          throw new ShapeError({ got: `${a.shape} and ${b.shape}`, expected: 'one shape' });
        return a;
      },
      evaluate: ([a, b], [output]) => {
        for (let i = 0; i < output.data.length; i++) output.data[i] = (a?.data[i] ?? 0) * (b?.data[i] ?? 0);
      },
      vjp: (g, { inputs: [a = g, b = g] }) => [mul(g, b), mul(g, a)],
      ...rules,
    }),
  );

let calls = 0;
let seen: number | undefined;

export const wrongPrimitives: Record<string, Examined> = {
  // batch
  'a batch rule that turns the samples round': () =>
    one(double({ kind: 'reduction', batch: ([x]) => flip(mul(x as Value, 2), 0) })),
  'a batch rule of another function': () => one(double({ batch: ([x]) => mul(x as Value, 3) })),
  'a batch rule that adds up the samples': () =>
    one(
      double({
        batch: ([x]) => broadcast(sum(mul(x as Value, 2), { axis: 0, keepAxis: true }), (x as Value).shape),
      }),
    ),
  'a batch rule that forgets the last sample': () =>
    one(
      rowSum(([x]) => {
        const sums = sum(x as Value, { axis: -1, keepAxis: true });
        const last = equal(iota(sums.shape), (sums.shape[0] ?? 0) - 1);
        return select(last, 0, sums);
      }),
    ),
  'a batch rule that is wrong where the second alone is batched': () =>
    two(product({ batch: ([a, b], { batched }) => mul(mul(a as Value, b as Value), batched[0] ? 1 : 2) })),
  'a batch rule of another shape': () => one(rowSum(([x]) => sum(x as Value, { axis: -1 }))),
  'a batch rule that has no derivative': () =>
    one(double({ batch: ([x]) => applied(primitive((v) => 2 * v))(x as Value) })),
  // infer
  'float32 whatever is given': () =>
    one(double({ infer: ([x = spec]) => ({ shape: x.shape, dtype: 'float32' }) })),
  'a shape that is not what is written': () =>
    one(
      own(
        (x) => x,
        (g) => transpose(g),
        { kind: 'movement', infer: ([x = spec]) => ({ shape: [...x.shape].reverse(), dtype: x.dtype }) },
      ),
    ),
  'int32 is taken for bool': () =>
    one(
      double({ infer: ([x = spec]) => ({ shape: x.shape, dtype: x.dtype === 'int32' ? 'bool' : x.dtype }) }),
    ),
  'another shape for int32': () =>
    one(
      double({
        infer: ([x = spec]) => ({
          shape: x.dtype === 'int32' ? [...x.shape, 1, 2] : x.shape,
          dtype: x.dtype,
        }),
      }),
    ),
  'another meaning for int32': () =>
    one(
      double({
        evaluate: ([x], [output]) => {
          for (let i = 0; i < output.data.length; i++)
            output.data[i] = (x?.data[i] ?? 0) * (output.dtype === 'int32' ? 3 : 2);
        },
      }),
    ),
  'a TypeError for integers': () =>
    one(
      double({
        evaluate: ([x], [output]) => {
          if (x?.dtype === 'int32') throw new TypeError('x.map is not a function');
          for (let i = 0; i < output.data.length; i++) output.data[i] = 2 * (x?.data[i] ?? 0);
        },
      }),
    ),
  'a bool that is 2': () =>
    one((x) => {
      const positive = applied(
        primitive((v) => (v > 0 ? 2 : 0), { infer: ([v = spec]) => ({ shape: v.shape, dtype: 'bool' }) }),
      );
      return positive(x);
    }),
  'a shape that is changed in place': () =>
    one(
      double({
        infer: ([x = spec]) => {
          if (x.shape.length === 2) (x.shape as number[]).reverse();
          return x;
        },
      }),
    ),
  // kind
  'an elementwise primitive that subtracts the mean': () =>
    one(
      own(
        (x) => x,
        (g) => sub(g, mean(g)),
        {
          evaluate: ([x], [output]) => {
            const data: TypedArray = x?.data ?? new Float64Array(0);
            let total = 0;
            for (const value of data) total += value;
            for (let i = 0; i < output.data.length; i++)
              output.data[i] = (data[i] ?? 0) - total / data.length;
          },
        },
      ),
      { empty: false },
    ),
  'an elementwise primitive that looks at the place': () =>
    one(
      own(
        (x) => x,
        (g) => mul(g, 1),
        {
          evaluate: ([x], [output]) => {
            for (let i = 0; i < output.data.length; i++) output.data[i] = (x?.data[i] ?? 0) + i;
          },
        },
      ),
    ),
  'a movement that negates': () =>
    one(
      own(
        (x) => -x,
        (g) => mul(g, -1),
        { kind: 'movement' },
      ),
    ),
  'a movement that rounds': () =>
    one(
      own(
        (x) => Math.fround(x * 1.0000001),
        (g) => mul(g, 1.0000001),
        { kind: 'movement' },
      ),
    ),
  'an identity that computes': () =>
    one(
      own(
        (x) => 3 * x,
        (g) => mul(g, 3),
        { kind: 'identity' },
      ),
    ),
  'an identity that drops its sign of zero and small numbers': () =>
    one(
      own(
        (x) => (Math.abs(x) < 1e-30 ? 0 : x),
        (g) => g,
        { kind: 'identity' },
      ),
    ),
  'an identity that ignores what its attribute says of it': () =>
    one((x) =>
      applyPrimitive(
        primitive((v) => v, {
          kind: 'identity',
          evaluate: ([v], [output], { factor = 1 }) => {
            for (let i = 0; i < output.data.length; i++) output.data[i] = (v?.data[i] ?? 0) * Number(factor);
          },
          vjp: (g, { attributes: { factor = 1 } }) => [mul(g, Number(factor))],
        }),
        [x],
        { factor: 1.5 },
      ),
    ),
  'a generator with an operand': () =>
    one(
      own(
        (x) => 2 * x,
        (g) => mul(g, 2),
        {
          kind: 'generator',
          evaluate: ([x], [o]) => {
            for (let i = 0; i < o.data.length; i++) o.data[i] = (x?.data[0] ?? 0) * 2;
          },
        },
      ),
    ),
  // kept between calls
  'random numbers': () =>
    one(
      own(
        (x) => x + 1e-9 * Math.random(),
        (g) => g,
      ),
    ),
  'a counter': () =>
    one(
      own(
        (x) => x * (1 + (calls++ > 500 ? 1 : 0)),
        (g) => mul(g, 1),
      ),
    ),
  'the last number of the call before': () =>
    one(
      own(
        (x) => {
          const difference = x - (seen ?? x);
          seen = x;
          return difference;
        },
        (g) => g,
      ),
    ),
  'results remembered by the number of elements': () => {
    const remembered = new Map<string, number[]>();
    return one(
      double({
        evaluate: ([x], [output]) => {
          const key = `${output.dtype}${output.data.length}`;
          const known = remembered.get(key) ?? Array.from(x?.data ?? [], (value) => 2 * value);
          remembered.set(key, known);
          output.data.set(known);
        },
      }),
    );
  },
  'results remembered by the first element': () => {
    const remembered = new Map<number, number[]>();
    return one(
      double({
        evaluate: ([x], [output]) => {
          const first = x?.data[0] ?? 0;
          const known = remembered.get(first);
          const result =
            known?.length === output.data.length ? known : Array.from(x?.data ?? [], (value) => 2 * value);
          remembered.set(first, result);
          output.data.set(result);
        },
      }),
    );
  },
  'the time of day': () =>
    one(
      own(
        (x) => x * (1 + (performance.now() % 7) * 1e-6),
        (g) => g,
      ),
    ),
  'an attribute that counts itself up': () => {
    const attributes = { order: 1 };
    return one((x) =>
      applyPrimitive(
        primitive((v) => v, {
          evaluate: ([v], [output], given) => {
            for (let i = 0; i < output.data.length; i++)
              output.data[i] = (v?.data[i] ?? 0) * Number(given['order']);
            attributes.order += 1e-3;
          },
          vjp: (g, at) => [mul(g, Number(at.attributes['order']))],
        }),
        [x],
        attributes,
      ),
    );
  },
  // what is written
  'only what is positive is written': () =>
    one(
      own(
        (x) => Math.max(x, 0),
        (g, x) => mul(g, applied(primitive((v) => (v > 0 ? 1 : 0)))(x)),
        {
          evaluate: ([x], [output]) => {
            for (let i = 0; i < output.data.length; i++)
              if ((x?.data[i] ?? 0) > 0) output.data[i] = x?.data[i] ?? 0;
          },
        },
      ),
    ),
  'an operand that is sorted in place': () =>
    one(
      own(
        (x) => x,
        (g) => broadcast(mul(sum(g), 0), g.shape),
        {
          kind: 'reduction',
          evaluate: ([x], [output]) => {
            x?.data.sort();
            output.data.fill(x?.data[0] === undefined ? 0 : 1);
          },
        },
      ),
    ),
  'a second operand that is cleared': () =>
    two(
      product({
        evaluate: ([a, b], [output]) => {
          for (let i = 0; i < output.data.length; i++) {
            output.data[i] = (a?.data[i] ?? 0) * (b?.data[i] ?? 0);
            if (b !== undefined) b.data[i] = 0;
          }
        },
      }),
    ),
  'an output that is used for scratch before the operands are read': () => {
    // Right unless an operand and the output share memory is never promised; here the last element is lost.
    return one(
      double({
        evaluate: ([x], [output]) => {
          for (let i = 0; i + 1 < output.data.length; i++) output.data[i] = 2 * (x?.data[i] ?? 0);
        },
      }),
    );
  },
  'a sum without the vjp of its operand': () => one((x) => add(x, applied(primitive((v) => v * v))(x))),
};

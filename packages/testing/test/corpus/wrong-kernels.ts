// Backends that compute something else: one primitive, dtype, size, axis or special number.
import type { Attributes, Backend } from '@pullback/core';
import { compiling, each, named, spoiled } from './backends-of.ts';

const INT_MIN = -(2 ** 31);
const clamp = (x: number) => Math.min(2 ** 31 - 1, Math.max(INT_MIN, x));
const last =
  (at: (length: number) => boolean) => (output: { data: { [i: number]: number; length: number } }) => {
    const { length } = output.data;
    if (at(length)) output.data[length - 1] = 0;
  };
const numbers = (value: unknown): readonly number[] => (Array.isArray(value) ? value : []);

/** `windows` that read x at other places: `moved` says which attributes it is given. */
const windowsWith = (moved: (attributes: Attributes) => Attributes) =>
  compiling(({ primitive, attributes }) =>
    primitive.name === 'windows'
      ? {
          primitive: {
            ...primitive,
            evaluate: (inputs, outputs, own) => primitive.evaluate(inputs, outputs, moved(own)),
          },
          attributes,
        }
      : {},
  );

export const wrongKernels: Record<string, () => Backend> = {
  'windows that ignore their step': () =>
    windowsWith((own) => ({ ...own, step: numbers(own['step']).map(() => 1) })),
  'windows that are turned round': () =>
    spoiled(named('windows'), (output, _, { size }) => {
      const places = numbers(size).reduce((n, extent) => n * extent, 1);
      for (let i = 0; i < output.data.length; i += places) output.data.subarray(i, i + places).reverse();
    }),
  'windows one place too late': () =>
    spoiled(named('windows'), ({ data }) => {
      data.copyWithin(0, 1);
    }),
  'the matrices of a batch in the other order': () =>
    spoiled(
      ({ primitive, outputs: [o] }) => primitive.name === 'contract' && o?.shape.length === 3,
      ({ data, shape: [n = 1] }) => {
        const size = data.length / n;
        const first = data.slice(0, size);
        data.copyWithin(0, data.length - size);
        data.set(first, data.length - size);
      },
    ),
  'argmax of bytes is 0': () =>
    spoiled(named('argmax'), (output, [x]) => {
      if (x?.dtype === 'uint8') output.data.fill(0);
    }),
  'argmax of bools is the last': () =>
    spoiled(named('argmax'), (output, [x]) => {
      if (x?.dtype === 'bool') output.data.fill((x.shape.at(-1) ?? 1) - 1);
    }),
  'argmax takes the last of equals': () =>
    spoiled(named('argmax'), (output, [x], { axis }) => {
      const n = x?.shape[Number(axis)] ?? 0;
      if (x?.data.every((value) => value === x.data[0])) output.data.fill(n - 1);
    }),
  'the last of 70 elements is lost': () =>
    spoiled(
      named('add', 'mul', 'exp'),
      last((n) => n === 70),
    ),
  'the last of 65,537 is lost': () =>
    spoiled(
      named('add', 'sub'),
      last((n) => n === 65_537),
    ),
  'the last of more than 65,536 is lost in a sum': () =>
    spoiled(named('sum'), (output, [x]) => {
      if ((x?.data.length ?? 0) > 65_536 && output.data.length === 1)
        output.data[0] = (output.data[0] ?? 0) * 0.5;
    }),
  'rows of 65 are cut at 64': () =>
    spoiled(
      ({ outputs: [o] }) => o?.shape.at(-1) === 65,
      last((n) => n > 0),
    ),
  'one more than 128 elements is lost': () =>
    spoiled(
      named('tanh', 'neg'),
      last((n) => n === 129),
    ),
  'one less than 256 elements': () =>
    spoiled(
      named('sub', 'cast'),
      last((n) => n === 255),
    ),
  'x x is x': () =>
    compiling((instruction) => {
      const [a, b] = instruction.inputs;
      return a === b && instruction.primitive.name === 'mul'
        ? { primitive: { ...instruction.primitive, evaluate: ([x], [y]) => y.data.set(x?.data ?? []) } }
        : {};
    }),
  'x - x is not 0 for infinity': () =>
    compiling((instruction) => {
      const [a, b] = instruction.inputs;
      return a === b && instruction.primitive.name === 'sub'
        ? { primitive: { ...instruction.primitive, evaluate: (_, [y]) => y.data.fill(0) } }
        : {};
    }),
  'the negative of the least integer is the largest': () =>
    spoiled(named('neg', 'abs'), (y, [x]) => {
      if (y.dtype === 'int32') each((v, a) => (a === INT_MIN ? 2 ** 31 - 1 : v))(y, x ? [x] : []);
    }),
  'the least integer by -1 is 0': () =>
    spoiled(named('div'), (y, inputs) => {
      if (y.dtype === 'int32') each((v, a, b) => (a === INT_MIN && b === -1 ? 0 : v))(y, inputs);
    }),
  'the max of the least integer alone is 0': () =>
    spoiled(named('max'), (y) => {
      if (y.dtype === 'int32') each((v) => (v === INT_MIN ? -(2 ** 31 - 1) : v))(y, []);
    }),
  'a pad of NaN is 0': () =>
    compiling(({ primitive, attributes }) =>
      primitive.name === 'pad'
        ? { attributes: { ...attributes, value: Number(attributes['value']) || 0 } }
        : {},
    ),
  'a pad of -0 is 0': () =>
    compiling(({ primitive, attributes }) =>
      primitive.name === 'pad'
        ? { attributes: { ...attributes, value: Number(attributes['value']) + 0 } }
        : {},
    ),
  'a fill of -0 is 0': () =>
    compiling(({ primitive, attributes }) =>
      primitive.name === 'fill'
        ? { attributes: { ...attributes, value: Number(attributes['value']) + 0 } }
        : {},
    ),
  'the negative of 0 is 0': () =>
    spoiled(
      named('neg'),
      each((y) => y + 0),
    ),
  'the max of a row drops its NaN': () =>
    spoiled(named('max'), (y) => {
      if (y.data.length > 0) each((v) => (Number.isNaN(v) ? -Infinity : v))(y, []);
    }),
  'the smaller of -0 and 0 is 0': () =>
    spoiled(
      named('minimum'),
      each((y) => (y === 0 ? 0 : y)),
    ),
  'the sign of -0': () =>
    spoiled(
      named('sign', 'round', 'ceil'),
      each((y) => (y === 0 ? 0 : y)),
    ),
  'sums of integers saturate': () =>
    spoiled(named('add', 'sub'), (y, inputs) => {
      if (y.dtype === 'int32') {
        const minus = y.data.some(
          (v, i) => v !== (((inputs[0]?.data[i] ?? 0) + (inputs[1]?.data[i] ?? 0)) | 0),
        );
        each((_, a, b) => clamp(minus ? a - b : a + b))(y, inputs);
      }
    }),
  'a total of integers in float32': () =>
    spoiled(named('sum'), (y) => {
      if (y.dtype === 'int32') each((v) => Math.fround(v))(y, []);
    }),
  'a cast to bool keeps the number': () =>
    spoiled(named('cast'), (y, inputs) => {
      if (y.dtype === 'bool') each((_, x) => x)(y, inputs);
    }),
  'a cast of half to bool is false': () =>
    spoiled(named('cast'), (y, inputs) => {
      if (y.dtype === 'bool') each((v, x) => (Math.abs(x) < 1 ? 0 : v))(y, inputs);
    }),
  'a cast of NaN to bool is false': () =>
    spoiled(named('cast'), (y, inputs) => {
      if (y.dtype === 'bool') each((v, x) => (Number.isNaN(x) ? 0 : v))(y, inputs);
    }),
  'a cast to int32 rounds': () =>
    spoiled(named('cast'), (y, inputs) => {
      if (y.dtype === 'int32') each((v, x) => (Math.abs(x) < 1e6 ? Math.round(x) : v))(y, inputs);
    }),
  'a cast to int32 saturates': () =>
    spoiled(named('cast'), (y, inputs) => {
      if (y.dtype === 'int32') each((v, x) => (Number.isFinite(x) ? clamp(Math.trunc(x)) : v))(y, inputs);
    }),
  'a cast to bytes is clamped': () =>
    spoiled(named('cast'), (y, inputs) => {
      if (y.dtype === 'uint8') each((_, x) => Math.min(255, Math.max(0, Math.trunc(x))))(y, inputs);
    }),
  'of nine parts the last is lost': () =>
    spoiled(named('concatenate'), (y, inputs) => {
      if (inputs.length > 8) y.data.fill(0, y.data.length - (inputs.at(-1)?.data.length ?? 0));
    }),
  'a scatter by two index axes uses the first': () =>
    spoiled(named('scatterAdd'), (y, [, indices]) => {
      if (indices?.shape.length === 2) y.data.fill(0);
    }),
  'a gather by two index axes past its first row': () =>
    spoiled(named('gather'), (y, [, indices]) => {
      if ((indices?.shape.length ?? 0) >= 2 && (indices?.shape[0] ?? 0) > 1)
        y.data.fill(0, Math.floor(y.data.length / 2));
    }),
  'an index below 0 counts from the end': () =>
    spoiled(named('gather'), (y, [x, indices], { axis }) => {
      if (axis !== 0 || x === undefined || indices === undefined) return;
      const inner = y.data.length / Math.max(1, indices.data.length);
      indices.data.forEach((index, i) => {
        if (index === -1)
          for (let k = 0; k < inner; k++) y.data[i * inner + k] = x.data[x.data.length - inner + k] ?? 0;
      });
    }),
  'what is named twice is added once': () =>
    spoiled(named('scatterAdd'), (y, [x, indices], { axis }) => {
      if (axis !== 0 || x === undefined || indices === undefined) return;
      const inner = x.data.length / Math.max(1, indices.data.length);
      indices.data.forEach((index, i) => {
        if (index >= 0 && (index + 1) * inner <= y.data.length)
          for (let k = 0; k < inner; k++) y.data[index * inner + k] = x.data[i * inner + k] ?? 0;
      });
    }),
  'of several axes one is flipped': () =>
    compiling(({ primitive, attributes }) =>
      primitive.name === 'flip'
        ? { attributes: { ...attributes, axes: numbers(attributes['axes']).slice(0, 1) } }
        : {},
    ),
  'steps of several axes: the first alone': () =>
    compiling(({ primitive, attributes }) => {
      const step = numbers(attributes['step']);
      const several = primitive.name === 'slice' && step.filter((s) => s > 1).length > 1;
      return several ? { attributes: { ...attributes, step: step.map((s, i) => (i === 0 ? s : 1)) } } : {};
    }),
  'places between on several axes: the last alone': () =>
    spoiled(
      ({ primitive, attributes }) =>
        primitive.name === 'pad' && numbers(attributes['between']).filter((n) => n > 0).length > 1,
      (y) => void y.data.reverse(),
    ),
  'six axes transposed': () =>
    spoiled(
      ({ primitive, outputs: [o] }) => primitive.name === 'transpose' && (o?.shape.length ?? 0) >= 6,
      (y) => void y.data.reverse(),
    ),
  'a middle axis broadcast in rank 4': () =>
    spoiled(
      ({ primitive, outputs: [o] }) => primitive.name === 'broadcast' && (o?.shape.length ?? 0) >= 4,
      (y) => void y.data.sort(),
    ),
  'a sum along two axes that are not neighbours': () =>
    spoiled(
      ({ primitive, attributes }) => {
        const axes = numbers(attributes['axes']);
        return primitive.name === 'sum' && axes.length === 2 && Math.abs((axes[0] ?? 0) - (axes[1] ?? 0)) > 1;
      },
      (y) => void y.data.reverse(),
    ),
  'bytes counted past 255': () =>
    spoiled(named('iota'), (y) => {
      if (y.dtype === 'uint8') each((v) => v)(y, []);
      if (y.dtype === 'uint8' && y.data.length > 256) y.data.fill(255, 256);
    }),
  'a bool of iota that is 2': () =>
    spoiled(
      named('greater', 'less', 'equal', 'not'),
      each((y) => y * 2),
    ),
  'the second word of random bits': () =>
    compiling(({ primitive, attributes }) =>
      primitive.name === 'threefry' ? { attributes: { ...attributes, word: 0 } } : {},
    ),
  'an inner extent of 33 and more is cut in a product': () =>
    spoiled(named('contract'), (y, [a]) => {
      if ((a?.shape.at(-1) ?? 0) > 32) each((v) => v * 0.99)(y, []);
    }),
  'a product of 17 rows': () =>
    spoiled(named('contract'), (y) => {
      if (y.shape.at(-2) === 17) y.data[y.data.length - 1] = 0;
    }),
  'batches of products beyond the second': () =>
    spoiled(named('contract'), (y) => {
      if (y.shape.length > 2 && (y.shape.at(-3) ?? 0) > 2)
        y.data.fill(0, Math.floor((y.data.length * 2) / 3));
    }),
  'halves are rounded away from 0': () =>
    spoiled(named('round'), (y, inputs) => {
      if (y.dtype !== 'int32')
        each((v, x) => (Math.abs(x % 1) === 0.5 ? Math.sign(x) * Math.ceil(Math.abs(x)) : v))(y, inputs);
    }),
  'NaN equals itself': () =>
    spoiled(
      named('equal'),
      each((y, a, b) => (Number.isNaN(a) && Number.isNaN(b) ? 1 : y)),
    ),
  'remainders of the sign of the first': () =>
    spoiled(named('mod'), (y, inputs) => each((v, a, b) => (b === 0 ? v : a % b))(y, inputs)),
  'float64 by way of float32': () =>
    spoiled(
      ({ outputs: [o] }) => o?.dtype === 'float64',
      each((y) => Math.fround(y)),
    ),
  'float32 tiny numbers are 0': () =>
    spoiled(
      ({ outputs: [o] }) => o?.dtype === 'float32',
      each((y) => (Math.abs(y) < 2 ** -126 ? 0 : y)),
    ),
  'a select of one Value twice': () =>
    spoiled(
      ({ primitive, inputs: [, a, b] }) => primitive.name === 'select' && a === b,
      each(() => 0),
    ),
};

// Convolutions with a vjp by hand, each with a mistake that is easily made; the right one, by the same hand, passes.
import {
  concatenate,
  convolution,
  convolutionTranspose,
  defineNode,
  flip,
  pad,
  slice,
  swapAxes,
  type Value,
} from '@pullback/core';
import { conformNode } from '@pullback/testing';
import type { Examined } from './made-of.ts';

interface Conv {
  readonly strides?: number;
  readonly padding?: readonly [number, number];
  readonly groups?: number;
}

/** The gradients at x [n, length, channels] and at the kernel [size, channels of a group, outputs]. */
type Vjp = (g: Value, x: Value, kernel: Value) => readonly [Value, Value];

const optionsOf = ({ strides = 1, padding = [0, 0], groups = 1 }: Conv) => ({
  strides,
  padding: [padding],
  groups,
});

/** sum over n, o of x[n, o s + k, c] g[n, o, d]: samples become channels, g a kernel whose places lie s apart. */
function byKernel(g: Value, x: Value, kernel: Value, { strides = 1, padding = [0, 0] }: Conv): Value {
  const wide = pad(x, { low: [0, padding[0]], high: [0, padding[1]] });
  const slopes = swapAxes(convolution(swapAxes(wide, 0, 2), swapAxes(g, 0, 1), { dilation: strides }), 0, 1);
  return slice(slopes, [0], [kernel.shape[0] ?? 0]);
}

const right =
  (conv: Conv): Vjp =>
  (g, x, kernel) => [
    convolutionTranspose(g, kernel, { ...optionsOf(conv), extents: [x.shape[1] ?? 0] }),
    byKernel(g, x, kernel, conv),
  ];

function examined(conv: Conv, vjp: Vjp, channels = 2, outputs = 2): ReturnType<Examined> {
  const node = defineNode('convolved', {
    forward: (x: Value, kernel: Value) => convolution(x, kernel, optionsOf(conv)),
    vjp: (g, { inputs: [x, kernel] }) => vjp(g, x, kernel),
  });
  return conformNode((x, kernel) => node(x as Value, kernel as Value), {
    name: 'convolved',
    shapes: (a) => [
      [1, a + 3, channels],
      [2, channels / (conv.groups ?? 1), outputs],
    ],
    empty: false,
  });
}

const plain: Conv = {};
const padded: Conv = { padding: [1, 0] };
const stepped: Conv = { strides: 2, padding: [1, 0] };

export const rightConvolutions: Record<string, Examined> = {
  'a convolution by hand, with steps and padding': () => examined(stepped, right(stepped), 1, 1),
};

export const wrongConvolutions: Record<string, Examined> = {
  'a kernel that is flipped in the gradient at x': () =>
    examined(plain, (g, x, kernel) => {
      const [, slopes] = right(plain)(g, x, kernel);
      return [right(plain)(g, x, flip(kernel, 0))[0], slopes];
    }),
  'a kernel whose gradient is flipped': () =>
    examined(plain, (g, x, kernel) => {
      const [atX, slopes] = right(plain)(g, x, kernel);
      return [atX, flip(slopes, 0)];
    }),
  'padding on the other side in the gradient at x': () =>
    examined(padded, (g, x, kernel) => [
      right({ padding: [0, 1] })(g, x, kernel)[0],
      right(padded)(g, x, kernel)[1],
    ]),
  'padding that is off by one in the gradient at the kernel': () =>
    examined(padded, (g, x, kernel) => [
      right(padded)(g, x, kernel)[0],
      byKernel(g, x, kernel, { padding: [0, 1] }),
    ]),
  'steps that are forgotten in the gradient at the kernel': () =>
    examined(stepped, (g, x, kernel) => [
      right(stepped)(g, x, kernel)[0],
      byKernel(g, x, kernel, { ...stepped, strides: 1 }),
    ]),
  'groups whose gradients are exchanged': () => {
    const grouped: Conv = { groups: 2 };
    const exchanged = (x: Value): Value => flip(x, -1);
    return examined(grouped, (g, x, kernel) => {
      const options = { ...optionsOf(grouped), extents: [x.shape[1] ?? 0] };
      // One channel a group: every group is a convolution of its own.
      const of = (i: number, v: Value) => slice(v, [0, 0, i], [v.shape[0] ?? 0, v.shape[1] ?? 0, i + 1]);
      const each = [0, 1].map((i) => byKernel(of(i, g), of(i, x), kernel, plain));
      return [exchanged(convolutionTranspose(g, kernel, options)), concatenate(each)];
    });
  },
};

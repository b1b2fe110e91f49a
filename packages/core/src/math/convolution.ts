import { ShapeError } from '../errors.ts';
import { apply } from '../graph/apply.ts';
import type { Value } from '../graph/value.ts';
import { mul } from '../ops/arithmetic.ts';
import { sum } from '../ops/broadcast-sum.ts';
import { contract } from '../ops/contract.ts';
import { flip } from '../ops/flip.ts';
import { expandDims, reshape } from '../ops/reshape.ts';
import { transpose } from '../ops/transpose.ts';
import {
  countsField,
  type Padding,
  padded,
  paddingField,
  type Windowing,
  windowCounts,
  windowing,
} from '../ops/windowing.ts';
import { windowsAlong } from '../ops/windows.ts';
import { checkOptions } from '../options/check-options.ts';
import { type FieldsOf, list, oneOf, whole } from '../options/field.ts';
import { formatShape, type Shape, sameShape } from '../tensors/shape.ts';

export interface ConvolutionOptions {
  /** Places from one window to the next, for all spatial axes or for each; 1 when left out. */
  readonly strides?: number | readonly number[];
  /** Places from one element of a window to the next; 1 when left out. */
  readonly dilation?: number | readonly number[];
  /** 'valid' when left out; 'same' makes the result ceil(extent / stride) long. */
  readonly padding?: Padding;
  /** Into how many parts channels are cut, each convolved with a part of the kernel; 1 when left out. */
  readonly groups?: number;
  /**
   * Where channels stand: 'last' when left out. 'first' is x [...batch, channels, ...spatial] with kernel [outputs, channels / groups, ...size],
   * the layout of ONNX and of PyTorch.
   */
  readonly channels?: 'first' | 'last';
}

export interface ConvolutionTransposeOptions extends ConvolutionOptions {
  /** The spatial extents of the result; when left out extent stride for 'same', and as few as there may be else. */
  readonly extents?: readonly number[];
}

const fields = {
  strides: countsField,
  dilation: countsField,
  padding: paddingField,
  groups: whole({ from: 1 }),
  channels: oneOf<'first' | 'last'>('first', 'last'),
} satisfies FieldsOf<ConvolutionOptions>;
const transposeFields = {
  ...fields,
  extents: list(whole({ from: 1 })),
} satisfies FieldsOf<ConvolutionTransposeOptions>;

/**
 * The shapes of x [...batch, ...extents, groups inputs], kernel [...size, inputs, groups outputs] and y [...batch, ...counts, groups outputs]. Channels
 * first, these are [...batch, groups inputs, ...extents], [groups outputs, inputs, ...size] and [...batch, groups outputs, ...counts].
 */
interface Form extends Windowing {
  readonly batch: Shape;
  readonly extents: Shape;
  readonly counts: Shape;
  readonly groups: number;
  /** Channels of a group. */
  readonly inputs: number;
  readonly outputs: number;
  readonly channels: 'first' | 'last';
}

// sum over n, o, k, c, d of x[n, o s + k r - low, c] w[k, c, d] g[n, o, d] is linear in each of the three. Its derivatives by g, x and w are the
// convolution and both of its transposes, so each one's vjp is made of the other two.                                                     (4.1)

/**
 * The convolution of `x` [...batch, ...spatial, channels] with `kernel` [...size, channels / groups, outputs]:
 * `y[n, o, d] = sum over k, c of x[n, o strides + k dilation - before, c] kernel[k, c, d]`. As in other libraries of this field the kernel is not flipped. The kernel has two axes more than
 * there are spatial ones.
 * @throws ShapeError, DTypeError, OptionError
 */
export function convolution(x: Value, kernel: Value, options: ConvolutionOptions = {}): Value {
  const {
    strides = 1,
    groups = 1,
    channels = 'last',
    ...given
  } = checkOptions('convolution', options, fields);
  const { rank, size, inputs, all } = kernelShape(kernel, channels);
  const { batch, spatial: extents, width } = imageShape(x, rank, channels);
  if (x.shape.length <= rank || width !== inputs * groups)
    throw misfit(x, kernel, { width: inputs * groups, rank, groups, channels });
  checkGroups(all, groups, kernel);
  const along = windowing({ ...given, extents, size, step: strides });
  const counts = windowCounts(extents, along);
  const form = { ...along, batch, extents, counts, groups, inputs, outputs: all / groups, channels };
  return ahead(form, x, kernel);
}

/**
 * The transpose of `convolution` with the same kernel and options, by its input: `y` [...batch, ...counts, outputs] becomes
 * [...batch, ...extents, channels]. Each element is spread over the places that its window was read from.
 * @throws ShapeError, DTypeError, OptionError
 */
export function convolutionTranspose(
  y: Value,
  kernel: Value,
  options: ConvolutionTransposeOptions = {},
): Value {
  const checked = checkOptions('convolutionTranspose', options, transposeFields);
  const { strides = 1, groups = 1, dilation = 1, padding = 'valid', channels = 'last' } = checked;
  const { rank, size, inputs, all } = kernelShape(kernel, channels);
  const { batch, spatial: counts, width } = imageShape(y, rank, channels);
  if (y.shape.length <= rank || width !== all)
    throw misfit(y, kernel, { width: all, rank, groups, channels });
  checkGroups(all, groups, kernel);
  const { step, dilation: spread } = windowing({ extents: counts, size, step: strides, dilation });
  const least = counts.map((count, i) => {
    if (padding === 'same') return count * (step[i] ?? 1);
    const [before, after] = padding === 'valid' ? [0, 0] : (padding[i] ?? [0, 0]);
    return (count - 1) * (step[i] ?? 1) + ((size[i] ?? 1) - 1) * (spread[i] ?? 1) + 1 - before - after;
  });
  const extents = checked.extents ?? least;
  const along = windowing({ extents, size, step, dilation: spread, padding });
  const made = windowCounts(extents, along);
  if (!sameShape(made, counts))
    throw new ShapeError({
      got: `extents ${formatShape(extents)} for ${formatShape(y.shape)}`,
      expected: `spatial extents whose windows are ${formatShape(counts)}, such as ${formatShape(least)}`,
    });
  const form = { ...along, batch, extents, counts, groups, inputs, outputs: all / groups, channels };
  return back(form, kernel, y);
}

function ahead(form: Form, x: Value, kernel: Value): Value {
  return apply<readonly [Value, Value]>(
    {
      kind: 'composite',
      name: 'convolution',
      forward: (a, w) => together(form, windowsOf(form, a), kernelOf(form, w), 'y'),
      vjp: (gradient, { inputs: [a, w] }) => [back(form, w, gradient), across(form, a, gradient)],
    },
    x,
    kernel,
  );
}

function back(form: Form, kernel: Value, y: Value): Value {
  return apply<readonly [Value, Value]>(
    {
      kind: 'composite',
      name: 'convolutionTranspose',
      forward: (w, g) => {
        const first = form.channels === 'first' ? 2 : 0;
        const turned = form.size.reduce((now, _, axis) => flip(now, first + axis), w);
        return together(form, spreadWindows(form, g), kernelOf(form, turned), 'x');
      },
      vjp: (gradient, { inputs: [w, g] }) => [across(form, gradient, g), ahead(form, gradient, w)],
    },
    kernel,
    y,
  );
}

function across(form: Form, x: Value, y: Value): Value {
  return apply<readonly [Value, Value]>(
    {
      kind: 'composite',
      name: 'convolutionByKernel',
      forward: (a, g) => together(form, windowsOf(form, a), partsOf(form, g), 'kernel'),
      vjp: (gradient, { inputs: [a, g] }) => [back(form, gradient, g), ahead(form, a, gradient)],
    },
    x,
    y,
  );
}

/** A Value, and what each of its axes is: labels of a contraction. */
interface Labelled {
  readonly value: Value;
  readonly labels: readonly number[];
}

/** Labels: batch, places of windows, places within a window, groups, and the channels of a group on both sides. */
function labelsOf({ batch, size, groups, channels }: Form) {
  const run = (from: number, n: number) => Array.from({ length: n }, (_, i) => from + i);
  const [at, rank] = [batch.length, size.length];
  const [samples, places, within] = [run(0, at), run(at, rank), run(at + rank, rank)];
  const [group, input, output] = run(at + 2 * rank, 3) as [number, number, number];
  const grouped = groups === 1 ? [] : [group];
  const first = channels === 'first';
  return {
    within,
    input,
    output,
    /** The axes of an image whose channels have that label. */
    image: (channel: number) =>
      first ? [...samples, ...grouped, channel, ...places] : [...samples, ...places, ...grouped, channel],
    kernel: first ? [...grouped, output, input, ...within] : [...within, input, ...grouped, output],
    /** All labels, in an order that those of each result keep. */
    order: first
      ? [...samples, ...grouped, output, input, ...places, ...within]
      : [...samples, ...places, ...within, input, ...grouped, output],
  };
}

/** `x` with its channels as [groups, channels of a group], where there are several groups. */
function inGroups(x: Value, { groups }: Form, axis: number): Value {
  const { shape } = x;
  if (groups === 1) return x;
  return reshape(x, [...shape.slice(0, axis), groups, (shape[axis] ?? 0) / groups, ...shape.slice(axis + 1)]);
}

function channelAxis({ batch, size, channels }: Form): number {
  return channels === 'first' ? batch.length : batch.length + size.length;
}

function spatialAxes({ batch, size, channels }: Form): number[] {
  return size.map((_, i) => batch.length + i + (channels === 'first' ? 1 : 0));
}

/** Windows of an image, whose channels have a label. Channels that are last come behind the places of a window: they are neighbours in memory. */
function labelledWindows(form: Form, windowed: Value, channel: number): Labelled {
  const { image, within } = labelsOf(form);
  const at = channelAxis(form);
  const axes = windowed.shape.map((_, axis) => axis);
  if (form.channels === 'first')
    return { value: inGroups(windowed, form, at), labels: [...image(channel), ...within] };
  const last = transpose(windowed, [...axes.slice(0, at), ...axes.slice(at + 1), at]);
  const own = image(channel);
  return {
    value: inGroups(last, form, axes.length - 1),
    labels: [...own.slice(0, at), ...within, ...own.slice(at)],
  };
}

function windowsOf(form: Form, x: Value): Labelled {
  return labelledWindows(form, windowsAlong(x, spatialAxes(form), form), labelsOf(form).input);
}

/** Of each element of x what reaches it of y, in the order of the kernel turned round. */
function spreadWindows(form: Form, y: Value): Labelled {
  const { size, step, dilation, low, extents, counts } = form;
  const axes = spatialAxes(form);
  const reach = (i: number) => ((size[i] ?? 1) - 1) * (dilation[i] ?? 1);
  const spread = padded(y, axes, {
    between: step.map((s) => s - 1),
    low: low.map((before, i) => reach(i) - before),
    high: low.map((before, i) => (extents[i] ?? 0) + before - (((counts[i] ?? 0) - 1) * (step[i] ?? 1) + 1)),
  });
  const none = size.map(() => 0);
  const all = windowsAlong(spread, axes, { size, step: size.map(() => 1), dilation, low: none, high: none });
  return labelledWindows(form, all, labelsOf(form).output);
}

function partsOf(form: Form, y: Value): Labelled {
  const { image, output } = labelsOf(form);
  return { value: inGroups(y, form, channelAxis(form)), labels: image(output) };
}

function kernelOf(form: Form, kernel: Value): Labelled {
  const axis = form.channels === 'first' ? 0 : kernel.shape.length - 1;
  return { value: inGroups(kernel, form, axis), labels: labelsOf(form).kernel };
}

/** The sum of products as one of the three: y, x or the kernel. */
function together(form: Form, a: Labelled, b: Labelled, wanted: 'x' | 'y' | 'kernel'): Value {
  const { image, input, output, kernel, order } = labelsOf(form);
  const { batch, size, extents, counts, groups, inputs, outputs, channels } = form;
  const first = channels === 'first';
  const shaped = (spatial: Shape, width: number) =>
    first ? [...batch, width, ...spatial] : [...batch, ...spatial, width];
  const [labels, shape] =
    wanted === 'kernel'
      ? [kernel, first ? [groups * outputs, inputs, ...size] : [...size, inputs, groups * outputs]]
      : wanted === 'x'
        ? [image(input), shaped(extents, groups * inputs)]
        : [image(output), shaped(counts, groups * outputs)];
  // Rows of the product are those of the result.
  const [left, right] = first ? [b, a] : [a, b];
  // One channel a group is no product of matrices: every channel has sums of its own.
  const product =
    groups > 1 && inputs === 1
      ? sumOfProducts(a, b, labels, order)
      : contract(left.value, right.value, { a: left.labels, b: right.labels, out: labels });
  return reshape(product, shape);
}

function sumOfProducts(a: Labelled, b: Labelled, out: readonly number[], order: readonly number[]): Value {
  const spread = ({ value, labels }: Labelled): Value => {
    const own = order.filter((label) => labels.includes(label));
    const turned = transpose(
      value,
      own.map((label) => labels.indexOf(label)),
    );
    return order.reduce((now, label, axis) => (labels.includes(label) ? now : expandDims(now, axis)), turned);
  };
  const summed = order.flatMap((label, axis) => (out.includes(label) ? [] : [axis]));
  return sum(mul(spread(a), spread(b)), { axis: summed });
}

function kernelShape(kernel: Value, channels: 'first' | 'last') {
  const { shape } = kernel;
  const rank = shape.length - 2;
  if (rank < 1)
    throw new ShapeError({
      got: `a kernel ${formatShape(shape)}`,
      expected: `a kernel ${channels === 'first' ? '[outputs, channels, ...size]' : '[...size, channels, outputs]'} with at least one spatial axis`,
    });
  if (channels === 'first') return { rank, size: shape.slice(2), inputs: shape[1] ?? 0, all: shape[0] ?? 0 };
  return { rank, size: shape.slice(0, rank), inputs: shape[rank] ?? 0, all: shape[rank + 1] ?? 0 };
}

/** The axes of an image. */
function imageShape({ shape }: Value, rank: number, channels: 'first' | 'last') {
  const batch = shape.slice(0, -1 - rank);
  return channels === 'first'
    ? { batch, spatial: shape.slice(-rank), width: shape.at(-1 - rank) }
    : { batch, spatial: shape.slice(-1 - rank, -1), width: shape.at(-1) };
}

function checkGroups(outputs: number, groups: number, kernel: Value): void {
  if (outputs % groups !== 0)
    throw new ShapeError({
      got: `${outputs} outputs of a kernel ${formatShape(kernel.shape)}`,
      expected: `a multiple of ${groups} groups`,
    });
}

interface Wanted {
  readonly width: number;
  readonly rank: number;
  readonly groups: number;
  readonly channels: 'first' | 'last';
}

/** The error for channels of `x` that are not those of the kernel; it shows both readings where the other layout would fit. */
function misfit(x: Value, kernel: Value, { width, rank, groups, channels }: Wanted): ShapeError {
  const other = channels === 'first' ? 'last' : 'first';
  const [own, turned] = [imageShape(x, rank, channels), imageShape(x, rank, other)];
  const per = groups === 1 ? '' : ` in ${groups} groups`;
  const move = channels === 'first' ? `moveAxis(x, -1, ${-1 - rank})` : `moveAxis(x, ${-1 - rank}, -1)`;
  return new ShapeError({
    got: `${formatShape(x.shape)}, read as spatial extents ${formatShape(own.spatial)} with ${own.width ?? 'no'} channels ${channels}`,
    expected: `${width} channels ${channels} for a kernel ${formatShape(kernel.shape)}${per}`,
    ...(turned.width === width && {
      hint: `Read as channels ${other} it is ${width} channels of ${formatShape(turned.spatial)}: ${move} puts them ${channels}.`,
    }),
  });
}

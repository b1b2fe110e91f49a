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
import { type FieldsOf, list, whole } from '../options/field.ts';
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
} satisfies FieldsOf<ConvolutionOptions>;
const transposeFields = {
  ...fields,
  extents: list(whole({ from: 1 })),
} satisfies FieldsOf<ConvolutionTransposeOptions>;

/** The shapes of x [...batch, ...extents, groups inputs], kernel [...size, inputs, groups outputs] and y [...batch, ...counts, groups outputs]. */
interface Form extends Windowing {
  readonly batch: Shape;
  readonly extents: Shape;
  readonly counts: Shape;
  readonly groups: number;
  /** Channels of a group. */
  readonly inputs: number;
  readonly outputs: number;
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
  const { strides = 1, groups = 1, ...given } = checkOptions('convolution', options, fields);
  const rank = spatialRank(kernel);
  const size = kernel.shape.slice(0, rank);
  const [inputs = 0, all = 0] = kernel.shape.slice(rank);
  const extents = x.shape.slice(-1 - rank, -1);
  if (x.shape.length <= rank || x.shape.at(-1) !== inputs * groups)
    throw misfit(x, kernel, inputs * groups, rank, groups);
  checkGroups(all, groups, kernel);
  const along = windowing({ ...given, extents, size, step: strides });
  const counts = windowCounts(extents, along);
  const batch = x.shape.slice(0, -1 - rank);
  return ahead({ ...along, batch, extents, counts, groups, inputs, outputs: all / groups }, x, kernel);
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
  const { strides = 1, groups = 1, dilation = 1, padding = 'valid' } = checked;
  const rank = spatialRank(kernel);
  const size = kernel.shape.slice(0, rank);
  const [inputs = 0, all = 0] = kernel.shape.slice(rank);
  const counts = y.shape.slice(-1 - rank, -1);
  if (y.shape.length <= rank || y.shape.at(-1) !== all) throw misfit(y, kernel, all, rank, groups);
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
  const batch = y.shape.slice(0, -1 - rank);
  return back({ ...along, batch, extents, counts, groups, inputs, outputs: all / groups }, kernel, y);
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
        const turned = form.size.reduce((now, _, axis) => flip(now, axis), w);
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
function labelsOf({ batch, size, groups }: Form) {
  const run = (from: number, n: number) => Array.from({ length: n }, (_, i) => from + i);
  const [at, rank] = [batch.length, size.length];
  const [group, input, output] = run(at + 2 * rank, 3) as [number, number, number];
  const grouped = groups === 1 ? [] : [group];
  return {
    places: [...run(0, at), ...run(at, rank)],
    within: run(at + rank, rank),
    grouped,
    input,
    output,
  };
}

/** `x` with its channels as [groups, channels of a group], where there are several groups. */
function inGroups(x: Value, { groups }: Form): Value {
  return groups === 1 ? x : reshape(x, [...x.shape.slice(0, -1), groups, (x.shape.at(-1) ?? 0) / groups]);
}

/** Windows [...batch, ...windows, channels, ...size] with channels last, which are neighbours in memory. */
function channelsLast(windowed: Value, form: Form): Value {
  const rank = form.size.length;
  const channel = form.batch.length + rank;
  const axes = windowed.shape.map((_, axis) => axis);
  return transpose(windowed, [...axes.slice(0, channel), ...axes.slice(channel + 1), channel]);
}

function windowsOf(form: Form, x: Value): Labelled {
  const { places, within, grouped, input } = labelsOf(form);
  const axes = form.size.map((_, i) => form.batch.length + i);
  const value = inGroups(channelsLast(windowsAlong(x, axes, form), form), form);
  return { value, labels: [...places, ...within, ...grouped, input] };
}

/** Of each element of x what reaches it of y, in the order of the kernel turned round. */
function spreadWindows(form: Form, y: Value): Labelled {
  const { places, within, grouped, output } = labelsOf(form);
  const { batch, size, step, dilation, low, extents, counts } = form;
  const axes = size.map((_, i) => batch.length + i);
  const reach = (i: number) => ((size[i] ?? 1) - 1) * (dilation[i] ?? 1);
  const spread = padded(y, axes, {
    between: step.map((s) => s - 1),
    low: low.map((before, i) => reach(i) - before),
    high: low.map((before, i) => (extents[i] ?? 0) + before - (((counts[i] ?? 0) - 1) * (step[i] ?? 1) + 1)),
  });
  const none = size.map(() => 0);
  const all = windowsAlong(spread, axes, { size, step: size.map(() => 1), dilation, low: none, high: none });
  const value = inGroups(channelsLast(all, form), form);
  return { value, labels: [...places, ...within, ...grouped, output] };
}

function partsOf(form: Form, y: Value): Labelled {
  const { places, grouped, output } = labelsOf(form);
  return { value: inGroups(y, form), labels: [...places, ...grouped, output] };
}

function kernelOf(form: Form, kernel: Value): Labelled {
  const { within, grouped, input, output } = labelsOf(form);
  return { value: inGroups(kernel, form), labels: [...within, input, ...grouped, output] };
}

/** The sum of products as one of the three: y, x or the kernel. */
function together(form: Form, a: Labelled, b: Labelled, wanted: 'x' | 'y' | 'kernel'): Value {
  const { places, within, grouped, input, output } = labelsOf(form);
  const { batch, size, extents, counts, groups, inputs, outputs } = form;
  const [labels, shape] =
    wanted === 'kernel'
      ? [
          [...within, input, ...grouped, output],
          [...size, inputs, groups * outputs],
        ]
      : wanted === 'x'
        ? [
            [...places, ...grouped, input],
            [...batch, ...extents, groups * inputs],
          ]
        : [
            [...places, ...grouped, output],
            [...batch, ...counts, groups * outputs],
          ];
  // One channel a group is no product of matrices: every channel has sums of its own.
  const product =
    groups > 1 && inputs === 1
      ? sumOfProducts(a, b, labels, [...places, ...within, input, ...grouped, output])
      : contract(a.value, b.value, { a: a.labels, b: b.labels, out: labels });
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

function spatialRank(kernel: Value): number {
  if (kernel.shape.length >= 3) return kernel.shape.length - 2;
  throw new ShapeError({
    got: `a kernel ${formatShape(kernel.shape)}`,
    expected: 'a kernel [...size, channels, outputs] with at least one spatial axis',
  });
}

function checkGroups(outputs: number, groups: number, kernel: Value): void {
  if (outputs % groups !== 0)
    throw new ShapeError({
      got: `${outputs} outputs of a kernel ${formatShape(kernel.shape)}`,
      expected: `a multiple of ${groups} groups`,
    });
}

/** The error for channels of `x` that are not those of the kernel; it shows both readings where the other layout would fit. */
function misfit(x: Value, kernel: Value, channels: number, rank: number, groups: number): ShapeError {
  const first = x.shape.at(-1 - rank);
  const per = groups === 1 ? '' : ` in ${groups} groups`;
  return new ShapeError({
    got: `${formatShape(x.shape)}, read as spatial extents ${formatShape(x.shape.slice(-1 - rank, -1))} with ${x.shape.at(-1) ?? 'no'} channels last`,
    expected: `${channels} channels last for a kernel ${formatShape(kernel.shape)}${per}`,
    ...(first === channels && {
      hint: `Read as channels first it is ${channels} channels of ${formatShape(x.shape.slice(-rank))}: moveAxis(x, ${-1 - rank}, -1) puts them last.`,
    }),
  });
}

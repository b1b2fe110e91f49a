import { recomputed } from '../derive/recomputed.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { copied, outsideOf } from '../graph/copied.ts';
import { within } from '../graph/origin.ts';
import { type Value, vertexCount } from '../graph/value.ts';
import { concatenate } from '../ops/concatenate.ts';
import { literalOf, placeholder } from '../ops/leaves.ts';
import { reshape } from '../ops/reshape.ts';
import { slice } from '../ops/slice-pad.ts';
import { checkOptions } from '../options/check-options.ts';
import { type FieldsOf, flag, whole } from '../options/field.ts';
import { formatShape, sameShape } from '../tensors/shape.ts';
import { repeat } from './repeat.ts';
import type { Step } from './step.ts';
import { arranged, listed, listedAs, type Values } from './trees.ts';

export interface ScanOptions {
  /** How many steps there are; that of the sequences when left out. */
  readonly length?: number;
  /** From the last place to the first; outputs stand where the slices stood from which they were made. False when left out. */
  readonly reverse?: boolean;
  /**
   * So many steps are computed again for the gradient, from the carries before them, instead of being kept: memory for length / checkpoint carries
   * and for as many steps. All are kept when left out.
   */
  readonly checkpoint?: number;
}

const scanFields = {
  length: whole({ from: 0 }),
  reverse: flag(),
  checkpoint: whole({ from: 1 }),
} satisfies FieldsOf<ScanOptions>;

export interface Scanned<C extends Values, O extends Values> {
  /** The carries after the last step. */
  readonly carries: C;
  /** The outputs of all steps along a new first axis, [length, ...]. */
  readonly outputs: O;
}

/**
 * A step for each place along the first axis of `sequences`, one after the other:
 *   carries, outputs_t = step(carries, sequences_t).
 * `step` is called once, and traced: backends run what it built `length` times. Values that it reaches for, such as weights, are the same in every
 * step and get their gradients; a product with one of them that the next carries do not need is one product for all steps, and the gradient of a
 * weight that stands in a product is one as well. Nests, and goes with `gradient` and `vmap`.
 * @param step makes carries of the same shapes and dtypes, in the same structure.
 * @throws ShapeError, OptionError for carries that change, sequences of several lengths or of none.
 */
export function scan<const C extends Values, const S extends Values, const O extends Values>(
  step: (carries: C, slices: S) => { readonly carries: C; readonly outputs: O },
  carries: C,
  sequences: S,
  options: ScanOptions = {},
): Scanned<C, O> {
  const { length: given, reverse = false, checkpoint } = checkOptions('scan', options, scanFields);
  return within('scan', () => {
    const first = listed(carries, 'carries');
    const all = listed(sequences, 'sequences');
    const length = lengthOf(all, given);
    const eldest = vertexCount();
    const inside = {
      carries: first.map(({ spec }, i) => placeholder(spec, `carry${i}`)),
      slices: all.map(({ shape, dtype }, i) => placeholder({ shape: shape.slice(1), dtype }, `slice${i}`)),
    };
    const made = step(arranged(carries, inside.carries), arranged(sequences, inside.slices));
    const next = listedAs(made.carries, carries, 'carries after a step');
    refuseChanged(next, first);
    const outputs = listed(made.outputs, 'outputs of a step');
    const traced = { ...inside, next, outputs };
    const steps = stepsOf(traced, eldest);
    const chunk = checkpoint === undefined || checkpoint >= length ? undefined : checkpoint;
    const { finals, stacks } =
      chunk === undefined
        ? steps(first, all, { length, reverse })
        : inChunks(steps, first, all, { length, reverse, chunk });
    return { carries: arranged(carries, finals), outputs: arranged(made.outputs, stacks) };
  });
}

interface Order {
  readonly length: number;
  readonly reverse: boolean;
}

interface Made {
  readonly finals: readonly Value[];
  readonly stacks: readonly Value[];
}

type Steps = (carries: readonly Value[], sequences: readonly Value[], order: Order) => Made;

/** The traced step, as a function of its operands. Values that it reaches for are given to it in placeholders of its own. */
function stepsOf(
  { carries, slices, next, outputs }: Omit<Step, 'captured'> & { readonly outputs: readonly Value[] },
  eldest: number,
): Steps {
  const made = [...next, ...outputs];
  // A number that was written in an expression is one inside as well; at any other Value a gradient may be asked for.
  const outside = outsideOf(made, new Set([...carries, ...slices]), eldest).filter(
    (value) => literalOf(value) === undefined,
  );
  const captured = outside.map(({ spec }, i) => placeholder(spec, `captured${i}`));
  const inner = copied(made, outside, captured);
  const step = { captured, carries, slices, next: inner.slice(0, next.length) };
  const asked = inner.slice(next.length);
  return (first, sequences, order) =>
    repeat({ step, operands: { captured: outside, carries: first, sequences }, asked }, order);
}

/** A scan over chunks of steps, each of which is computed again for its gradient; what is left over comes last. */
function inChunks(
  steps: Steps,
  first: readonly Value[],
  sequences: readonly Value[],
  { length, reverse, chunk }: Order & { readonly chunk: number },
): Made {
  const chunks = Math.floor(length / chunk);
  const rest = length - chunks * chunk;
  const part = (from: number, to: number) => sequences.map((x) => slice(x, [from], [to]));
  const [whole, left] = reverse
    ? [part(rest, length), part(0, rest)]
    : [part(0, length - rest), part(length - rest, length)];
  const run = (carries: readonly Value[], slices: readonly Value[], count: number): Made => {
    const made = recomputed(
      (...given: readonly Value[]) => {
        const own = steps(given.slice(0, carries.length), given.slice(carries.length), {
          length: count,
          reverse,
        });
        return [...own.finals, ...own.stacks];
      },
      ...carries,
      ...slices,
    );
    return { finals: made.slice(0, carries.length), stacks: made.slice(carries.length) };
  };
  const { carries, outputs } = scan(
    (now: readonly Value[], slices: readonly Value[]) => {
      const made = run(now, slices, chunk);
      return { carries: made.finals, outputs: made.stacks };
    },
    first,
    whole.map((x) => reshape(x, [chunks, chunk, ...x.shape.slice(1)])),
    { length: chunks, reverse },
  );
  const stacks = outputs.map((x) => reshape(x, [chunks * chunk, ...x.shape.slice(2)]));
  if (rest === 0) return { finals: carries, stacks };
  const last = run(carries, left, rest);
  return {
    finals: last.finals,
    stacks: stacks.map((stack, i) => {
      const other = last.stacks[i] ?? stack;
      return concatenate(reverse ? [other, stack] : [stack, other], { axis: 0 });
    }),
  };
}

/** How many steps there are. @throws ShapeError, OptionError */
function lengthOf(sequences: readonly Value[], given: number | undefined): number {
  const lengths = sequences.map(({ shape }) => shape[0]);
  const length = given ?? lengths[0];
  if (length === undefined)
    throw lengths.length === 0
      ? new OptionError({ got: 'a scan over no sequences', expected: 'sequences, or a length' })
      : new ShapeError({ got: 'a sequence without axes', expected: 'sequences, [length, ...]' });
  if (lengths.some((own) => own !== length))
    throw new ShapeError({
      got: `sequences ${sequences.map(({ shape }) => formatShape(shape)).join(' and ')}${given === undefined ? '' : ` for ${given} steps`}`,
      expected: 'one place a step along the first axis of each',
    });
  return length;
}

function refuseChanged(next: readonly Value[], carries: readonly Value[]): void {
  carries.forEach(({ shape, dtype }, i) => {
    const made = next[i];
    if (made === undefined || (made.dtype === dtype && sameShape(made.shape, shape))) return;
    throw new ShapeError({
      got: `carry ${i} as ${made.dtype}${formatShape(made.shape)} after a step`,
      expected: `${dtype}${formatShape(shape)}, as before it`,
    });
  });
}

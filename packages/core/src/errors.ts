import { whereabouts } from './graph/origin.ts';
import { meant } from './options/meant.ts';

/** An error's parts: what was got, what was expected, where in the model, and what to do. */
export interface Complaint {
  readonly got: string;
  readonly expected?: string;
  readonly hint?: string;
  /** The path in the model; where the graph is being built when it is left out. */
  readonly at?: string;
}

/** The root of every error that Pullback raises on purpose. */
export class PullbackError extends Error {
  readonly got: string;
  readonly expected: string | undefined;
  readonly at: string;
  readonly hint: string | undefined;

  constructor(complaint: Complaint | string) {
    const { got, expected, hint, at } = typeof complaint === 'string' ? { got: complaint } : complaint;
    const path = at ?? whereabouts();
    const lines = [
      expected === undefined ? cut(got, 1000) : `expected ${cut(expected, 500)}, got ${cut(got, 500)}`,
      path === '' ? undefined : `at '${cut(path, 200)}'`,
      hint && cut(hint, 700),
    ];
    super(lines.filter((line) => line !== undefined).join('\n  '));
    this.name = new.target.name;
    this.got = got;
    this.expected = expected;
    this.at = path;
    this.hint = hint;
  }
}

/** A message is read by people: a list of thousands of names is left off where it has said enough. */
function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 3)}...` : text;
}

/** Shapes that do not fit together. */
export class ShapeError extends PullbackError {}

/** An element type that an operation does not take, or two that differ: nothing is promoted silently. */
export class DTypeError extends PullbackError {}

/** A node used a Value that it was not given: its gradient would be lost in silence. */
export class CapturedValueError extends PullbackError {}

/** A node that was declared elementwise mixes components, so J is not diagonal and (3.2) does not hold. */
export class NotElementwiseError extends PullbackError {}

/** A vjp returned the wrong number, shape or dtype of gradients. */
export class VjpError extends PullbackError {}

/** A node or layer that is applied inside itself without end. */
export class CycleError extends PullbackError {}

/** Data that cannot be used: empty, of the wrong shape, a label out of range, a batch larger than the data. */
export class DataError extends PullbackError {}

/** An option outside of its range. */
export class OptionError extends PullbackError {}

/** Something that a backend or a node cannot do; it says who can. */
export class UnsupportedError extends PullbackError {}

/** A NaN or an infinity, with the first node that made it. */
export class NonFiniteError extends PullbackError {}

/** A file that is damaged, or no checkpoint of this model. */
export class CheckpointError extends PullbackError {}

/** Something that has to wait until what goes on has ended, such as a second fit of one model. */
export class BusyError extends PullbackError {}

/** One of several processes that train together: it is lost, or has other numbers than the rest. */
export class RankError extends PullbackError {}

/** Use of something that was disposed. */
export class DisposedError extends PullbackError {}

/** Two copies of a package in one application: what one made is given to the other, which cannot use it. */
export class TwoCopiesError extends PullbackError {}

/** A fault of Pullback, not of its use: its own steps do not fit together. */
export class InternalError extends PullbackError {
  constructor(complaint: Omit<Complaint, 'hint'>) {
    super({ hint: 'This is a fault of Pullback: please report it with what you compiled.', ...complaint });
  }
}

/** A name that nothing is bound to; lists what is bound and the one that was meant. */
export class UnknownNameError extends PullbackError {
  constructor(kind: string, name: string, known: Iterable<string>, at?: string) {
    const names = [...known].sort();
    const near = meant(name, names);
    super({
      got: `no ${kind} is called '${name}'.${near === undefined ? '' : ` Did you mean '${near}'?`}`,
      hint: `Bound: ${names.length === 0 ? 'none' : names.join(', ')} (${names.length}).`,
      ...(at === undefined ? {} : { at }),
    });
  }
}

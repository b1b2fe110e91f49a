import {
  BusyError,
  CapturedValueError,
  CheckpointError,
  type Complaint,
  CycleError,
  DataError,
  DisposedError,
  DTypeError,
  InternalError,
  NonFiniteError,
  NotElementwiseError,
  OptionError,
  PullbackError,
  ShapeError,
  TwoCopiesError,
  UnknownNameError,
  UnsupportedError,
  VjpError,
} from '@pullback/core';

/** An error as it is sent. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly complaint: Complaint | undefined;
}

/** Classes by name: what was thrown in a worker is caught as the same class outside of it. */
const classes: ReadonlyMap<string, new (...given: never[]) => PullbackError> = new Map(
  Object.entries({
    BusyError,
    CapturedValueError,
    CheckpointError,
    CycleError,
    DataError,
    DisposedError,
    DTypeError,
    InternalError,
    NonFiniteError,
    NotElementwiseError,
    OptionError,
    ShapeError,
    TwoCopiesError,
    UnknownNameError,
    UnsupportedError,
    VjpError,
  }),
);

export function failureOf(thrown: unknown): Failure {
  if (!(thrown instanceof Error))
    return { name: 'Error', message: String(thrown), stack: undefined, complaint: undefined };
  const { name, message, stack } = thrown;
  if (!(thrown instanceof PullbackError)) return { name, message, stack, complaint: undefined };
  const { got, expected, at, hint } = thrown;
  const complaint = {
    got,
    at,
    ...(expected !== undefined && { expected }),
    ...(hint !== undefined && { hint }),
  };
  return { name, message, stack, complaint };
}

/** The error itself, with the stack that it has in the worker. */
export function errorOf({ name, message, stack, complaint }: Failure): Error {
  // Each class by what it tells: some are made of other things.
  const error: Error =
    complaint === undefined
      ? new Error(message)
      : Reflect.construct(PullbackError, [complaint], classes.get(name) ?? PullbackError);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}

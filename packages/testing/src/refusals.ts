import { formatShape, PullbackError, type Shape } from '@pullback/core';
import { ConformanceError } from './case.ts';

/**
 * That `run` refuses inputs of these shapes, with an error that says what it got and what it expected.
 * @throws ConformanceError
 */
export function refused(what: string, shapes: readonly Shape[], run: () => unknown): void {
  const given = shapes.map(formatShape).join(' and ');
  try {
    run();
  } catch (error) {
    examineError(what, shapes, error);
    return;
  }
  throw new ConformanceError({
    what: `${what} takes ${given}`,
    got: 'no error',
    expected: 'a ShapeError or another PullbackError',
  });
}

/**
 * That an error for wrong shapes is ours, and of use.
 * @throws ConformanceError
 */
export function examineError(what: string, shapes: readonly Shape[], error: unknown): void {
  const given = shapes.map(formatShape).join(' and ');
  if (error instanceof ConformanceError) throw error;
  if (!(error instanceof PullbackError))
    throw new ConformanceError({
      what: `${what} of ${given}`,
      got: String(error),
      expected: 'a PullbackError, as ShapeError is, that says what was got and expected',
    });
  const told = shapes.some((shape) => shape.length === 0 || error.message.includes(String(shape.at(-1))));
  if (error.expected === undefined || !told)
    throw new ConformanceError({
      what: `the error of ${what} of ${given}`,
      got: error.message,
      expected: 'one that says what was got and expected',
    });
}

import { OptionError } from '@pullback/core';

/** Refuses numbers outside of [from, below). */
export function checkRange(what: string, value: number, from: number, below: number): void {
  if (!(value >= from && value < below))
    throw new OptionError({ got: `${what} ${value}`, expected: `a number from ${from} to below ${below}` });
}

import { less, select, type Value } from '@pullback/core';

/** x, and `least` where it is below: where the other factor has come to 0, it is not multiplied by an infinity. */
export const notBelow = (x: Value, least: number): Value => select(less(x, least), least, x);

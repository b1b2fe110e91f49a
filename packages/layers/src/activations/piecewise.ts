import { add, clip, defineActivation, mul } from '@pullback/core';
import { notBelow } from './not-below.ts';

/** x/6 + 1/2 kept within [0, 1]: straight from -3 to 3. Source: Howard et al. 2019. */
export const hardSigmoid = defineActivation('hardSigmoid', (x) => clip(add(mul(x, 1 / 6), 0.5), 0, 1));

/** x kept within [-1, 1]; at the two kinks the derivative is 1/2, as ties share. */
export const hardTanh = defineActivation('hardTanh', (x) => clip(x, -1, 1));

/** x hardSigmoid(x): 0 up to -3, x from 3 on. Source: Howard et al. 2019. */
export const hardSwish = defineActivation('hardSwish', (x) =>
  mul(notBelow(x, -3), clip(add(mul(x, 1 / 6), 0.5), 0, 1)),
);

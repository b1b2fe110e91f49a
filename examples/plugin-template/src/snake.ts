import { add, defineActivationWith, div, mul, OptionError, sin, square } from 'pullback';

/**
 * x + sin^2(a x) / a: near the identity, with a period, so that what repeats can be learned. f'(x) = 1 + sin(2 a x), which the chain
 * rule finds by itself; written down it is one sine instead of three products.
 * Source: Ziyin, Hartwig and Ueda 2020, (3).
 * @throws OptionError for a frequency that is not above 0.
 */
export const snake = defineActivationWith('snake', { frequency: 1 }, ({ frequency }) => {
  if (!(frequency > 0))
    throw new OptionError({ got: `a frequency of ${frequency} for snake`, expected: 'a number above 0' });
  return {
    forward: (x) => add(x, div(square(sin(mul(x, frequency))), frequency)),
    vjp: (gradient, { input: x }) => mul(gradient, add(sin(mul(x, 2 * frequency)), 1)),
  };
});

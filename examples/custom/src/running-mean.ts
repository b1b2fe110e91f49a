import { add, defineLayer, filled, mean, mul, sub, type Value } from 'pullback';

// #region state
/** x without its running mean: a layer with a state, which is kept between steps, saved and moved, and never trained. */
export const centered = (momentum = 0.9) =>
  defineLayer('centered', (scope, x: Value) => {
    const { value: running, set } = scope.state('mean', x.shape.slice(1), filled(0));
    if (!scope.training) return sub(x, running);
    const batch = mean(x, { axis: 0 });
    set(add(mul(running, momentum), mul(batch, 1 - momentum)));
    return sub(x, batch);
  });
// #endregion

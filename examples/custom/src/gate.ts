import {
  add,
  filled,
  glorotUniform,
  type Layer,
  lastOf,
  matmul,
  OptionError,
  type Scope,
  sigmoid,
  type Value,
} from 'pullback';

// #region layer
/** sigmoid(X W + b): a layer with weights of its own. */
export class Gate implements Layer<readonly [Value]> {
  readonly name = 'gate';

  constructor(readonly units: number) {
    if (!Number.isInteger(units) || units < 1)
      throw new OptionError({ got: `${units} units for gate`, expected: 'a whole number from 1 up' });
  }

  forward(scope: Scope, x: Value): Value {
    const kernel = scope.parameter('kernel', [lastOf(x.shape), this.units], glorotUniform());
    const bias = scope.parameter('bias', [this.units], filled(0));
    return sigmoid(add(matmul(x, kernel), bias));
  }
}
// #endregion

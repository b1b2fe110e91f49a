import { constant, evaluate, type Shape, sizeOf, type Tensor, type Value } from '@pullback/core';
import { ConformanceError } from './case.ts';
import { type AnyLayer, listed, runUse, settled, useOf } from './layer-use.ts';
import { near } from './numbers.ts';
import { placeOf } from './numbers-as-text.ts';
import { type Setting, testScope } from './test-scope.ts';

/** Which place of its sequence element `k` of [n, t, ...] belongs to. */
function stepOf(k: number, [, t = 1, ...rest]: Shape): number {
  return Math.floor(k / Math.max(1, sizeOf(rest))) % t;
}

/** That a place depends on none after it, and on itself. @throws ConformanceError */
export function examineCausality(
  make: () => AnyLayer,
  shapes: readonly Shape[],
  inputs: readonly Float64Array[],
  setting: Setting,
): void {
  const run = runUse(useOf(make(), shapes, setting));
  const [shape = []] = shapes;
  const before = run({ inputs });
  for (let place = 0; place < (shape[1] ?? 0); place++) {
    const after = run({
      inputs: inputs.map((own, i) =>
        i === 0 ? own.map((x, k) => (stepOf(k, shape) === place ? moved(x) : x)) : own,
      ),
    });
    before.forEach(({ data, shape: of }, o) => {
      const changed = Array.from(data, (y, k) => !Object.is(y, after[o]?.data[k]));
      const early = changed.findIndex((is, k) => is && stepOf(k, of) < place);
      if (early >= 0)
        throw new ConformanceError({
          what: `output ${placeOf(early, of)} depends on place ${place} of its sequence, which comes later`,
          got: String(after[o]?.data[early]),
          expected: `${data[early]}, as before that place was changed`,
        });
      if (!changed.some((is, k) => is && stepOf(k, of) === place))
        throw new ConformanceError({
          what: `the output at place ${place} does not depend on the input there`,
          got: 'the same numbers after it was changed',
          expected: 'other ones',
        });
    });
  }
}

/** Another number: a whole one stays one, below 1 as above. */
function moved(x: number): number {
  return Number.isInteger(x) && x >= 1 ? x - 1 : x + 1;
}

/** That places that come some at a time give what they give at once, whatever came before the first. @throws ConformanceError */
export function examineDecoding(
  make: () => AnyLayer,
  [shape = []]: readonly Shape[],
  [numbers = new Float64Array()]: readonly Float64Array[],
  setting: Setting,
): void {
  const [, t = 0] = shape;
  const [whole] = runUse(useOf(make(), [shape], setting))({ inputs: [numbers] });
  if (whole === undefined) return;
  const at = (from: number, to: number): Float64Array =>
    numbers.filter((_, k) => stepOf(k, shape) >= from && stepOf(k, shape) < to);
  for (const size of [1, 2]) {
    const kept = new Map<string, Tensor>();
    for (let from = 0; from < t; from += size) {
      const to = Math.min(t, from + size);
      const chunk = { shape: shape.map((extent, i) => (i === 1 ? to - from : extent)), data: at(from, to) };
      const made = stepAt(make(), constant(chunk, { dtype: setting.dtype }), {
        from,
        capacity: t,
        kept,
        setting,
      });
      const wanted = whole.data.filter(
        (_, k) => stepOf(k, whole.shape) >= from && stepOf(k, whole.shape) < to,
      );
      made.data.forEach((y, k) => {
        if (near(y, wanted[k] ?? Number.NaN, 1e-9)) return;
        throw new ConformanceError({
          what: `places that come ${size} at a time, from place ${from} on: number ${k} of the output`,
          got: String(y),
          expected: `${wanted[k]}, as when all come at once`,
        });
      });
    }
  }
}

interface Step {
  readonly from: number;
  readonly capacity: number;
  readonly kept: Map<string, Tensor>;
  readonly setting: Setting;
}

/** The output for new places; what the layer keeps is put into `kept`. */
function stepAt(layer: AnyLayer, x: Value, { from, capacity, kept, setting }: Step): Tensor {
  const sets = new Map<string, Value>();
  let asked = 0;
  const { scope } = testScope(setting, {
    step: constant(0, { dtype: 'int32' }),
    value: ({ shape }) => constant({ shape, data: settled({ shape }, asked++) }, { dtype: setting.dtype }),
    decoding: (path) => ({
      position: constant(from, { dtype: 'int32' }),
      capacity,
      cache: (name, shape) => {
        const key = `${path}/${name}`;
        const held = kept.get(key) ?? { shape, data: new Float64Array(sizeOf(shape)) };
        return {
          value: constant({ shape, data: Float64Array.from(held.data) }, { dtype: setting.dtype }),
          set: (next) => void sets.set(key, next),
        };
      },
    }),
  });
  const [output = x] = listed(layer.forward(scope, x));
  const [made, ...states] = evaluate([output, ...sets.values()]);
  [...sets.keys()].forEach((key, i) => {
    const state = states[i];
    if (state !== undefined) kept.set(key, state);
  });
  return made ?? { shape: [], dtype: setting.dtype, data: new Float64Array() };
}

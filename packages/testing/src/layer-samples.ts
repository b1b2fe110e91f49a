import { type Layout, type Shape, sizeOf, type Tensor } from '@pullback/core';
import { ConformanceError } from './case.ts';
import { type AnyLayer, runUse, useOf, wishes } from './layer-use.ts';
import { near } from './numbers.ts';
import { nested, placeOf } from './numbers-as-text.ts';
import type { Setting } from './test-scope.ts';

/** Which sample element `k` of a batch belongs to. */
function sampleOf(k: number, shape: Shape, layout: Layout): number {
  const count = countOf(shape, layout);
  return layout === 'row' ? Math.floor(k / Math.max(1, sizeOf(shape) / Math.max(1, count))) : k % count;
}

function countOf(shape: Shape, layout: Layout): number {
  return shape.at(layout === 'row' ? 0 : -1) ?? 0;
}

/** The numbers of one sample of a batch. */
function only(numbers: ArrayLike<number>, sample: number, shape: Shape, layout: Layout): Float64Array {
  return Float64Array.from(Array.from(numbers).filter((_, k) => sampleOf(k, shape, layout) === sample));
}

/** That a change of one sample changes no other. @throws ConformanceError */
export function examineIndependence(
  make: () => AnyLayer,
  shapes: readonly Shape[],
  own: readonly Float64Array[],
  setting: Setting,
): void {
  const { layout } = setting;
  const use = useOf(make(), shapes, setting);
  const run = runUse(use);
  const count = countOf(shapes[0] ?? [], layout);
  const before = run({ inputs: own });
  refuseOtherCount(before, count, layout);
  for (const moved of new Set([0, count - 1])) {
    const after = run({
      inputs: own.map((numbers, i) =>
        numbers.map((y, k) => (sampleOf(k, shapes[i] ?? [], layout) === moved ? y + 1 : y)),
      ),
    });
    before.forEach(({ shape, data }, o) => {
      data.forEach((y, k) => {
        const changed = after[o]?.data[k];
        const sample = sampleOf(k, shape, layout);
        if (sample === moved || Object.is(y, changed)) return;
        throw new ConformanceError({
          what: `samples influence each other: sample ${moved} was changed, and output ${before.length > 1 ? `${o} ` : ''}${placeOf(k, shape)}, of sample ${sample}, changed with it`,
          got: String(changed),
          expected: String(y),
          at: inputsAsText(own, shapes),
        });
      });
    });
  }
}

/** @throws ConformanceError for an output with more or fewer samples than there were. */
function refuseOtherCount(outputs: readonly Tensor[], count: number, layout: Layout): void {
  for (const { shape } of outputs)
    if (countOf(shape, layout) !== count)
      throw new ConformanceError({
        what: 'the output has another number of samples than the input',
        got: `${countOf(shape, layout)} in [${shape.join(', ')}]`,
        expected: String(count),
      });
}

/** That a sample among others is what it is alone, wherever it stands. @throws ConformanceError */
export function examineAlone(
  make: () => AnyLayer,
  shapes: readonly Shape[],
  alone: readonly Shape[],
  own: readonly Float64Array[],
  setting: Setting,
): void {
  const { layout } = setting;
  const count = countOf(shapes[0] ?? [], layout);
  const whole = runUse(useOf(make(), shapes, setting))({ inputs: own });
  refuseOtherCount(whole, count, layout);
  const single = runUse(useOf(make(), alone, setting));
  for (const sample of [0, 1, Math.floor(count / 2), count - 1]) {
    const results = single({
      inputs: own.map((numbers, i) => only(numbers, sample, shapes[i] ?? [], layout)),
    });
    whole.forEach(({ data, shape }, o) => {
      const mine = only(data, sample, shape, layout);
      mine.forEach((got, k) => {
        const wanted = results[o]?.data[k] ?? Number.NaN;
        if (near(got, wanted, 1e-9)) return;
        throw new ConformanceError({
          what: `the output of sample ${sample} of ${count} depends on its place or on the other samples: number ${k} of it`,
          got: String(got),
          expected: `${wanted}, as alone`,
        });
      });
    });
  }
}

/** Parameters and states have one size, whatever the number of samples. @throws ConformanceError */
export function examineShapes(
  make: () => AnyLayer,
  few: readonly Shape[],
  many: readonly Shape[],
  setting: Setting,
): void {
  const [one, more] = [few, many].map((shapes) => wishes(useOf(make(), shapes, setting), setting).join(', '));
  const [a, b] = [few, many].map((shapes) => countOf(shapes[0] ?? [], setting.layout));
  if (one !== more)
    throw new ConformanceError({
      what: 'parameters or states differ with the number of samples of a batch',
      got: `${more || 'none'} for ${b}`,
      expected: `${one || 'none'}, as for ${a}`,
    });
}

export function inputsAsText(numbers: readonly Float64Array[], shapes: readonly Shape[]): string {
  return numbers
    .map((own, i) => `${i === 0 ? 'at' : '  '} input ${i} = ${nested(own, shapes[i] ?? [])}`)
    .join('\n  ');
}

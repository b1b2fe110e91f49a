import { cpu } from '@pullback/backend-cpu';
import { compile, type FloatDType, placeholder, tensorOf } from '@pullback/core';
import { type Case, ConformanceError, guarded } from '../case.ts';
import { compare } from '../parity.ts';
import { upstream, vertexByVertex } from '../vertex-by-vertex.ts';
import type { Examination } from './examination.ts';
import { observation } from './figures.ts';
import { samplesOf } from './samples.ts';

const dtypes: readonly FloatDType[] = ['float32', 'float64'];

/** That a batch is counted alike however the Program is run, and from nothing but what was given. */
export function parityCases(at: Examination): Case[] {
  const { backends = [cpu()], ulps = 0 } = at.options;
  const shown = (dtype: FloatDType) =>
    observation(at.make(), samplesOf({ sizes: [4, 2, 2], seed: 3 }, at.rules, 'plain'), {
      ...at.showing,
      dtype,
    });
  return [
    guarded(`${at.name}: depends on nothing but its inputs`, () => {
      const { specs, observe } = shown('float64');
      const inputs = specs.map((spec, i) => placeholder(spec, `input ${i}`));
      const output = observe(...inputs);
      const stranger = upstream([output], inputs).find(({ node }) => node.kind === 'leaf');
      if (stranger !== undefined)
        throw new ConformanceError({
          what: `it uses '${stranger.attributes['name'] ?? stranger.origin.path}', which it was not given`,
          got: 'a captured Value',
          expected: 'every Value that it depends on among prediction, target and weights',
        });
    }),
    ...backends.flatMap((backend) =>
      dtypes
        .filter((dtype) => backend.dtypes.includes(dtype))
        .map((dtype) =>
          guarded(`${at.name}: as itself on ${backend.name} in ${dtype}`, async () => {
            const { specs, numbers, observe } = shown(dtype);
            const inputs = specs.map((spec, i) => placeholder(spec, `input ${i}`));
            const wanted = vertexByVertex(inputs, [observe(...inputs)])(numbers);
            const run = await compile(observe, { inputs: specs, backend });
            const given = specs.map((spec, i) => {
              const tensor = tensorOf(spec);
              tensor.data.set(numbers[i] ?? []);
              return tensor;
            });
            for (const time of ['', ', the second time'])
              compare(
                wanted,
                await run(...given),
                `on the backend '${backend.name}' in ${dtype}${time}`,
                ulps,
              );
          }),
        ),
    ),
  ];
}

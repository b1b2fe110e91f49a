import type { PluginBinder } from '@pullback/plugin';
import * as v from 'valibot';
import {
  eye,
  filled,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
  normally,
  orthogonal,
  truncatedNormal,
  uniformly,
} from './initializers.ts';

const none = v.strictObject({});
const number = v.optional(v.number());

/** The initializers of this package, by name. */
export function bindInitializers(initializer: PluginBinder['initializer']): void {
  initializer('zeros', () => filled(0), { doc: '0', options: none });
  initializer('ones', () => filled(1), { doc: '1', options: none });
  initializer('constant', ({ value }: { value: number }) => filled(value), {
    doc: 'one number everywhere',
    options: v.strictObject({ value: v.number() }),
  });
  initializer('uniform', uniformly, {
    doc: 'uniform on [low, high)',
    options: v.strictObject({ low: number, high: number }),
  });
  const gaussian = v.strictObject({ mean: number, deviation: number });
  initializer('normal', normally, { doc: 'normal', options: gaussian });
  initializer('truncatedNormal', truncatedNormal, {
    doc: 'normal within two deviations',
    options: gaussian,
  });
  const scaled = {
    glorotUniform: [glorotUniform, 'uniform with variance 2 / (fanIn + fanOut)'],
    glorotNormal: [glorotNormal, 'normal with variance 2 / (fanIn + fanOut)'],
    heUniform: [heUniform, 'uniform with variance 2 / fanIn'],
    heNormal: [heNormal, 'normal with variance 2 / fanIn'],
    lecunUniform: [lecunUniform, 'uniform with variance 1 / fanIn'],
    lecunNormal: [lecunNormal, 'normal with variance 1 / fanIn'],
  } as const;
  for (const [key, [make, doc]] of Object.entries(scaled)) initializer(key, make, { doc, options: none });
  const gain = v.strictObject({ gain: number });
  initializer('orthogonal', orthogonal, { doc: 'orthonormal columns or rows', options: gain });
  initializer('identity', eye, { doc: 'gain on the diagonal', options: gain });
}

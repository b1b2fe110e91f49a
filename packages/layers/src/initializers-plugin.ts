import type { PluginBinder } from '@pullback/plugin';
import {
  eye,
  filled,
  filledFields,
  gainFields,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
  normalFields,
  normally,
  orthogonal,
  truncatedNormal,
  uniformFields,
  uniformly,
} from './initializers.ts';

/** The initializers of this package, by name. */
export function bindInitializers(initializer: PluginBinder['initializer']): void {
  initializer('zeros', () => filled(0), { doc: '0', options: {} });
  initializer('ones', () => filled(1), { doc: '1', options: {} });
  initializer('constant', ({ value }: { value: number }) => filled(value), {
    doc: 'one number everywhere',
    options: filledFields,
  });
  initializer('uniform', uniformly, {
    doc: 'uniform on [low, high)',
    options: uniformFields,
  });
  initializer('normal', normally, { doc: 'normal', options: normalFields });
  initializer('truncatedNormal', truncatedNormal, {
    doc: 'normal within two deviations',
    options: normalFields,
  });
  const scaled = {
    glorotUniform: [glorotUniform, 'uniform with variance 2 / (fanIn + fanOut)'],
    glorotNormal: [glorotNormal, 'normal with variance 2 / (fanIn + fanOut)'],
    heUniform: [heUniform, 'uniform with variance 2 / fanIn'],
    heNormal: [heNormal, 'normal with variance 2 / fanIn'],
    lecunUniform: [lecunUniform, 'uniform with variance 1 / fanIn'],
    lecunNormal: [lecunNormal, 'normal with variance 1 / fanIn'],
  } as const;
  for (const [key, [make, doc]] of Object.entries(scaled)) initializer(key, make, { doc, options: {} });
  initializer('orthogonal', orthogonal, { doc: 'orthonormal columns or rows', options: gainFields });
  initializer('identity', eye, { doc: 'gain on the diagonal', options: gainFields });
}

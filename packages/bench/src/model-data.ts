import type { ModelCase } from './cases.ts';
import { type Numbers, randomOf, type Tokens, uniform } from './data.ts';

export interface ModelData {
  /** An ONNX file. */
  readonly onnx: { readonly shape: readonly number[]; readonly data: Uint8Array };
  readonly inputs: Readonly<Record<string, Numbers | Tokens>>;
}

export async function modelData({ name, inputs }: ModelCase): Promise<ModelData> {
  const random = randomOf(7);
  // Neither library is loaded before its time.
  const data =
    name === 'minilm'
      ? await (await import('./minilm.ts')).minilm()
      : (await import('./residual-network.ts')).residualNetwork((shape, scale) =>
          uniform(shape, scale, random),
        );
  const given = inputs.map(({ name: input, shape, of }): [string, Numbers | Tokens] => {
    if (of === 'floats') return [input, uniform(shape, 1, random)];
    const size = shape.reduce((all, extent) => all * extent, 1);
    const numbers = Int32Array.from({ length: size }, () =>
      of === 'ones' ? 1 : Math.floor(random() * of.below),
    );
    return [input, { shape, data: numbers }];
  });
  return { onnx: { shape: [data.length], data }, inputs: Object.fromEntries(given) };
}

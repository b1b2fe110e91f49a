import { UnknownNameError, type Weights } from 'pullback';

/** Kernel and bias of the layer of that name. @throws UnknownNameError */
export function numbersOf(weights: Weights, layer: string) {
  const find = (name: string) => {
    const found = Object.entries(weights).find(([path]) => path.endsWith(`${layer}/${name}`));
    if (found === undefined) throw new UnknownNameError('weight', `${layer}/${name}`, Object.keys(weights));
    return found[1].data;
  };
  return { kernel: find('kernel'), bias: find('bias') };
}

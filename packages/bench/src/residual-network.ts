import { type NodePart, onnxBytes } from '@pullback/onnx';
import type { Numbers } from './data.ts';

/** Numbers in [-scale, scale]. */
type Draw = (shape: readonly number[], scale: number) => Numbers;

/** A small residual network of 32 x 32 pixels as an ONNX file, as converters write one: channels first, normalizations folded into convolutions. */
export function residualNetwork(draw: Draw): Uint8Array {
  const numbers: Record<string, Numbers & { readonly dtype: 'float32' }> = {};
  const nodes: NodePart[] = [];
  let at = 'x';
  const node = (operator: string, inputs: readonly string[], attributes: NodePart['attributes'] = {}) => {
    const output = `${operator}${nodes.length}`;
    nodes.push({ operator, inputs, outputs: [output], attributes });
    return output;
  };
  const weight = (name: string, shape: readonly number[], fan: number) => {
    numbers[name] = { ...draw(shape, Math.sqrt(3 / fan)), dtype: 'float32' };
    return name;
  };
  const convolution = (x: string, inputs: number, outputs: number, size: number, stride = 1) => {
    const [name, fan, edge] = [`c${nodes.length}`, inputs * size * size, (size - 1) / 2];
    const weights = [
      weight(`${name}.w`, [outputs, inputs, size, size], fan),
      weight(`${name}.b`, [outputs], fan),
    ];
    return node('Conv', [x, ...weights], {
      kernel_shape: [size, size],
      strides: [stride, stride],
      pads: [edge, edge, edge, edge],
    });
  };
  const block = (inputs: number, outputs: number, stride: number) => {
    const inner = node('Relu', [convolution(at, inputs, outputs, 3, stride)]);
    const outer = convolution(inner, outputs, outputs, 3);
    const past = stride === 1 ? at : convolution(at, inputs, outputs, 1, stride);
    at = node('Relu', [node('Add', [outer, past])]);
  };
  at = node('Relu', [convolution(at, 3, 16, 3)]);
  block(16, 16, 1);
  block(16, 32, 2);
  block(32, 64, 2);
  const flat = node('Flatten', [node('GlobalAveragePool', [at])]);
  nodes.push({
    operator: 'Gemm',
    inputs: [flat, weight('head.w', [10, 64], 64), weight('head.b', [10], 64)],
    outputs: ['y'],
    attributes: { transB: 1 },
  });
  return onnxBytes(
    {
      inputs: [{ name: 'x', shape: ['n', 3, 32, 32] }],
      outputs: [{ name: 'y', shape: ['n', 10] }],
      nodes,
      numbers,
    },
    { opset: 17 },
  );
}

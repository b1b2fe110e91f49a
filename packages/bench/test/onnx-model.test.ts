import { expect, test } from 'vitest';
import { perceptron } from '../src/libraries/onnx-model.ts';

test('a perceptron of one weight is the bytes that onnx.proto3 asks for', () => {
  const one = { shape: [1, 1], data: Float32Array.of(1) };
  const layer = { kernel: one, bias: { shape: [1], data: Float32Array.of(2) } };
  const bytes = [...perceptron([layer], [1, 1])];
  // by hand from the protobuf encoding: tag = field * 8 + type, lengths before bytes
  const gemm = [
    0x0a, 1, 0x78, 0x0a, 2, 0x77, 0x30, 0x0a, 2, 0x62, 0x30, 0x12, 1, 0x79, 0x22, 4, 0x47, 0x65, 0x6d, 0x6d,
  ];
  const kernel = [0x08, 1, 0x08, 1, 0x10, 1, 0x42, 2, 0x77, 0x30, 0x4a, 4, 0, 0, 0x80, 0x3f];
  const bias = [0x08, 1, 0x10, 1, 0x42, 2, 0x62, 0x30, 0x4a, 4, 0, 0, 0, 0x40];
  const type = [0x12, 14, 0x0a, 12, 0x08, 1, 0x12, 8, 0x0a, 2, 0x08, 1, 0x0a, 2, 0x08, 1];
  const graph = [
    ...[0x0a, gemm.length, ...gemm],
    ...[0x12, 10, ...new TextEncoder().encode('perceptron')],
    ...[0x2a, kernel.length, ...kernel],
    ...[0x2a, bias.length, ...bias],
    ...[0x5a, 19, 0x0a, 1, 0x78, ...type],
    ...[0x62, 19, 0x0a, 1, 0x79, ...type],
  ];
  expect(bytes).toEqual([0x08, 8, 0x3a, graph.length, ...graph, 0x42, 4, 0x0a, 0, 0x10, 13]);
});

import type { Layer, Numbers } from '../data.ts';

// The few messages of onnx.proto3 that a perceptron needs, by their field numbers; a field is a varint or bytes with their length.

type Field = Uint8Array;

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

function number(field: number, value: number): Field {
  return Uint8Array.from([...varint(field * 8), ...varint(value)]);
}

function bytes(field: number, content: Uint8Array): Field {
  return joined([Uint8Array.from([...varint(field * 8 + 2), ...varint(content.length)]), content]);
}

function text(field: number, content: string): Field {
  return bytes(field, new TextEncoder().encode(content));
}

function message(field: number, ...fields: readonly Field[]): Field {
  return bytes(field, joined(fields));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const float = 1;

function initializer(name: string, { shape, data }: Numbers): Field {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message(
    5,
    ...shape.map((extent) => number(1, extent)),
    number(2, float),
    text(8, name),
    bytes(9, raw),
  );
}

/** ValueInfoProto of a float tensor, as an input (11) or output (12) of the graph. */
function valueInfo(field: 11 | 12, name: string, shape: readonly number[]): Field {
  const dimensions = shape.map((extent) => message(1, number(1, extent)));
  return message(field, text(1, name), message(2, message(1, number(1, float), message(2, ...dimensions))));
}

function node(operator: string, inputs: readonly string[], output: string): Field {
  return message(1, ...inputs.map((name) => text(1, name)), text(2, output), text(4, operator));
}

/** An ONNX model of affine layers (Gemm) with a relu between them, from `x` to `y`. */
export function perceptron(layers: readonly Layer[], inputShape: readonly number[]): Uint8Array {
  const last = layers.length - 1;
  const nodes = layers.flatMap((_, i) => [
    node('Gemm', [i === 0 ? 'x' : `h${i - 1}`, `w${i}`, `b${i}`], i === last ? 'y' : `z${i}`),
    ...(i === last ? [] : [node('Relu', [`z${i}`], `h${i}`)]),
  ]);
  const weights = layers.flatMap(({ kernel, bias }, i) => [
    initializer(`w${i}`, kernel),
    initializer(`b${i}`, bias),
  ]);
  const outputShape = [inputShape[0] ?? 0, layers.at(-1)?.bias.data.length ?? 0];
  const graph = message(
    7,
    ...nodes,
    text(2, 'perceptron'),
    ...weights,
    valueInfo(11, 'x', inputShape),
    valueInfo(12, 'y', outputShape),
  );
  return joined([number(1, 8), graph, message(8, text(1, ''), number(2, 13))]); // ir_version 8, opset 13
}

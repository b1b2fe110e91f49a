import type { Model, TensorLike } from 'pullback';
import type { Format } from '../protocol.ts';

/**
 * The model as a file: all that `Model.load` goes on from, or its prediction for one sample.
 * @throws UnsupportedError for wasm from another backend, and for ONNX of a network that it cannot hold.
 */
export async function fileOf(model: Model, example: TensorLike, format: Format): Promise<Uint8Array> {
  if (format === 'safetensors') {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    const write = (part: Uint8Array) => void parts.push(part.slice());
    await model.save(new WritableStream<Uint8Array>({ write }));
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  }
  const batch = { x: example };
  if (format === 'wasm') return (await model.export(batch)).code;
  const { onnxWriter } = await import('@pullback/onnx');
  return (await model.export(batch, { writer: onnxWriter() })).code;
}

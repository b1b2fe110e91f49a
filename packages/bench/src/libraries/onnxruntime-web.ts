// onnxruntime-web: forward only, from a model that is written here, in one thread.
import * as ort from 'onnxruntime-web';
import { type Open, type Run, sampleOf } from '../library.ts';
import { perceptron } from './onnx-model.ts';

export const open: Open = async ({ threads }) => {
  ort.env.wasm.numThreads = threads;
  const only = (what: string) => (): never => {
    throw new Error(`onnxruntime-web does not ${what} here`);
  };
  return {
    train: only('train'),
    call: only('call functions'),
    advance: only('train'),
    infer: async ({ output }, { onnx, inputs }) => {
      const session = await ort.InferenceSession.create(onnx.data, {
        executionProviders: ['wasm'],
        graphOptimizationLevel: 'all',
      });
      const feeds = Object.entries(inputs).map(([name, { data, shape }]) => [
        name,
        data instanceof Float32Array
          ? new ort.Tensor('float32', data, shape)
          : new ort.Tensor('int64', BigInt64Array.from(data, BigInt), shape),
      ]);
      return running(session, Object.fromEntries(feeds), output);
    },
    predict: async (_, { layers, x }) => {
      const session = await ort.InferenceSession.create(perceptron(layers, x.shape), {
        executionProviders: ['wasm'],
        graphOptimizationLevel: 'all',
      });
      const input = new ort.Tensor('float32', x.data, x.shape);
      return running(session, { x: input }, 'y');
    },
  };
};

/** Calls of a session that compute one output. */
function running(
  session: ort.InferenceSession,
  feeds: Readonly<Record<string, ort.Tensor>>,
  output: string,
): Run {
  let result: ArrayLike<number> = [];
  return {
    step: async (count) => {
      for (let i = 0; i < count; i++) {
        const { [output]: made } = await session.run(feeds, [output]);
        if (made?.data instanceof Float32Array) result = made.data;
      }
    },
    settle: async () => {},
    figures: async () => sampleOf([result]),
  };
}

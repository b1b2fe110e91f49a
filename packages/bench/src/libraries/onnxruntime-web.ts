// onnxruntime-web: forward only, from a model that is written here, in one thread.
import * as ort from 'onnxruntime-web';
import { type Open, sampleOf } from '../library.ts';
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
    predict: async (_, { layers, x }) => {
      const session = await ort.InferenceSession.create(perceptron(layers, x.shape), {
        executionProviders: ['wasm'],
        graphOptimizationLevel: 'all',
      });
      const input = new ort.Tensor('float32', x.data, x.shape);
      let result: ArrayLike<number> = [];
      return {
        step: async (count) => {
          for (let i = 0; i < count; i++) {
            const { y } = await session.run({ x: input });
            if (y?.data instanceof Float32Array) result = y.data;
          }
        },
        settle: async () => {},
        figures: async () => sampleOf([result]),
      };
    },
  };
};

import type { FunctionCase, PredictionCase, TrainingCase } from './cases.ts';
/** Row-major float32 elements with their shape. */
export interface Numbers {
    readonly shape: readonly number[];
    readonly data: Float32Array;
}
export interface Layer {
    readonly kernel: Numbers;
    readonly bias: Numbers;
}
export interface TrainingData {
    readonly layers: readonly Layer[];
    readonly batches: readonly {
        readonly x: Numbers;
        readonly y: Numbers;
    }[];
}
/** First weights: uniform on +-sqrt(6 / (in + out)), biases a tenth of that, so that a bias that is left out is seen. */
export declare function layersOf(widths: readonly number[]): Layer[];
/** The four patterns of XOR, or images of noise labelled by a linear teacher, one-hot. */
export declare function trainingData({ widths, batch, batches, loss }: TrainingCase): TrainingData;
export declare function predictionData({ widths, batch }: PredictionCase): {
    readonly layers: readonly Layer[];
    readonly x: Numbers;
};
export declare function functionData({ arguments: shapes, scale }: FunctionCase): Numbers[];
//# sourceMappingURL=data.d.ts.map
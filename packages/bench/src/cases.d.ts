/** What is measured, as data: every library makes its own form of it. */
export interface TrainingCase {
    readonly kind: 'training';
    /** The widths of the layers, that of the inputs first. */
    readonly widths: readonly number[];
    readonly batch: number;
    /** How many batches there are; they are taken in turn. */
    readonly batches: number;
    /** After every layer but the last. */
    readonly activation: 'relu' | 'sigmoid' | 'silu';
    /** `halfSquaredError` stands on a sigmoid of the last layer, `softmaxCrossEntropy` on its logits. */
    readonly loss: 'softmaxCrossEntropy' | 'halfSquaredError';
    readonly optimizer: 'sgd' | 'adam';
    readonly learningRate: number;
    /** So short a step that many are run in one call, where the library can. */
    readonly manyACall: boolean;
    /** The loss is compared after each of so many steps, and after `more` further ones that are run as they are measured. */
    readonly checks: {
        readonly single: number;
        readonly more: number;
    };
}
export interface FunctionCase {
    readonly kind: 'function';
    readonly name: FunctionName;
    readonly arguments: readonly (readonly number[])[];
    /** Numbers lie in [-scale, scale]. */
    readonly scale: number;
    /** Of one call. */
    readonly flops?: number;
}
export interface PredictionCase {
    readonly kind: 'prediction';
    readonly widths: readonly number[];
    readonly batch: number;
}
export type FunctionName = 'matmul' | 'elementwise' | 'exp' | 'tanh' | 'sigmoid' | 'gelu' | 'softmax';
export type Case = TrainingCase | FunctionCase | PredictionCase;
export declare const cases: {
    readonly xor: {
        readonly kind: 'training';
        readonly optimizer: 'sgd' | 'adam';
        readonly widths: readonly [2, 2, 1];
        readonly batch: 4;
        readonly batches: 1;
        readonly activation: 'sigmoid';
        readonly loss: 'halfSquaredError';
        readonly learningRate: 0.5;
        readonly manyACall: true;
        readonly checks: {
            readonly single: 50;
            readonly more: 200;
        };
    };
    readonly mlp128: TrainingCase;
    readonly mlp512: {
        readonly kind: 'training';
        /** After every layer but the last. */
        readonly activation: 'relu' | 'sigmoid' | 'silu';
        /** `halfSquaredError` stands on a sigmoid of the last layer, `softmaxCrossEntropy` on its logits. */
        readonly loss: 'softmaxCrossEntropy' | 'halfSquaredError';
        readonly optimizer: 'sgd' | 'adam';
        readonly learningRate: number;
        /** So short a step that many are run in one call, where the library can. */
        readonly manyACall: boolean;
        readonly widths: readonly [784, 512, 512, 10];
        readonly batch: 256;
        readonly batches: 4;
        readonly checks: {
            readonly single: 6;
            readonly more: 4;
        };
    };
    readonly 'mlp128-adam': {
        readonly kind: 'training';
        /** The widths of the layers, that of the inputs first. */
        readonly widths: readonly number[];
        readonly batch: number;
        /** How many batches there are; they are taken in turn. */
        readonly batches: number;
        /** After every layer but the last. */
        readonly activation: 'relu' | 'sigmoid' | 'silu';
        /** `halfSquaredError` stands on a sigmoid of the last layer, `softmaxCrossEntropy` on its logits. */
        readonly loss: 'softmaxCrossEntropy' | 'halfSquaredError';
        /** So short a step that many are run in one call, where the library can. */
        readonly manyACall: boolean;
        readonly optimizer: 'adam';
        readonly learningRate: 0.001;
        readonly checks: {
            readonly single: 12;
            readonly more: 8;
        };
    };
    readonly 'matmul-512': FunctionCase;
    readonly 'matmul-510': FunctionCase;
    readonly 'matmul-1024': FunctionCase;
    readonly elementwise: FunctionCase;
    readonly 'elementwise-exp': {
        readonly kind: 'function';
        readonly arguments: readonly (readonly number[])[];
        /** Numbers lie in [-scale, scale]. */
        readonly scale: number;
        /** Of one call. */
        readonly flops?: number;
        readonly name: 'exp';
    };
    readonly 'elementwise-tanh': {
        readonly kind: 'function';
        readonly arguments: readonly (readonly number[])[];
        /** Numbers lie in [-scale, scale]. */
        readonly scale: number;
        /** Of one call. */
        readonly flops?: number;
        readonly name: 'tanh';
    };
    readonly 'elementwise-sigmoid': {
        readonly kind: 'function';
        readonly arguments: readonly (readonly number[])[];
        /** Numbers lie in [-scale, scale]. */
        readonly scale: number;
        /** Of one call. */
        readonly flops?: number;
        readonly name: 'sigmoid';
    };
    readonly 'elementwise-gelu': {
        readonly kind: 'function';
        readonly arguments: readonly (readonly number[])[];
        /** Numbers lie in [-scale, scale]. */
        readonly scale: number;
        /** Of one call. */
        readonly flops?: number;
        readonly name: 'gelu';
    };
    readonly softmax: {
        readonly kind: 'function';
        readonly name: 'softmax';
        readonly arguments: readonly [readonly [128, 1000], readonly [128, 1000]];
        readonly scale: 4;
    };
    readonly custom: {
        readonly kind: 'training';
        /** The widths of the layers, that of the inputs first. */
        readonly widths: readonly number[];
        readonly batch: number;
        /** How many batches there are; they are taken in turn. */
        readonly batches: number;
        /** `halfSquaredError` stands on a sigmoid of the last layer, `softmaxCrossEntropy` on its logits. */
        readonly loss: 'softmaxCrossEntropy' | 'halfSquaredError';
        readonly optimizer: 'sgd' | 'adam';
        readonly learningRate: number;
        /** So short a step that many are run in one call, where the library can. */
        readonly manyACall: boolean;
        /** The loss is compared after each of so many steps, and after `more` further ones that are run as they are measured. */
        readonly checks: {
            readonly single: number;
            readonly more: number;
        };
        readonly activation: 'silu';
    };
    readonly 'predict-mlp128': {
        readonly kind: 'prediction';
        readonly widths: readonly [784, 128, 10];
        readonly batch: 128;
    };
};
export type CaseName = keyof typeof cases;
export declare function isCase(name: string): name is CaseName;
export declare function caseOf(name: CaseName): Case;
//# sourceMappingURL=cases.d.ts.map
import { type Layout, type Tensor, type TensorLike } from '@pullback/core';
import type { Choice } from './choice.ts';
import type { Definition } from './definition.ts';
import type { BatchSpecs } from './plan.ts';
/** One input, or several by name. */
export type Inputs = TensorLike | Readonly<Record<string, TensorLike>>;
/** The target of the only output, or of several by name. */
export type Targets = Inputs;
/** Samples on the host: inputs in the model's order, targets in that of its outputs, weights where there are some. */
export interface Samples {
    readonly inputs: readonly Tensor[];
    readonly targets: readonly Tensor[];
    readonly weights: Tensor | undefined;
    readonly count: number;
    /** Which of them a step takes; all when left out. */
    readonly choice?: Choice;
}
/** The number of samples of a tensor. */
export declare function countOf({ shape }: Tensor, layout: Layout): number;
/** The samples of `whole` at `rows`, in that order. */
export declare function pick(whole: Tensor, rows: Int32Array, layout: Layout): Tensor;
export declare function pickSamples({ inputs, targets, weights }: Samples, rows: Int32Array, layout: Layout): Samples;
/** What a model takes: the names of its inputs, the shape of one sample of each. */
export interface InputShapes {
    readonly [name: string]: readonly number[];
}
/**
 * Samples of tensor-likes, with everything checked that can be checked before a step.
 * @throws DataError for no samples, another shape than the model's or inputs and targets of different number.
 */
export declare function readSamples(x: Inputs, y: Targets | undefined, { inputs: shapes, heads, dtype, layout }: Pick<Definition, 'inputs' | 'heads' | 'dtype' | 'layout'>): Samples;
/** The tensor-like of that name; what has no names is the only one. */
export declare function likeOf(x: Inputs, name: string): TensorLike | undefined;
/** Refuses a size that is no whole number from 1 to the number of samples. */
export declare function checkBatchSize(size: number, count: number): void;
/** Samples that are taken `size` at a time. @throws OptionError, DataError for a size that does not divide their number. */
export declare function takenInTurn(samples: Samples, size: number | undefined): Samples;
/**
 * Samples to train on, and the last `share` of them kept back.
 * @throws OptionError for a share outside of [0, 1).
 */
export declare function splitSamples(all: Samples, share: number, layout: Layout): {
    readonly training: Samples;
    readonly validation: Samples | undefined;
};
/** The same samples, whatever is done to their arrays. */
export declare function copied({ inputs, targets, weights, ...others }: Samples): Samples;
/** What samples bring to a Program, by the names that it gives them. */
export declare function namedOf({ inputs, targets, weights }: Samples): (readonly [string, Tensor])[];
/** Shapes and dtypes of samples, and how a step chooses among them. */
export declare function specsOf({ inputs, targets, weights, choice }: Samples): BatchSpecs;
//# sourceMappingURL=data.d.ts.map
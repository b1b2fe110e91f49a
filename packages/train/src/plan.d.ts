import { type Program, type TensorSpec, type Value } from '@pullback/core';
import { type Choice } from './choice.ts';
import type { Definition } from './definition.ts';
import { Walk } from './scope.ts';
import { type Watched } from './watched.ts';
/** A Program whose inputs and outputs have names: `x/0`, `target/0`, `prediction/0`, `sampleWeights`, `weight:...`, `slot:...`, `state:...`, `total:...`, `order`, `cursor`. */
export interface Plan {
    readonly program: Program;
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
    readonly specs: ReadonlyMap<string, TensorSpec>;
}
/** The specs of a batch: the model's inputs, its targets where there are some, weights of samples where there are some. */
export interface BatchSpecs {
    readonly inputs: readonly TensorSpec[];
    readonly targets: readonly TensorSpec[];
    readonly weights?: TensorSpec;
    /** Which of the samples a step takes; all of them when left out. */
    readonly choice?: Choice;
}
/** One walk through the network of `definition`, on a batch of `specs`. */
export declare function walkThrough(definition: Definition, specs: BatchSpecs, training: boolean): {
    walk: Walk;
    xs: Value[];
    predictions: readonly Value[];
    chosen: import("./choice.ts").Chosen;
    key: Value;
    step: Value;
};
/** prediction from inputs. */
declare function planPrediction(definition: Definition, specs: BatchSpecs): Plan;
/** total:loss and total:metrics grow by what a batch adds; nothing else changes. */
declare function planEvaluation(definition: Definition, specs: BatchSpecs, watched: readonly Watched[]): Plan;
/**
 * One step: forward, backward and update as one Program, whose new weights land in the old ones' buffers. (2.3, 2.6)
 */
declare function planTraining(definition: Definition, specs: BatchSpecs, watched: readonly Watched[]): Plan;
declare const planners: {
    training: typeof planTraining;
    evaluation: typeof planEvaluation;
    prediction: typeof planPrediction;
};
export type PlanKind = keyof typeof planners;
/** The Program of that kind for batches of `specs`. */
export declare function planOf(kind: PlanKind, definition: Definition, specs: BatchSpecs, watched: readonly Watched[]): Plan;
/** sum weight_i error_i */
export declare function weightedSum(errors: readonly {
    readonly error: Value;
    readonly weight: number;
}[]): Value;
export {};
//# sourceMappingURL=plan.d.ts.map
import { type Loss, type Placement, Value } from '@pullback/core';
/** What a network may return: the prediction, or several by name. */
export type Predictions = Value | Readonly<Record<string, Value>>;
/** One loss, or one for each output by name. */
export type Losses = Loss | Readonly<Record<string, Loss>>;
/** An output of the network with its loss. The only output of a network has no name. */
export interface Head {
    readonly name: string;
    readonly loss: Loss;
    /** What its error is multiplied by in the sum of all. */
    readonly weight: number;
}
/** @throws OptionError for weights that are no numbers, UnknownNameError for one of an output without a loss. */
export declare function headsOf(losses: Losses, weights?: Readonly<Record<string, number>>): readonly Head[];
/** The predictions in the order of their losses. @throws OptionError when outputs and losses are not the same names. */
export declare function predictionsOf(output: Predictions, heads: readonly Head[]): readonly Value[];
type ErrorInputs = [target: Value, at: Placement, weights?: Value];
/**
 * The error of one output. With weights w_i of samples it is sum w_i e_i, or that over the number of samples, as the loss reduces.
 * @throws ShapeError for a loss that gives more than one number; OptionError for weights where a loss has no errors of samples.
 */
export declare function errorOf({ name, loss }: Head, prediction: Value, ...[target, at, weights]: ErrorInputs): Value;
export {};
//# sourceMappingURL=heads.d.ts.map
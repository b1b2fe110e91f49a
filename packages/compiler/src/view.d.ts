import { type Instruction, type Shape } from '@pullback/core';
/**
 * Where the elements of a shape lie in a dense buffer: the one at index i is element offset + sum_k strides[k] i[k]. Along axes of extent 1
 * the stride is 0, so that equal views are equal numbers.
 */
export interface View {
    readonly offset: number;
    readonly strides: readonly number[];
}
/** The elements one after the other in row-major order. */
export declare function denseView(shape: Shape): View;
export declare function sameView(a: View, b: View): boolean;
/** `view` of what a movement primitive moves, as a view of its result; undefined where no view can say it. */
export declare function moved(name: string, { attributes, outputs }: Pick<Instruction, 'attributes' | 'outputs'>, from: Shape, view: View): View | undefined;
//# sourceMappingURL=view.d.ts.map
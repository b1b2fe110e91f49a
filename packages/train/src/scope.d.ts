import { type FloatDType, type Initializer, type Layer, type Layout, type ParameterOptions, type Shape, Value } from '@pullback/core';
/** A parameter or state as the graph asked for it. */
export interface Variable {
    readonly path: string;
    readonly value: Value;
    readonly initializer: Initializer;
    /** The layer that asked first, in words. */
    readonly owner: string;
    readonly options: ParameterOptions;
}
/** A layer as it was applied: once for each use. */
export interface Application {
    readonly path: string;
    /** What kind of layer it is, and what it implements. */
    readonly kind: string;
    readonly source: string | undefined;
    readonly inputs: readonly Value[];
    readonly outputs: readonly Value[];
}
/** What is to be known before a network is walked through. */
export interface Build {
    readonly dtype: FloatDType;
    readonly layout: Layout;
    readonly training: boolean;
    /** int32[2] and int32: what random numbers are derived from. */
    readonly key: Value;
    readonly step: Value;
}
/** One walk through a network: everything that its layers asked their scopes for. */
export declare class Walk {
    #private;
    readonly build: Build;
    readonly parameters: Map<string, Variable>;
    readonly states: Map<string, Variable & {
        next: Value;
    }>;
    readonly applications: Application[];
    constructor(build: Build);
    /** The parameters that are learned. */
    get learned(): Variable[];
    /** Applies the outermost layer under a name of its own. */
    run<In extends readonly Value[], Out>(name: string, layer: Layer<In, Out>, ...inputs: In): Out;
    enter<In extends readonly Value[], Out>(path: string, use: string, layer: Layer<In, Out>, inputs: In): Out;
    variable(kind: 'parameters' | 'states', path: string, shape: Shape, initializer: Initializer, owner: string, options?: ParameterOptions): Variable;
}
//# sourceMappingURL=scope.d.ts.map
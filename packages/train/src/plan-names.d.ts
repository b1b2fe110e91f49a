/** The names of what every Program of a model shares. */
export declare const shared: {
    readonly step: 'step';
    readonly key: 'key';
    readonly learningRate: 'learningRate';
};
/** The names of what a batch brings and takes away. */
export declare const planNames: {
    readonly input: (i: number) => string;
    readonly target: (i: number) => string;
    readonly prediction: (i: number) => string;
    readonly weights: 'sampleWeights';
    /** The places of the samples in the order of an epoch. */
    readonly order: 'order';
    /** Where in that order the next step begins. */
    readonly cursor: 'cursor';
    /** Whether a name is one of these, and no number of the model. */
    readonly isOfBatch: (name: string) => boolean;
};
//# sourceMappingURL=plan-names.d.ts.map
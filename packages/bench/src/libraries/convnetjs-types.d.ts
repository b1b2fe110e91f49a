declare module 'convnetjs' {
  export interface Vol {
    readonly depth: number;
    w: Float64Array;
    dw: Float64Array;
  }
  export interface Layer {
    readonly layer_type: string;
    readonly filters?: Vol[];
    readonly biases?: Vol;
    forward(x: Vol, training: boolean): Vol;
    backward(): void;
  }
  interface Library {
    Vol: new (sx: number, sy: number, depth: number, value?: number) => Vol;
    ConvLayer: new (options: Readonly<Record<string, number>>) => Layer;
    Net: new () => { readonly layers: Layer[]; makeLayers(options: readonly object[]): void };
    Trainer: new (net: unknown, options: object) => { train(x: Vol, y: number): { readonly loss: number } };
  }
  const library: Library;
  export default library;
}

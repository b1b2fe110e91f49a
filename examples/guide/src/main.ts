// Every block of code that docs/ shows, run one page after the other.
await import('./getting-started.ts');
await import('./graphs.ts');
await import('./data.ts');
await import('./training.ts');
await import('./mathematics.ts');
await import('./sequences.ts');
await import('./fine-tuning.ts');
await import('./distributed.ts');
await import('./inspector.ts');
await import('./onnx.ts');
await import('./plots.ts');
await import('./federated.ts');
await import('./recipes/index.ts');
await import('./cookbook/index.ts');
await import('./coming-from/index.ts');
console.log('all as the documentation says');

export {};

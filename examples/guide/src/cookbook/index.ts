// Every program of docs/autodiff-cookbook.md, one after the other.
await import('./slopes.ts');
await import('./matrices.ts');
await import('./newton.ts');
await import('./per-sample.ts');
await import('./own-derivative.ts');
await import('./implicit.ts');
await import('./through-time.ts');
await import('./penalty.ts');
await import('./inner-step.ts');

export {};

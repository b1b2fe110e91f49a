// Every program of docs/coming-from.md, one after the other.
await import('./tfjs.ts');
await import('./keras.ts');
await import('./pytorch.ts');
await import('./brain.ts');
await import('./jax-js.ts');

export {};

// Every program of docs/recipes.md, one after the other.
await import('./image-classifier.ts');
await import('./gpt.ts');
await import('./lstm.ts');
await import('./autoencoder.ts');
await import('./transfer-learning.ts');
await import('./reinforcement.ts');
await import('./personalisation.ts');
await import('./microcontroller.ts');

export {};

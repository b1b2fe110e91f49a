export { epsilonOf, renyiDivergence, type Spending } from './accountant.ts';
export { Federation, type FederationOptions, type PrivacyOptions } from './federation.ts';
export { decodeMessage, encodeMessage, type Message } from './messages.ts';
export { type ServeOptions, serve } from './serve.ts';
export { type Client, type SimulationOptions, simulate, type Task } from './simulation.ts';
export type { Update, Weights } from './updates.ts';

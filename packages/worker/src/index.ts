export {
  inWorker,
  ModelInWorker,
  type Moving,
  type RemoteCallback,
  type RemoteControl,
  type RemoteFitOptions,
} from './in-worker.ts';
export type { Port } from './port.ts';
export { type ServedModel, type Standing, serve } from './serve.ts';

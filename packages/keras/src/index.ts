export { single } from './network.ts';
export { type OpenedModel, openTfjs, type TfjsOptions } from './open-tfjs.ts';

import type { Backend, Batch, Model, TensorLike } from 'pullback';
import type { Figures, Picture, Setup } from '../protocol.ts';

export type ModelSetup = Pick<Setup, 'activation' | 'learningRate' | 'seed' | 'points'> & {
  readonly backend: Backend;
};

/** What is trained, and how it is looked at. */
export interface Problem {
  create(setup: ModelSetup): Promise<Model>;
  /**
   * Trains until it is done, or the signal says stop.
   * @param between called every few milliseconds, between two steps: whoever is called may move the model, or make it wait.
   * @param speed how many steps are wanted in a sixtieth of a second.
   * @returns why it ended.
   */
  train(model: Model, between: Between, signal: AbortSignal, speed: () => number): Promise<string>;
  picture(model: Model): Promise<Picture>;
  /** One sample: a file of the model predicts for as many. */
  readonly example: TensorLike;
  /** What the inspector looks at; nothing when it is left out. */
  readonly sample?: Batch;
  /** What it holds beside the model. */
  dispose?(): void;
}

/**
 * @param figures reads them; costs nothing when it is not called.
 * @param options.last whether they are wanted in any case, since no others follow.
 */
export type Between = (
  figures: () => Promise<Figures>,
  options?: { readonly last?: boolean },
) => Promise<void>;

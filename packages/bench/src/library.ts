import type {
  FunctionCase,
  LanguageCase,
  ModelCase,
  PredictionCase,
  StepCase,
  TrainingCase,
} from './cases.ts';
import type { LanguageData, Numbers, TrainingData } from './data.ts';
import type { ModelData } from './model-data.ts';

export type BackendName = 'wasm' | 'native' | 'webgpu' | 'cpu';

/** How a library shall run. */
export interface Setting {
  readonly backend: BackendName;
  readonly threads: number;
  /** Which of its forms, where it has several. */
  readonly form?: string;
  /** Whether time is what passes or, on a machine with other work, what the process computes. */
  readonly clock: 'wall' | 'cpu';
}

/** A case, ready to be run in one library. */
export interface Run {
  /** Runs so many steps; they may still be under way when it returns. */
  step(count: number): void | Promise<void>;
  /** Waits until they are done. */
  settle(): Promise<void>;
  /** The numbers that must be the same in every library: the loss of the last step, or a sample of the results. */
  figures(): Promise<readonly number[]>;
  /** The library's own counts, since it was loaded. */
  counters?(): Counters;
}

export type Counters = Readonly<Record<string, number>>;

/** The export of every file of libraries/, which is loaded in a process of its own. */
export type Open = (setting: Setting) => Promise<Library>;

/** One library's form of the cases. */
export interface Library {
  train(training: TrainingCase, data: TrainingData): Run | Promise<Run>;
  call(call: FunctionCase, data: readonly Numbers[]): Run | Promise<Run>;
  /** Left out where a library has no layers of sequences. */
  language?(language: LanguageCase, data: LanguageData): Run | Promise<Run>;
  /** The figures are a sample of the results that replace nothing, or of all where there are none. */
  advance(step: StepCase, data: readonly Numbers[]): Run | Promise<Run>;
  /** Left out where a library opens no ONNX files. The figures are a sample of the output. */
  infer?(model: ModelCase, data: ModelData): Run | Promise<Run>;
  predict(
    prediction: PredictionCase,
    data: { readonly layers: TrainingData['layers']; readonly x: Numbers },
  ): Run | Promise<Run>;
}

/** A library that has some of the steps alone, undefined for those that it has not. */
export function onlySteps(
  name: string,
  advance: (step: StepCase, data: readonly Numbers[]) => Run | undefined,
): Library {
  const refuse = (): never => {
    throw new Error(`${name} takes part in steps alone here`);
  };
  return {
    train: refuse,
    call: refuse,
    predict: refuse,
    advance: (step, data) => advance(step, data) ?? without(name, step),
  };
}

/** A case that a library has no form of. */
export function without(library: string, step: StepCase): never {
  throw new Error(`${library} has no form of ${step.name} here`);
}

/** Sixty-four of the elements of each result, evenly spread, and the first and last: small enough to be sent and compared. */
export function sampleOf(results: readonly ArrayLike<number>[]): number[] {
  return results.flatMap((result) => {
    const last = result.length - 1;
    return Array.from({ length: 65 }, (_, i) => result[Math.round((i * last) / 64)] ?? Number.NaN);
  });
}

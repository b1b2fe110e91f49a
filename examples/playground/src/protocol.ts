// What the page and its worker tell each other.
import type { Flag, FrameData, GraphData } from '@pullback/inspector';
import type { BackendName } from 'pullback';
import type { PointsSetup } from './points/setup.ts';

export type ProblemName = 'points' | 'xor' | 'mnist' | 'gpt';
export type Choice = Exclude<BackendName, 'native'>;

/** The model as a file. */
export type Format = 'safetensors' | 'wasm' | 'onnx';

/** A training from its beginning. */
export interface Setup {
  readonly problem: ProblemName;
  /** The activation of the hidden units, as it was typed. */
  readonly activation: string;
  readonly backend: Choice;
  /** For the backend wasm. */
  readonly threads: number;
  readonly learningRate: number;
  readonly seed: number;
  /** For points: activation, learning rate and seed stand there too. */
  readonly points: PointsSetup;
}

export type Request =
  /** The first: where the page is, beside which the digits lie. */
  | { readonly kind: 'open'; readonly page: string }
  | { readonly kind: 'start'; readonly run: number; readonly setup: Setup }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  /** One step, of a training that is paused. */
  | { readonly kind: 'step' }
  | { readonly kind: 'download'; readonly format: Format }
  /** A node of the inspector's graph by itself. */
  | { readonly kind: 'examine'; readonly node: number }
  /** How many steps are made in a sixtieth of a second. */
  | { readonly kind: 'speed'; readonly steps: number }
  | { readonly kind: 'move'; readonly backend: Choice; readonly threads: number }
  | { readonly kind: 'learningRate'; readonly rate: number };

/** Everything about a training carries its number: what an older one still sends is not for the page of the newer. */
export type Report =
  | { readonly kind: 'machine'; readonly machine: Machine }
  | { readonly kind: 'ready'; readonly run: number; readonly backend: string; readonly summary: string }
  | ({ readonly kind: 'progress'; readonly run: number } & Figures)
  | { readonly kind: 'picture'; readonly run: number; readonly picture: Picture }
  /** The walk of the model's graph, once; and the numbers in it, some times a second. */
  | { readonly kind: 'graph'; readonly run: number; readonly graph: GraphData }
  | { readonly kind: 'frame'; readonly run: number; readonly frame: FrameData }
  | { readonly kind: 'file'; readonly run: number; readonly format: Format; readonly bytes: Uint8Array }
  | {
      readonly kind: 'examined';
      readonly run: number;
      readonly node: number;
      readonly flags: readonly Flag[];
      /** The message of an error in place of flags. */
      readonly failure?: string;
    }
  | { readonly kind: 'moved'; readonly run: number; readonly backend: string; readonly step: number }
  | { readonly kind: 'paused'; readonly run: number; readonly step: number }
  | { readonly kind: 'done'; readonly run: number; readonly why: string }
  /** Fatal when nothing is trained any more; `backend` is where a model stayed that could not be moved. */
  | {
      readonly kind: 'failed';
      readonly run: number;
      readonly message: string;
      readonly fatal: boolean;
      readonly backend?: Choice;
    };

/** How far a training is. */
export interface Figures {
  readonly step: number;
  /** The mean over the steps since the last figures. */
  readonly loss: number;
  readonly accuracy: number;
  readonly samplesPerSecond: number;
  /** The same of points that are not trained on. */
  readonly test?: { readonly loss: number; readonly accuracy: number };
}

export type Picture =
  | {
      readonly problem: 'points';
      readonly side: number;
      /** The output on a square of points from -1.2 to 1.2, `side` a row, from the upper left: -127 for 0, or for -1, 127 for 1. */
      readonly surface: Int8Array;
      /** The same of every unit of each layer, features first. */
      readonly units: readonly (readonly Int8Array[])[];
      /** The weights between two layers, row by row: from the layer before, to the next. */
      readonly weights: readonly Float32Array[];
    }
  | {
      readonly problem: 'xor';
      /** The output on a square of points, `side` a row, from the upper left: -127 for 0, 127 for 1. */
      readonly surface: Int8Array;
      readonly side: number;
      /** The four outputs, for the inputs 00, 01, 10, 11. */
      readonly outputs: readonly number[];
      /** Of every hidden unit: its two weights and its bias. */
      readonly units: readonly (readonly [number, number, number])[];
    }
  | {
      readonly problem: 'mnist';
      /** The weights of the hidden units: for every one 28 x 28 numbers, 127 for the largest of the unit. */
      readonly kernels: Int8Array;
      readonly tested: number;
      /** How many of those were mistaken. */
      readonly wrong: number;
      readonly mistakes: readonly Mistake[];
    }
  | {
      readonly problem: 'gpt';
      readonly step: number;
      /** What was given, and what the network went on with. */
      readonly prompt: string;
      readonly text: string;
    };

export interface Mistake {
  /** Which of the test digits it is. */
  readonly place: number;
  /** 28 x 28 bytes. */
  readonly image: Uint8Array;
  readonly label: number;
  readonly taken: number;
}

/** What this browser has, and why it lacks what it lacks. */
export interface Machine {
  /** Why a backend cannot be used here; undefined where it can. */
  readonly missing: { readonly [name in Exclude<Choice, 'auto'>]: string | undefined };
  /** The adapter of WebGPU, where there is one. */
  readonly adapter: string | undefined;
  /** Why there can be no threads; undefined where there can. */
  readonly noThreads: string | undefined;
  readonly cores: number;
  /** What `auto` takes. */
  readonly auto: string;
}

/** The cases that are measured, as data: every library makes its own form of it. */

export interface TrainingCase {
  readonly kind: 'training';
  /** The widths of the layers, that of the inputs first. */
  readonly widths: readonly number[];
  readonly batch: number;
  /** How many batches there are; they are taken in turn. */
  readonly batches: number;
  /** After every layer but the last. */
  readonly activation: 'relu' | 'sigmoid' | 'silu';
  /** `halfSquaredError` stands on a sigmoid of the last layer, `softmaxCrossEntropy` on its logits. */
  readonly loss: 'softmaxCrossEntropy' | 'halfSquaredError';
  readonly optimizer: 'sgd' | 'adam';
  readonly learningRate: number;
  /** So short a step that many are run in one call, where the library can. */
  readonly manyACall: boolean;
  /** The loss is compared after each of so many steps, and after `more` further ones that are run as they are measured. */
  readonly checks: { readonly single: number; readonly more: number };
}

export interface FunctionCase {
  readonly kind: 'function';
  readonly name: FunctionName;
  readonly arguments: readonly (readonly number[])[];
  /** Numbers lie in [-scale, scale]. */
  readonly scale: number;
  /** Of one call. */
  readonly flops?: number;
}

export interface PredictionCase {
  readonly kind: 'prediction';
  readonly widths: readonly number[];
  readonly batch: number;
}

/** An array that a step is given: uniform in [-scale, scale], 0 for a scale of 0, or one-hot labels. */
export interface StepArgument {
  readonly shape: readonly number[];
  readonly scale: number | 'labels';
}

/** A function of arrays. As many of its last results as are `replaced` take the place of its last arguments in the next step. */
export interface StepCase {
  readonly kind: 'step';
  readonly name: StepName;
  readonly arguments: readonly StepArgument[];
  readonly replaced: number;
  /** Of one step. */
  readonly flops?: number;
}

/** A model of an ONNX file, and one output of it, for whole numbers below a bound, ones, or floats in [-1, 1]. */
export interface ModelCase {
  readonly kind: 'model';
  readonly name: 'minilm' | 'residual';
  readonly inputs: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly of: 'ones' | 'floats' | { readonly below: number };
  }[];
  readonly output: string;
  /** Of one call. */
  readonly flops: number;
}

export type StepName = 'conv-3x3' | 'lenet' | 'resnet-block' | 'adam-10m' | 'lstm' | 'lstm-256';

/** A training step of a causal transformer on windows of tokens, by AdamW; or one more place of a sequence that it makes. */
export interface LanguageCase {
  readonly kind: 'language' | 'generation';
  readonly vocabulary: number;
  readonly context: number;
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  readonly batch: number;
  readonly learningRate: number;
}

export type FunctionName =
  | 'matmul'
  | 'elementwise'
  | 'exp'
  | 'tanh'
  | 'sigmoid'
  | 'gelu'
  | 'softmax'
  | 'layerNorm';

export type Case = TrainingCase | FunctionCase | PredictionCase | LanguageCase | StepCase | ModelCase;

const mlp128: TrainingCase = {
  kind: 'training',
  widths: [784, 128, 10],
  batch: 128,
  batches: 8,
  activation: 'relu',
  loss: 'softmaxCrossEntropy',
  optimizer: 'sgd',
  learningRate: 0.1,
  manyACall: false,
  checks: { single: 20, more: 20 },
};

const million: FunctionCase = { kind: 'function', name: 'elementwise', arguments: [[1024, 1024]], scale: 4 };

const gptSmall: LanguageCase = {
  kind: 'language',
  vocabulary: 256,
  context: 64,
  width: 96,
  heads: 3,
  layers: 3,
  batch: 16,
  learningRate: 0.001,
};

export const cases = {
  xor: {
    ...mlp128,
    widths: [2, 2, 1],
    batch: 4,
    batches: 1,
    activation: 'sigmoid',
    loss: 'halfSquaredError',
    learningRate: 0.5,
    manyACall: true,
    checks: { single: 50, more: 200 },
  },
  mlp128,
  mlp512: {
    ...mlp128,
    widths: [784, 512, 512, 10],
    batch: 256,
    batches: 4,
    checks: { single: 6, more: 4 },
  },
  // tfjs computes 1 - beta^t in float32, which loses digits: after 30 steps its loss is 1e-4 from that of float64
  'mlp128-adam': {
    ...mlp128,
    optimizer: 'adam',
    learningRate: 0.001,
    checks: { single: 12, more: 8 },
  },
  'matmul-512': product(512),
  'matmul-510': product(510),
  'matmul-1024': product(1024),
  elementwise: million,
  'elementwise-exp': { ...million, name: 'exp' },
  'elementwise-tanh': { ...million, name: 'tanh' },
  'elementwise-sigmoid': { ...million, name: 'sigmoid' },
  'elementwise-gelu': { ...million, name: 'gelu' },
  softmax: {
    kind: 'function',
    name: 'softmax',
    arguments: [
      [128, 1000],
      [128, 1000],
    ],
    scale: 4,
  },
  // y, and the gradient at x
  'layer-norm': {
    kind: 'function',
    name: 'layerNorm',
    arguments: [
      [1024, 768],
      [1024, 768],
    ],
    scale: 4,
  },
  custom: { ...mlp128, activation: 'silu' },
  'gpt-small': gptSmall,
  'gpt-medium': { ...gptSmall, context: 96, width: 128, heads: 4, layers: 4 },
  'transformer-256': { ...gptSmall, context: 128, width: 256, heads: 8, layers: 1, batch: 8 },
  generate: { ...gptSmall, kind: 'generation', batch: 1 },
  // y, and the gradients at x and at the kernel
  'conv-3x3': {
    kind: 'step',
    name: 'conv-3x3',
    arguments: [of(1, 16, 32, 32, 64), of(0.05, 3, 3, 64, 64), of(1, 16, 32, 32, 64)],
    replaced: 0,
    flops: 3 * 2 * 16 * 32 * 32 * 64 * 64 * 9,
  },
  // x, labels, and kernels and biases, which move
  lenet: {
    kind: 'step',
    name: 'lenet',
    arguments: [
      of(1, 64, 28, 28, 1),
      { shape: [64, 10], scale: 'labels' },
      ...[of(0.3, 3, 3, 1, 8), of(0.1, 8), of(0.15, 3, 3, 8, 16), of(0.1, 16)],
      ...[of(0.1, 576, 128), of(0.1, 128), of(0.2, 128, 10), of(0.1, 10)],
    ],
    replaced: 8,
  },
  // x, the slope of the loss at y, and kernels, scales and shifts, which move
  'resnet-block': {
    kind: 'step',
    name: 'resnet-block',
    arguments: [
      ...[of(1, 32, 16, 16, 64), of(1, 32, 16, 16, 64)],
      ...[of(0.05, 3, 3, 64, 64), of(1, 64), of(0.1, 64)],
      ...[of(0.05, 3, 3, 64, 64), of(1, 64), of(0.1, 64)],
    ],
    replaced: 6,
  },
  // the gradient, and step, both averages and weights, which move
  'adam-10m': {
    kind: 'step',
    name: 'adam-10m',
    arguments: [of(1, 1e7), of(0, 1), of(0, 1e7), of(0, 1e7), of(1, 1e7)],
    replaced: 4,
  },
  lstm: { ...lstmOf(64), name: 'lstm' },
  'lstm-256': { ...lstmOf(256), name: 'lstm-256' },
  'predict-mlp128': { kind: 'prediction', widths: [784, 128, 10], batch: 128 },
  'predict-minilm': sentence(128),
  'predict-minilm-16': sentence(16),
  'predict-residual': {
    kind: 'model',
    name: 'residual',
    inputs: [{ name: 'x', shape: [1, 3, 32, 32], of: 'floats' }],
    output: 'y',
    flops:
      2 * 32 * 32 * 9 * (3 * 16 + 2 * 16 * 16) +
      2 * 16 * 16 * 9 * (16 * 32 + 32 * 32) +
      2 * 8 * 8 * 9 * (32 * 64 + 64 * 64) +
      2 * 16 * 16 * 16 * 32 +
      2 * 8 * 8 * 32 * 64 +
      2 * 64 * 10,
  },
} as const satisfies Record<string, Case>;

/** Sequences, what the states are to be, and kernel, recurrent kernel and bias, which move: 128 features and units, batches of 32. */
function lstmOf(steps: number): Omit<StepCase, 'name'> {
  const [batch, units] = [32, 128];
  const sequence = of(1, batch, steps, units);
  return {
    kind: 'step',
    arguments: [sequence, sequence, of(0.1, units, 4 * units), of(0.1, units, 4 * units), of(0.1, 4 * units)],
    replaced: 3,
    // x W, h U, what goes back through it, and the gradients of both.
    flops: 5 * 2 * batch * steps * units * 4 * units,
  };
}

/** paraphrase-MiniLM-L3-v2 on one sentence: three layers of width 384, their products and those of attention. */
function sentence(tokens: number): ModelCase {
  const width = 384;
  return {
    kind: 'model',
    name: 'minilm',
    inputs: [
      { name: 'input_ids', shape: [1, tokens], of: { below: 30_000 } },
      { name: 'attention_mask', shape: [1, tokens], of: 'ones' },
    ],
    output: '461',
    flops: 3 * 2 * tokens * (12 * width * width + 2 * tokens * width),
  };
}

export type CaseName = keyof typeof cases;

export function isCase(name: string): name is CaseName {
  return Object.hasOwn(cases, name);
}

export function caseOf(name: CaseName): Case {
  return cases[name];
}

function of(scale: number, ...shape: number[]): StepArgument {
  return { shape, scale };
}

function product(n: number): FunctionCase {
  const square = [n, n] as const;
  return { kind: 'function', name: 'matmul', arguments: [square, square], scale: 1, flops: 2 * n ** 3 };
}

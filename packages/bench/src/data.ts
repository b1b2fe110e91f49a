import type { FunctionCase, LanguageCase, PredictionCase, StepCase, TrainingCase } from './cases.ts';

/** Row-major float32 elements with their shape. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface Layer {
  readonly kernel: Numbers;
  readonly bias: Numbers;
}

export interface TrainingData {
  readonly layers: readonly Layer[];
  readonly batches: readonly { readonly x: Numbers; readonly y: Numbers }[];
}

/** Numbers in [0, 1) that are the same in every process. Source: mulberry32, Tommy Ettinger. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function uniform(shape: readonly number[], scale: number, random: () => number): Numbers {
  const size = shape.reduce((all, extent) => all * extent, 1);
  return { shape, data: Float32Array.from({ length: size }, () => scale * (2 * random() - 1)) };
}

/** First weights: uniform on +-sqrt(6 / (in + out)), biases a tenth of that, so that a bias that is left out is seen. */
export function layersOf(widths: readonly number[]): Layer[] {
  const random = randomOf(1);
  return widths.slice(1).map((outputs, i) => {
    const inputs = widths[i] ?? 0;
    const bound = Math.sqrt(6 / (inputs + outputs));
    return {
      kernel: uniform([inputs, outputs], bound, random),
      bias: uniform([outputs], bound / 10, random),
    };
  });
}

/** The four patterns of XOR, or images of noise labelled by a linear teacher, one-hot. */
export function trainingData({ widths, batch, batches, loss }: TrainingCase): TrainingData {
  const layers = layersOf(widths);
  if (loss === 'halfSquaredError') {
    const x = { shape: [4, 2], data: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1) };
    return { layers, batches: [{ x, y: { shape: [4, 1], data: Float32Array.of(0, 1, 1, 0) } }] };
  }
  const random = randomOf(2);
  const [inputs = 0, classes = 0] = [widths[0], widths.at(-1)];
  const teacher = uniform([inputs, classes], 1, random).data;
  const made = Array.from({ length: batches }, () => {
    const x = { shape: [batch, inputs], data: Float32Array.from({ length: batch * inputs }, random) };
    const y = new Float32Array(batch * classes);
    for (let row = 0; row < batch; row++) {
      const scores = Array.from({ length: classes }, (_, k) => {
        let score = 0;
        for (let i = 0; i < inputs; i++)
          score += ((x.data[row * inputs + i] ?? 0) - 0.5) * (teacher[i * classes + k] ?? 0);
        return score;
      });
      y[row * classes + scores.indexOf(Math.max(...scores))] = 1;
    }
    return { x, y: { shape: [batch, classes], data: y } };
  });
  return { layers, batches: made };
}

export function predictionData({ widths, batch }: PredictionCase): {
  readonly layers: readonly Layer[];
  readonly x: Numbers;
} {
  return { layers: layersOf(widths), x: uniform([batch, widths[0] ?? 0], 1, randomOf(3)) };
}

export function functionData({ arguments: shapes, scale }: FunctionCase): Numbers[] {
  const random = randomOf(4);
  return shapes.map((shape) => uniform(shape, scale, random));
}

/** Whole numbers, row-major. */
export interface Tokens {
  readonly shape: readonly number[];
  readonly data: Int32Array;
}

export interface LanguageData {
  /** By path, below `network/`. */
  readonly weights: Readonly<Record<string, Numbers>>;
  readonly batches: readonly { readonly x: Tokens; readonly y: Tokens }[];
}

/** First weights: tables of 0.02, matrices as in `layersOf`, scales around 1 and biases around 0, so that one that is left out is seen. */
function languageWeights({ vocabulary, context, width, layers }: LanguageCase): Record<string, Numbers> {
  const random = randomOf(6);
  const weights: Record<string, Numbers> = {};
  const put = (path: string, ...shape: number[]) => {
    const { data } = uniform(shape, 1, random);
    const [scale, shift] = path.endsWith('/scale')
      ? [0.1, 1]
      : shape.length === 1
        ? [0.1, 0]
        : [path.endsWith('/table') ? 0.02 : Math.sqrt(6 / shape.reduce((a, b) => a + b)), 0];
    weights[path] = { shape, data: data.map((u) => shift + scale * u) };
  };
  const norm = (path: string) => {
    for (const name of ['scale', 'bias']) put(`${path}/${name}`, width);
  };
  const affine = (path: string, inputs: number, outputs: number) => {
    put(path, inputs, outputs);
    put(`${path}Bias`, outputs);
  };
  put('tokens/table', vocabulary, width);
  put('positions/table', context, width);
  for (let i = 0; i < layers; i++) {
    norm(`block${i}/attentionNorm`);
    for (const name of ['query', 'key', 'value', 'output'])
      affine(`block${i}/attention/${name}`, width, width);
    norm(`block${i}/feedForwardNorm`);
    affine(`block${i}/feedForward/inner`, width, 4 * width);
    affine(`block${i}/feedForward/output`, 4 * width, width);
  }
  norm('norm');
  return weights;
}

/** Four batches of windows over numbers that mostly follow from the one before, and what comes one place later. */
export function languageData(language: LanguageCase): LanguageData {
  const { vocabulary, context, batch } = language;
  const random = randomOf(5);
  const batches = Array.from({ length: 4 }, () => {
    const [x, y] = [0, 1].map(() => ({ shape: [batch, context], data: new Int32Array(batch * context) }));
    if (x === undefined || y === undefined) throw new Error('no batch');
    for (let row = 0; row < batch; row++) {
      let token = Math.floor(random() * vocabulary);
      for (let i = row * context; i < (row + 1) * context; i++) {
        x.data[i] = token;
        token = (5 * token + 7 + Math.floor(random() * 3)) % vocabulary;
        y.data[i] = token;
      }
    }
    return { x, y };
  });
  return { weights: languageWeights(language), batches };
}

/** The first arguments of a step. */
export function stepData({ arguments: all }: Pick<StepCase, 'arguments'>): Numbers[] {
  const random = randomOf(5);
  return all.map(({ shape, scale }) => {
    if (scale !== 'labels') return uniform(shape, scale, random);
    const [rows = 0, classes = 0] = shape;
    const data = new Float32Array(rows * classes);
    for (let row = 0; row < rows; row++) data[row * classes + Math.floor(random() * classes)] = 1;
    return { shape, data };
  });
}

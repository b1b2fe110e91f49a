// The GPT of packages/train/test/fixtures/gpt.py, with the numbers that both sides make.
import {
  adamw,
  type Backend,
  languageModel,
  Model,
  type Shape,
  sequenceCrossEntropy,
  sizeOf,
} from 'pullback';

export interface GptSize {
  readonly vocabulary: number;
  readonly context: number;
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  readonly batch: number;
}

/** Numbers in [0, 1) by the place and the characters of a name. */
function shares(name: string, count: number): Float64Array {
  const code = [...name].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  return Float64Array.from({ length: count }, (_, k) => {
    let h = (Math.imul(k + 1, 2654435761) + code * 40503) >>> 0;
    h = Math.imul(h ^ (h >>> 15), 2246822519) >>> 0;
    return ((h ^ (h >>> 13)) >>> 0) / 2 ** 32;
  });
}

function weight(name: string, shape: Shape): Float64Array {
  const last = name.slice(name.lastIndexOf('/') + 1);
  const bound = last === 'table' ? 0.05 : Math.sqrt(6 / shape.reduce((a, b) => a + b, 0));
  return shares(name, sizeOf(shape)).map((share) => {
    const u = 2 * share - 1;
    if (last === 'scale') return 1 + 0.1 * u;
    return u * (shape.length === 1 ? 0.1 : bound);
  });
}

/** The windows of a step, and what comes one place later. */
export function batchOf(step: number, { vocabulary, context, batch }: GptSize) {
  const [x, y] = [new Int32Array(batch * context), new Int32Array(batch * context)];
  for (let row = 0; row < batch; row++) {
    const h = shares(`text ${step} ${row}`, context + 1);
    let token = Math.floor((h[0] ?? 0) * vocabulary);
    h.forEach((share, i) => {
      token = (5 * token + 7 + Math.floor(share * 3)) % vocabulary;
      if (i < context) x[row * context + i] = token;
      if (i > 0) y[row * context + i - 1] = token;
    });
  }
  const spec = { shape: [batch, context], dtype: 'int32' } as const;
  return { x: { ...spec, data: x }, y: { ...spec, data: y } };
}

export async function gptOf(size: GptSize, backend: Backend | 'wasm', dtype: 'float32' | 'float64') {
  const { batch: _, ...sizes } = size;
  const model = await Model.create({
    network: languageModel(sizes),
    input: [size.context],
    loss: sequenceCrossEntropy(),
    optimizer: adamw({ learningRate: 1e-3 }),
    backend,
    dtype,
  });
  const own = (path: string) => path.slice('network/'.length);
  await model.load(
    Object.fromEntries(
      Object.entries(await model.weights()).map(([path, { shape }]) => [
        path,
        { shape, data: weight(own(path), shape) },
      ]),
    ),
  );
  return model;
}

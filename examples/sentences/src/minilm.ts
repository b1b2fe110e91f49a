import {
  add,
  defineLayer,
  div,
  embedding,
  expandDims,
  filled,
  type Layer,
  layerNorm,
  learnedPositions,
  Model,
  maximum,
  meanSquaredError,
  mul,
  type NameMap,
  norm,
  reshape,
  sgd,
  slice,
  sum,
  transferWeights,
  transformerBlock,
  type Value,
} from 'pullback';

const [width, heads, layers, places, vocabulary] = [384, 12, 6, 512, 30_522];
const epsilon = 1e-12;

/** BERT of 6 layers, the mean of its outputs over the words of a sentence, at length 1: tokens and mask [n, t] to [n, 384]. */
export function minilm(): Layer<readonly [Value, Value]> {
  // All numbers come from a file.
  const initializer = filled(0);
  const words = embedding(vocabulary, width, { name: 'words', initializer });
  const positions = learnedPositions(places, { name: 'places', initializer });
  const first = layerNorm({ name: 'norm', epsilon });
  const blocks = Array.from({ length: layers }, (_, i) =>
    transformerBlock(heads, {
      placement: 'post',
      epsilon,
      name: `block${i}`,
      kernelInitializer: initializer,
    }),
  );
  return defineLayer('minilm', (scope, tokens: Value, mask: Value) => {
    const type = scope.parameter('type', [width], initializer);
    let y = scope.apply(first, add(scope.apply(positions, scope.apply(words, tokens)), type));
    for (const block of blocks) y = scope.apply(block, y, mask);
    const seen = expandDims(mask, 2);
    const mean = div(sum(mul(y, seen), { axis: 1 }), maximum(sum(seen, { axis: 1 }), 1e-9));
    return div(mean, maximum(norm(mean, { axis: 1, keepAxis: true }), 1e-12));
  });
}

const layer = 'encoder.layer.{i}';
const block = 'network/block{i}';
const matrix = (to: string) => ({ to, transpose: true });

/** Where each tensor of BERT goes to. */
export const names: NameMap = {
  'embeddings.word_embeddings.weight': 'network/words/table',
  'embeddings.position_embeddings.weight': 'network/places/table',
  // Of one sentence alone.
  'embeddings.token_type_embeddings.weight': {
    to: 'network/type',
    change: (x) => reshape(slice(x, [0], [1]), [width]),
  },
  'embeddings.LayerNorm.weight': 'network/norm/scale',
  'embeddings.LayerNorm.bias': 'network/norm/bias',
  [`${layer}.attention.self.{part}.weight`]: matrix(`${block}/attention/{part}`),
  [`${layer}.attention.self.{part}.bias`]: `${block}/attention/{part}Bias`,
  [`${layer}.attention.output.dense.weight`]: matrix(`${block}/attention/output`),
  [`${layer}.attention.output.dense.bias`]: `${block}/attention/outputBias`,
  [`${layer}.attention.output.LayerNorm.weight`]: `${block}/attentionNorm/scale`,
  [`${layer}.attention.output.LayerNorm.bias`]: `${block}/attentionNorm/bias`,
  [`${layer}.intermediate.dense.weight`]: matrix(`${block}/feedForward/inner`),
  [`${layer}.intermediate.dense.bias`]: `${block}/feedForward/innerBias`,
  [`${layer}.output.dense.weight`]: matrix(`${block}/feedForward/output`),
  [`${layer}.output.dense.bias`]: `${block}/feedForward/outputBias`,
  [`${layer}.output.LayerNorm.weight`]: `${block}/feedForwardNorm/scale`,
  [`${layer}.output.LayerNorm.bias`]: `${block}/feedForwardNorm/bias`,
  'embeddings.position_ids': null,
  'pooler.**': null,
};

/** The model with the weights of a safetensors file, for sentences of at most `length` tokens. */
export async function loadMinilm(
  file: string,
  length: number,
  backend: 'auto' | 'wasm' = 'auto',
): Promise<Model> {
  const model = await Model.create({
    network: minilm(),
    input: { tokens: [length], mask: [length] },
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.01 }),
    backend,
  });
  await transferWeights(file, model, { names });
  return model;
}

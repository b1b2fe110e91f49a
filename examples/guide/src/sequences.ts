// #region model
import { byteTokenizer, generateText, windows } from '@pullback/text';
import { adamw, languageModel, Model, sequenceCrossEntropy } from 'pullback';

const text = 'the quick brown fox jumps over the lazy dog. '.repeat(40);
const tokenizer = byteTokenizer();
const model = await Model.create({
  network: languageModel({
    vocabulary: tokenizer.vocabulary,
    context: 32,
    width: 32,
    heads: 2,
    layers: 1,
  }),
  input: [32],
  loss: sequenceCrossEntropy(),
  optimizer: adamw({ learningRate: 0.01 }),
  backend: 'wasm',
});
const batches = windows(tokenizer.encode(text), { length: 32, batchSize: 8, stride: 7 });
await model.fit(batches, { epochs: 4, metrics: ['bitsPerSymbol'], progress: false });
// #endregion

// #region generate
let typed = 'the quick ';
for await (const piece of generateText(model, tokenizer, typed, {
  temperature: 0.5,
  topP: 0.9,
  most: 60,
  seed: 1,
}))
  typed += piece;
console.log(typed);

// #endregion

// #region layers
import {
  dense,
  embedding,
  feedForward,
  layerNorm,
  learnedPositions,
  multiHeadAttention,
  residual,
  sequential,
} from 'pullback';

const tokens = embedding(256, 32);
const network = sequential(
  tokens,
  learnedPositions(32),
  residual(layerNorm(), multiHeadAttention(4, { causal: true, keyValueHeads: 2 })),
  residual(layerNorm(), feedForward(128)),
  layerNorm(),
  tokens.logits, // or dense(256): scores by a matrix of their own
);
// #endregion
console.log(dense(256).name, network.name);

// #region recurrent
import { bidirectional, gru, lstm, simpleRnn } from 'pullback';

const classifier = sequential(
  embedding(256, 32),
  bidirectional(gru(32), gru(32)),
  lstm(64, { returns: 'last' }),
  dense(3),
);
const shallow = simpleRnn(64, { checkpoint: 16 }); // keeps the states before every 16th place alone
// #endregion
console.log(classifier.name, shallow.name);

// #region scan
import { add, constant, evaluate, gradient, matmul, scan, sum, tanh } from 'pullback';

const series = constant([[[0.5]], [[-1]], [[2]]]); // three steps, one sample, one feature
const [W, U] = [
  constant([[0.4, -0.3]]),
  constant([
    [0.1, 0.2],
    [0.3, -0.1],
  ]),
];
const { carries: last, outputs: states } = scan(
  (h, x) => {
    const next = tanh(add(matmul(x, W), matmul(h, U)));
    return { carries: next, outputs: next };
  },
  constant([[0, 0]]),
  series,
);
const [slope = W] = gradient(sum(states), [U]);
console.log(evaluate(last).shape, evaluate(slope).data); // [1, 2], and the gradient of four weights
// #endregion

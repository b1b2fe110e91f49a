// #region write
import { onnxBytes } from '@pullback/onnx';

const bytes = onnxBytes({
  inputs: [{ name: 'x', shape: ['n', 2] }],
  outputs: [{ name: 'y', shape: ['n', 1] }],
  nodes: [
    { operator: 'Gemm', inputs: ['x', 'hidden.w', 'hidden.b'], outputs: ['h'] },
    { operator: 'Tanh', inputs: ['h'], outputs: ['features'] },
    { operator: 'Gemm', inputs: ['features', 'head.w'], outputs: ['y'] },
  ],
  numbers: {
    'hidden.w': { shape: [2, 3], dtype: 'float32', data: Float32Array.of(1, -1, 0.5, 0.2, 1, -0.3) },
    'hidden.b': { shape: [3], dtype: 'float32', data: new Float32Array(3) },
    'head.w': { shape: [3, 1], dtype: 'float32', data: Float32Array.of(0.1, 0.2, 0.3) },
  },
});

// #endregion

// #region open
import { onnx, readOnnx } from '@pullback/onnx';
import { dense, frozen, Model, meanSquaredError, sequential, sgd } from 'pullback';

const file = readOnnx(bytes); // of a file: readOnnxFile('model.onnx') of '@pullback/onnx/files'
file.inputs; // [{ name: 'x', shape: ['n', 2], ... }]
file.unsupported; // the operators that are missing, with their nodes: none
const model = await Model.create({
  network: onnx(file),
  input: [2],
  loss: meanSquaredError(),
  optimizer: sgd({ learningRate: 0.1 }),
});
await model.fit(
  [
    [0, 1],
    [1, 0],
  ],
  [[1], [0]],
  { epochs: 5, progress: false },
);
const { 'network/head.w': head } = await model.weights(); // trained, by the names of the file
// #endregion

// #region head
const body = onnx(file, { outputs: ['features'] });
const tuned = await Model.create({
  network: sequential(frozen(body), dense(4)),
  input: body.input(),
  loss: meanSquaredError(),
  optimizer: sgd({ learningRate: 0.1 }),
});

// #endregion

// #region export
import { onnxWriter } from '@pullback/onnx';

const { code } = await model.export({ x: [[0, 1]] }, { writer: onnxWriter() }); // an ONNX file of batches like this one
const again = readOnnx(code);

// #endregion

// #region function
import { onnxFunction } from '@pullback/onnx';
import { constant, evaluate } from 'pullback';

const graph = onnxFunction(file);
const { y } = graph({ x: constant([[0, 1]]) });
if (y !== undefined) evaluate(y).data; // numbers

// #endregion

// #region operator
import { mul, sigmoid } from 'pullback';

const withSwish = readOnnx(bytes, {
  operators: { 'com.acme:Swish': (node) => mul(node.x(0), sigmoid(mul(node.float('beta', 1), node.x(0)))) },
});

// #endregion

// #region plugin
import { operatorPlugin, readOnnxWith } from '@pullback/onnx/plugin';
import { createContainer } from 'pullback';

const acme = operatorPlugin({ 'com.acme:Half': (node) => mul(node.x(0), 0.5) });
const fromContainer = readOnnxWith(createContainer(acme), bytes);
// #endregion

if (
  head?.shape.length !== 2 ||
  tuned.stepCount !== 0 ||
  again.unsupported.length + withSwish.unsupported.length + fromContainer.unsupported.length > 0
)
  throw new Error('not as the documentation says');

// The product, through its public face.

import { native } from '@pullback/backend-native';
import { wasm } from '@pullback/backend-wasm';
import {
  type Activation,
  adam,
  adamw,
  add,
  type Backend,
  backendOf,
  conv2d,
  defineActivation,
  dense,
  div,
  exp,
  flatten,
  gelu,
  gradient,
  halfSquaredError,
  languageModel,
  Model,
  matmul,
  maxPool,
  mean,
  meanSquaredError,
  mul,
  type Layer as NetworkLayer,
  placeholder,
  relu,
  sequenceCrossEntropy,
  sequential,
  sgd,
  sigmoid,
  silu,
  softmax,
  softmaxCrossEntropy,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  trace,
  type Value,
  zeroPadding,
} from 'pullback';
import type { FunctionName, LanguageCase, StepCase, TrainingCase } from '../cases.ts';
import type { Layer, Numbers } from '../data.ts';
import { type Library, type Open, type Run, type Setting, sampleOf } from '../library.ts';
import type { ModelData } from '../model-data.ts';
import { stepsOf } from './pullback-steps.ts';

export const open: Open = async (setting) => {
  const backend = await backendFor(setting);
  return {
    train: (training, data) => train(backend, training, data, setting.form),
    call: (call, data) => callFunction(backend, functions[call.name], data),
    language: (language, data) => speak(backend, language, data),
    advance: (step, data) =>
      step.name === 'lenet' ? trainLenet(backend, data) : advance(backend, step, data),
    infer: ({ output }, data) => infer(backend, output, data),
    predict: ({ widths }, { layers, x }) => predict(backend, widths, layers, x),
  };
};

function backendFor({ backend, threads }: Setting): Backend | Promise<Backend> {
  if (backend === 'wasm') return wasm({ threads });
  return backend === 'native' ? native({ threads }) : backendOf(backend);
}

/** silu without the library's own: derived, and with its vjp written by hand. */
const siluForms: Readonly<Record<string, Activation>> = {
  expression: defineActivation('silu of an expression', (x) => mul(x, sigmoid(x))),
  vjp: defineActivation('silu by hand', {
    forward: (x) => mul(x, sigmoid(x)),
    vjp: (g, { input, output }) => {
      const s = sigmoid(input);
      return mul(g, add(s, mul(output, sub(1, s))));
    },
  }),
};

type Train = Library['train'];

async function train(
  backend: Backend,
  { widths, activation, loss, optimizer, learningRate, manyACall }: TrainingCase,
  data: Parameters<Train>[1],
  form: string | undefined,
): Promise<Run> {
  const chosen = { relu, sigmoid, silu: siluForms[form ?? ''] ?? silu }[activation];
  const classifies = loss === 'softmaxCrossEntropy';
  const model = await Model.create({
    network: networkOf(data.layers, chosen, classifies ? undefined : sigmoid),
    input: [widths[0] ?? 0],
    loss: classifies ? softmaxCrossEntropy() : halfSquaredError(),
    optimizer: (optimizer === 'sgd' ? sgd : adam)({ learningRate }),
    backend,
  });
  const batches = data.batches.map(({ x, y }) => ({ x: tensor(x), y: tensor(y) }));
  let taken = 0;
  let last: { read(): Promise<number> } | undefined;
  const read = async () => [(await last?.read()) ?? Number.NaN];
  return {
    step: (count) => {
      const calls = manyACall ? 1 : count;
      for (let i = 0; i < calls; i++) {
        const batch = batches[taken++ % batches.length];
        if (batch !== undefined) last = model.step(batch, { times: count / calls }).loss;
      }
    },
    settle: async () => {
      await read();
    },
    figures: read,
    counters: () => countersOf(backend),
  };
}

/** Steps of training, or places of a sequence: each is the likeliest after the ones before. */
async function speak(
  backend: Backend,
  { kind, batch: _, learningRate, ...size }: LanguageCase,
  data: Parameters<NonNullable<Library['language']>>[1],
): Promise<Run> {
  const model = await Model.create({
    network: languageModel(size),
    input: [size.context],
    loss: sequenceCrossEntropy(),
    optimizer: adamw({ learningRate }),
    backend,
  });
  const counters = () => countersOf(backend);
  if (kind === 'generation') {
    const decoder = model.decoder();
    let token = 1;
    const step = async (count: number) => {
      for (let i = 0; i < count; i++) {
        if (decoder.position === decoder.capacity) decoder.reset();
        const { data: scores } = await decoder.next([[token]]);
        token = scores.indexOf(Math.max(...scores));
      }
    };
    return { step, settle: async () => {}, figures: async () => [token], counters };
  }
  const named = Object.entries(data.weights).map(([path, weight]) => [`network/${path}`, weight]);
  await model.load(Object.fromEntries(named));
  const batches = data.batches.map(({ x, y }) => ({ x: tensor(x), y: tensor(y) }));
  let [taken, last]: [number, { read(): Promise<number> } | undefined] = [0, undefined];
  const read = async () => [(await last?.read()) ?? Number.NaN];
  return {
    step: (count) => {
      for (let i = 0; i < count; i++) {
        const batch = batches[taken++ % batches.length];
        if (batch !== undefined) last = model.step(batch).loss;
      }
    },
    settle: async () => void (await read()),
    figures: read,
    counters,
  };
}

function networkOf(layers: readonly Layer[], hidden: Activation, last?: Activation) {
  return sequential(
    ...layers.flatMap(({ kernel, bias }, i): NetworkLayer<readonly [Value]>[] => {
      const affine = dense(bias.data.length, {
        kernelInitializer: () => Float64Array.from(kernel.data),
        biasInitializer: () => Float64Array.from(bias.data),
      });
      const activation = i < layers.length - 1 ? hidden : last;
      return activation === undefined ? [affine] : [affine, activation()];
    }),
  );
}

const eachRow = { axis: -1, keepAxis: true };

/** f(x), and the gradient of sum(f(x) w) at x. */
function withSlope(f: (x: Value) => Value): (x: Value, w: Value) => readonly Value[] {
  return (x, weights) => {
    const y = f(x);
    return [y, ...gradient(sum(mul(y, weights)), [x])];
  };
}

const functions: Readonly<Record<FunctionName, (x: Value, y: Value) => readonly Value[]>> = {
  matmul: (x, y) => [matmul(x, y)],
  exp: (x) => [exp(x)],
  tanh: (x) => [tanh(x)],
  sigmoid: (x) => [sigmoid(x)],
  gelu: (x) => [gelu(x)],
  elementwise: (x) => [exp(x), tanh(x), sigmoid(x), gelu(x)],
  softmax: withSlope((x) => softmax(x)),
  layerNorm: withSlope((x) => {
    const centred = sub(x, mean(x, eachRow));
    return div(centred, sqrt(add(mean(square(centred), eachRow), 1e-5)));
  }),
};

/** Compiled once; results that replace arguments are written over them. */
async function advance(
  backend: Backend,
  { name, replaced }: StepCase,
  data: readonly Numbers[],
): Promise<Run> {
  if (name === 'lenet') throw new Error('lenet is a model');
  const given = data.map((numbers) => tensor(numbers));
  const values = given.map((argument, i) => placeholder(argument, `argument${i}`));
  const results = stepsOf[name](...values);
  const executable = await backend.compile(trace(values, [...results]));
  const inputs = given.map((argument) => bufferOf(backend, argument));
  const own = results.slice(0, results.length - replaced).map(({ spec }) => backend.allocate(spec));
  const moving = inputs.slice(inputs.length - replaced);
  const binding = executable.bind(inputs, [...own, ...moving]);
  const settle = await fenceOf(backend);
  return {
    step: (count) => binding.run(count),
    settle,
    figures: async () => {
      const read = own.length > 0 ? own : moving;
      return sampleOf(await Promise.all(read.map((buffer) => backend.read(buffer))));
    },
    counters: () => countersOf(backend),
  };
}

async function trainLenet(backend: Backend, data: readonly Numbers[]): Promise<Run> {
  const [x, y, ...weights] = data.map((numbers) => tensor(numbers));
  if (x === undefined || y === undefined) throw new Error('lenet without data');
  const from = (i: number) => ({
    kernelInitializer: () => Float64Array.from(weights[i]?.data ?? []),
    biasInitializer: () => Float64Array.from(weights[i + 1]?.data ?? []),
  });
  const model = await Model.create({
    network: sequential(
      ...[
        conv2d(8, 3, from(0)),
        relu(),
        maxPool(2),
        zeroPadding([
          [1, 0],
          [1, 0],
        ]),
      ],
      ...[conv2d(16, 3, from(2)), relu(), maxPool(2), flatten()],
      ...[dense(128, from(4)), relu(), dense(10, from(6))],
    ),
    input: [28, 28, 1],
    loss: softmaxCrossEntropy(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend,
  });
  let last: { read(): Promise<number> } | undefined;
  const read = async () => sampleOf([[(await last?.read()) ?? Number.NaN]]);
  return {
    step: (count) => {
      for (let i = 0; i < count; i++) last = model.step({ x, y }).loss;
    },
    settle: async () => {
      await read();
    },
    figures: read,
    counters: () => countersOf(backend),
  };
}

/** Compiled once, arguments and results on the backend, as the peers have them: `compile` would copy both at every call. */
async function callFunction(
  backend: Backend,
  f: (x: Value, y: Value) => readonly Value[],
  data: readonly Numbers[],
): Promise<Run> {
  const given = data.map((numbers) => tensor(numbers));
  const [x, y] = given.map((argument, i) => placeholder(argument, `argument${i}`));
  if (x === undefined) throw new Error('a function without arguments');
  const results = f(x, y ?? x);
  const executable = await backend.compile(trace(y === undefined ? [x] : [x, y], [...results]));
  const inputs = given.map((argument) => bufferOf(backend, argument));
  const outputs = results.map(({ spec }) => backend.allocate(spec));
  const binding = executable.bind(inputs, outputs);
  const settle = await fenceOf(backend);
  return {
    step: (count) => {
      for (let i = 0; i < count; i++) binding.run();
    },
    settle,
    figures: async () => sampleOf(await Promise.all(outputs.map((buffer) => backend.read(buffer)))),
    counters: () => countersOf(backend),
  };
}

function bufferOf(backend: Backend, { shape, dtype, data }: Tensor) {
  const buffer = backend.allocate({ shape, dtype });
  backend.write(buffer, data);
  return buffer;
}

/** Waits for all that was run before, by running and reading four bytes. */
async function fenceOf(backend: Backend): Promise<() => Promise<void>> {
  const one = tensor(1);
  const x = placeholder(one, 'one');
  const executable = await backend.compile(trace([x], [mul(x, x)]));
  const output = backend.allocate(one);
  const binding = executable.bind([bufferOf(backend, one)], [output]);
  return async () => {
    binding.run();
    await backend.read(output);
  };
}

async function predict(
  backend: Backend,
  widths: readonly number[],
  layers: readonly Layer[],
  numbers: Numbers,
): Promise<Run> {
  const model = await Model.create({
    network: networkOf(layers, relu),
    input: [widths[0] ?? 0],
    loss: softmaxCrossEntropy(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend,
  });
  return predicting(backend, model, tensor(numbers));
}

/** An ONNX file as a network, and what it predicts; its weights may be trained on. */
async function infer(backend: Backend, output: string, { onnx: file, inputs }: ModelData): Promise<Run> {
  const { onnx, readOnnx } = await import('@pullback/onnx');
  const given = Object.entries(inputs).map(([name, numbers]) => [name, tensor(numbers)] as const);
  const model = await Model.create({
    network: onnx(readOnnx(file.data), { outputs: [output] }),
    input: Object.fromEntries(given.map(([name, { shape }]) => [name, shape.slice(1)])),
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend,
  });
  const [[, only] = []] = given;
  return predicting(
    backend,
    model,
    given.length === 1 && only !== undefined ? only : Object.fromEntries(given),
  );
}

function predicting(
  backend: Backend,
  model: { predict(x: Tensor | Readonly<Record<string, Tensor>>): Promise<Tensor> },
  x: Tensor | Readonly<Record<string, Tensor>>,
): Run {
  let result: Tensor | undefined;
  return {
    step: async (count) => {
      for (let i = 0; i < count; i++) result = await model.predict(x);
    },
    settle: async () => {},
    figures: async () => sampleOf(result === undefined ? [] : [result.data]),
    counters: () => countersOf(backend),
  };
}

/** The numbers that a backend counts, where it does. */
function countersOf(backend: Backend): Record<string, number> {
  const counters: unknown = 'counters' in backend ? backend.counters : undefined;
  return typeof counters === 'object' && counters !== null
    ? Object.fromEntries(Object.entries(counters).filter(([, count]) => typeof count === 'number'))
    : {};
}

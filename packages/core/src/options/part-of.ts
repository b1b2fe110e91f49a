import { type Field, having, part } from './field.ts';
import { meant } from './meant.ts';

/** The usual things of a kind, and how code makes one of them: what is told to who gives a name where the thing itself belongs. */
const usual: Readonly<Record<string, readonly [names: string, call: string]>> = {
  layer: ['dense relu sigmoid tanh softmax dropout flatten conv2d batchNorm', '(...)'],
  activation: ['relu gelu silu tanh sigmoid elu selu leakyRelu softplus', ''],
  loss: [
    'softmaxCrossEntropy sigmoidBinaryCrossEntropy meanSquaredError meanAbsoluteError categoricalCrossEntropy binaryCrossEntropy huber',
    '()',
  ],
  optimizer: ['adam adamw sgd momentum rmsprop adagrad', '({ learningRate: 0.001 })'],
  schedule: ['cosine exponential polynomial warmup oneCycle', '({ ... })'],
  initializer: ['glorotUniform glorotNormal heUniform heNormal orthogonal', '()'],
};

/** The option of a kind of thing. A hint says how the thing is written where its name was given, and what a layer is made of where several were. */
export function partOf<T>(kind: string, given: Field<T, false>): Field<T, false> {
  return part(kind, {
    ...given,
    refuse: (value) => {
      const wrong = given.refuse(value);
      const hint = wrong && hintOf(kind, value);
      return wrong && hint !== undefined ? { ...wrong, hint } : wrong;
    },
  });
}

function hintOf(kind: string, value: unknown): string | undefined {
  if (Array.isArray(value))
    return kind === 'layer' ? 'sequential(a, b, c) makes one layer of several.' : undefined;
  if (kind === 'activation' && having('', 'forward').refuse(value) === undefined)
    return 'An activation is given as it is, not called: relu.';
  const [known, call] = usual[kind] ?? [];
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : value;
  if (known === undefined || !(type === undefined || typeof type === 'string')) return undefined;
  const all = known.split(' ');
  const name = (type === undefined ? undefined : meant(type, all)) ?? all[0];
  const names = type === undefined ? '' : 'Names are for createModel. ';
  return `${names}Here: import { ${name} } from 'pullback', and ${name}${call}.`;
}

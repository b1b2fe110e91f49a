import { codeOf } from '../expression/code.ts';
import { parse } from '../expression/parse.ts';
import { featuresOf, pointsOf } from './data.ts';
import { isRegression, type PointsSetup } from './setup.ts';

/** A program for Node that trains the same network on the same points for so many steps: it needs `npm install pullback`. */
export function scriptOf(setup: PointsSetup, steps: number): string {
  const { train, test } = pointsOf(setup);
  const activation = codeOf(parse(setup.activation));
  const loss = lossCode(setup);
  const regular = setup.decay !== 0;
  const layer = (units: number, rest: string) => {
    const made = `dense(${units}, { ${rest} })`;
    return regular ? `regularized(${made}, { kernel: l2(${setup.decay}) })` : made;
  };
  const layers = [
    ...setup.layers.map((units, i) => layer(units, `activation, name: 'hidden${i + 1}'`)),
    layer(1, `name: 'output'${isRegression(setup) ? '' : ', activation: sigmoid'}`),
  ];
  const used = new Set([
    'Model',
    'defineActivation',
    'dense',
    'sequential',
    setup.optimizer,
    ...activation.functions,
    ...loss.functions,
    ...(regular ? ['l2', 'regularized'] : []),
    ...(isRegression(setup) ? [] : ['sigmoid']),
  ]);
  const data = (points: typeof train) => ({
    x: featuresOf(points.at, setup.features),
    y: points.targets.map((target) => [target]),
  });
  const metrics = isRegression(setup) ? '' : ", { metrics: ['accuracy'] }";
  return `import { ${[...used].sort().join(', ')} } from 'pullback';

// ${setup.data}, by features ${setup.features.join(', ')}
const train = ${JSON.stringify(data(train))};
const test = ${JSON.stringify(data(test))};

const activation = defineActivation(${JSON.stringify(setup.activation)}, (${activation.functions.includes('fill') ? 'like' : 'x'}) => ${activation.functions.includes('fill') ? `{ const x = like; return ${activation.code}; }` : activation.code});
const model = await Model.create({
  network: sequential(
    ${layers.join(',\n    ')},
  ),
  input: [${setup.features.length}],
  loss: ${loss.code},
  optimizer: ${setup.optimizer}({ learningRate: ${setup.learningRate} }),
  backend: 'wasm',
  seed: ${setup.seed},
});
if (${steps} > 0) await model.step(train, { times: ${steps}, batchSize: ${batchOf(setup, train.at.length)} }).loss.read();
console.log(JSON.stringify({ steps: model.stepCount, train: await model.evaluate(train.x, train.y${metrics}), test: await model.evaluate(test.x, test.y${metrics}) }));
`;
}

/** The largest number of samples up to the one asked for that divides all of them: steps then take them in turn. */
export function batchOf({ batch }: Pick<PointsSetup, 'batch'>, count: number): number {
  for (let size = Math.min(batch, count); size > 1; size--) if (count % size === 0) return size;
  return 1;
}

function lossCode({ loss }: PointsSetup): { readonly code: string; readonly functions: readonly string[] } {
  if (loss === 'cross entropy') return { code: 'binaryCrossEntropy()', functions: ['binaryCrossEntropy'] };
  if (loss === 'half squared error') return { code: 'halfSquaredError()', functions: ['halfSquaredError'] };
  const { code, functions } = codeOf(parse(loss, ['p', 't']));
  const like = functions.includes('fill') ? '{ const like = p; ' : '';
  const body = like === '' ? `sum(${code}, { axis: 1 })` : `${like}return sum(${code}, { axis: 1 }); }`;
  return {
    code: `defineLoss('typed', { perSample: (p, t) => ${body} })()`,
    functions: [...functions, 'defineLoss', 'sum'],
  };
}

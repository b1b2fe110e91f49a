export const dataNames = ['spiral', 'circle', 'moons', 'xor', 'gauss', 'plane', 'hills', 'own'] as const;
export type DataName = (typeof dataNames)[number];

export const featureNames = ['x', 'y', 'x²', 'y²', 'xy', 'sin x', 'sin y'] as const;
export type FeatureName = (typeof featureNames)[number];

export const optimizerNames = ['adam', 'sgd', 'momentum', 'rmsprop'] as const;
export type OptimizerName = (typeof optimizerNames)[number];

/** A point of one's own: where it is, and whether it belongs to the second class. */
export type OwnPoint = readonly [x: number, y: number, label: 0 | 1];

/** All that a training on points depends on: equal ones give equal bits. */
export interface PointsSetup {
  readonly data: DataName;
  readonly own: readonly OwnPoint[];
  /** How far points are moved at random. */
  readonly noise: number;
  readonly features: readonly FeatureName[];
  /** Units of the hidden layers. */
  readonly layers: readonly number[];
  /** Typed, as `tanh(x)`. */
  readonly activation: string;
  /** `cross entropy`, `half squared error`, or typed in p and t. */
  readonly loss: string;
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  readonly batch: number;
  /** The factor of sum w^2. */
  readonly decay: number;
  readonly seed: number;
}

export const usual: PointsSetup = {
  data: 'spiral',
  own: [],
  noise: 0,
  features: ['x', 'y'],
  layers: [8, 8],
  activation: 'tanh(x)',
  loss: 'cross entropy',
  optimizer: 'adam',
  learningRate: 0.03,
  batch: 20,
  decay: 0,
  seed: 1,
};

export const mostLayers = 6;
export const mostUnits = 12;

/** Whether targets are numbers and not classes. */
export const isRegression = ({ data }: Pick<PointsSetup, 'data'>): boolean =>
  data === 'plane' || data === 'hills';

/** The setup as the part of an address behind `#`: what is usual is left out. */
export function hashOf(setup: PointsSetup): string {
  const params = new URLSearchParams({ problem: 'points' });
  const put = (name: keyof PointsSetup, text: string, unless: string) => {
    if (text !== unless) params.set(name, text);
  };
  put('own', setup.own.map((point) => point.join(' ')).join(), '');
  for (const name of ['features', 'layers'] as const) put(name, setup[name].join(), usual[name].join());
  for (const name of ['data', 'activation', 'loss', 'optimizer'] as const)
    put(name, setup[name], usual[name]);
  for (const name of ['noise', 'learningRate', 'batch', 'decay', 'seed'] as const)
    put(name, String(setup[name]), String(usual[name]));
  return `#${params.toString()}`;
}

/** What an address says; what it does not say, or says in a way that makes no sense, is usual. Undefined for another problem. */
export function setupOf(hash: string): PointsSetup | undefined {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  if (params.get('problem') !== 'points') return undefined;
  const oneOf = <T extends string>(name: string, allowed: readonly T[], otherwise: T): T =>
    allowed.find((each) => each === params.get(name)) ?? otherwise;
  const number = (name: 'noise' | 'learningRate' | 'batch' | 'decay' | 'seed', low: number, high: number) => {
    const text = params.get(name);
    const given = text === null || text === '' ? usual[name] : Number(text);
    return Number.isFinite(given) ? Math.min(high, Math.max(low, given)) : usual[name];
  };
  const whole = (name: 'batch' | 'seed', low: number, high: number) => Math.round(number(name, low, high));
  const features = featureNames.filter((name) => params.get('features')?.split(',').includes(name));
  const layers = params.get('layers');
  return {
    data: oneOf('data', dataNames, usual.data),
    own: (params.get('own') ?? '').split(',').flatMap(ownPoint).slice(0, 500),
    noise: number('noise', 0, 0.5),
    features: features.length === 0 ? usual.features : features,
    layers: layers === null ? usual.layers : unitsOf(layers),
    activation: (params.get('activation') ?? usual.activation).slice(0, 200),
    loss: (params.get('loss') ?? usual.loss).slice(0, 200),
    optimizer: oneOf('optimizer', optimizerNames, usual.optimizer),
    learningRate: number('learningRate', 1e-5, 10),
    batch: whole('batch', 1, 200),
    decay: number('decay', 0, 1),
    seed: whole('seed', 0, 1e6),
  };
}

function unitsOf(text: string): number[] {
  return text
    .split(',')
    .map(Number)
    .filter((units) => Number.isInteger(units) && units >= 1 && units <= mostUnits)
    .slice(0, mostLayers);
}

function ownPoint(text: string): OwnPoint[] {
  const [x = Number.NaN, y = Number.NaN, label] = text.split(' ').map(Number);
  const fits = Math.abs(x) <= 1.2 && Math.abs(y) <= 1.2 && (label === 0 || label === 1);
  return fits ? [[x, y, label]] : [];
}

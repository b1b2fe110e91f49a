import { RandomStream } from 'pullback';
import { type DataName, type FeatureName, isRegression, type PointsSetup } from './setup.ts';

/** Points of the plane, about from -1 to 1, and a target for each: a class, or a number from -1 to 1. */
export interface Points {
  readonly at: readonly (readonly [number, number])[];
  readonly targets: readonly number[];
}

const count = 200;

type Draw = (random: RandomStream, label: 0 | 1) => readonly [number, number];

const between = (random: RandomStream, low: number, high: number) => low + (high - low) * random.uniform();
const onCircle = (radius: number, angle: number) =>
  [radius * Math.sin(angle), radius * Math.cos(angle)] as const;
const anywhere: Draw = (random) => [between(random, -1, 1), between(random, -1, 1)];

const draws: Readonly<Record<Exclude<DataName, 'own'>, Draw>> = {
  spiral: (random, label) => {
    const radius = Math.sqrt(random.uniform());
    return onCircle(radius, 3.5 * Math.PI * radius + label * Math.PI);
  },
  circle: (random, label) =>
    onCircle(
      label === 1 ? between(random, 0, 0.45) : between(random, 0.65, 1),
      between(random, 0, 2 * Math.PI),
    ),
  moons: (random, label) => {
    const angle = between(random, 0, Math.PI);
    const [x, y] = [0.6 * Math.cos(angle), 0.6 * Math.sin(angle)];
    return label === 1 ? [x - 0.3, y - 0.15] : [0.3 - x, 0.15 - y];
  },
  xor: (random, label) => {
    const [x, y] = [between(random, 0.1, 1), between(random, 0.1, 1)];
    const side = random.uniform() < 0.5 ? -1 : 1;
    return [side * x, (label === 1 ? side : -side) * y];
  },
  gauss: (random, label) => {
    const middle = label === 1 ? 0.45 : -0.45;
    return [middle + 0.2 * random.normal(), middle + 0.2 * random.normal()];
  },
  plane: anywhere,
  hills: anywhere,
};

const heights = {
  plane: ([x, y]: readonly [number, number]) => (x + y) / 2,
  hills: ([x, y]: readonly [number, number]) =>
    Math.exp(-6 * ((x - 0.4) ** 2 + (y - 0.4) ** 2)) - Math.exp(-6 * ((x + 0.4) ** 2 + (y + 0.4) ** 2)),
};

/** 200 points to train on, in random order, and 200 others; of own points every fourth is kept to test with. */
export function pointsOf(setup: Pick<PointsSetup, 'data' | 'own' | 'noise' | 'seed'>): {
  readonly train: Points;
  readonly test: Points;
} {
  const { data, own, noise, seed } = setup;
  if (data === 'own') {
    const part = (test: boolean): Points => {
      const some = own.filter((_, i) => (i % 4 === 3) === test);
      return { at: some.map(([x, y]) => [x, y]), targets: some.map(([, , label]) => label) };
    };
    return { train: part(false), test: own.length < 4 ? part(false) : part(true) };
  }
  const random = RandomStream.of(seed, `points ${data}`);
  const half = (): Points => {
    const drawn = Array.from({ length: count }, (_, i) => {
      const label = i % 2 === 0 ? 0 : 1;
      const at = draws[data](random, label);
      const target = data === 'plane' || data === 'hills' ? heights[data](at) : label;
      const moved = [at[0] + noise * random.normal() * 0.5, at[1] + noise * random.normal() * 0.5] as const;
      return isRegression(setup)
        ? { at, target: target + noise * random.normal() * 0.5 }
        : { at: moved, target };
    });
    return { at: drawn.map(({ at }) => at), targets: drawn.map(({ target }) => target) };
  };
  return { train: half(), test: half() };
}

const features: Readonly<Record<FeatureName, (x: number, y: number) => number>> = {
  x: (x) => x,
  y: (_, y) => y,
  'x²': (x) => x * x,
  'y²': (_, y) => y * y,
  xy: (x, y) => x * y,
  'sin x': (x) => Math.sin(Math.PI * x),
  'sin y': (_, y) => Math.sin(Math.PI * y),
};

export function featuresOf(at: Points['at'], names: readonly FeatureName[]): number[][] {
  return at.map(([x, y]) => names.map((name) => features[name](x, y)));
}

import type { Code } from '../encoding.ts';
import { f32, f32x4, f64, f64x2, shuffle, v128 } from '../instructions.ts';

/** A float type as products need it: its vectors, and how a sum goes on. */
export interface Floats {
  readonly bytes: 4 | 8;
  /** Elements of a v128. */
  readonly lanes: 4 | 2;
  readonly zero: Code;
  /** One element in all lanes. */
  readonly splat: (address: Code, offset: number) => Code;
  /** a b + sum */
  readonly multiplyAdd: (a: Code, b: Code, sum: Code) => Code;
  readonly copyOne: (to: Code, toOffset: number, from: Code, fromOffset: number) => Code;
  readonly storeZero: (to: Code, offset: number) => Code;
  /** The transpose of `lanes` vectors; they may be read several times, `keep` puts what is between into locals. */
  readonly transpose: (vectors: readonly Code[], keep: (value: Code) => Code) => readonly Code[];
}

/** float64 always rounds the product and the sum, as the reference does. */
export function floatsOf(dtype: 'float32' | 'float64', relaxed: boolean): Floats {
  return dtype === 'float64' ? doubles : relaxed ? fusedSingles : singles;
}

const singles: Floats = {
  bytes: 4,
  lanes: 4,
  zero: f32x4.const(0),
  splat: v128.load32Splat,
  multiplyAdd: (a, b, sum) => f32x4.add(sum, f32x4.mul(a, b)),
  copyOne: (to, toOffset, from, fromOffset) => f32.store(to, f32.load(from, fromOffset), toOffset),
  storeZero: (to, offset) => f32.store(to, f32.const(0), offset),
  transpose: (vectors, keep) => {
    const [a = [], b = [], c = [], d = []] = vectors;
    const [ab, cd] = [
      [0, 4, 1, 5],
      [2, 6, 3, 7],
    ].map((lanes) => [keep(shuffle(a, b, lanes)), keep(shuffle(c, d, lanes))]) as [
      [Code, Code],
      [Code, Code],
    ];
    return [ab, cd].flatMap(([one, two]) => [
      shuffle(one, two, [0, 1, 4, 5]),
      shuffle(one, two, [2, 3, 6, 7]),
    ]);
  },
};

const fusedSingles: Floats = { ...singles, multiplyAdd: f32x4.relaxedMadd };

const doubles: Floats = {
  bytes: 8,
  lanes: 2,
  zero: f64x2.const(0),
  splat: v128.load64Splat,
  multiplyAdd: (a, b, sum) => f64x2.add(sum, f64x2.mul(a, b)),
  copyOne: (to, toOffset, from, fromOffset) => f64.store(to, f64.load(from, fromOffset), toOffset),
  storeZero: (to, offset) => f64.store(to, f64.const(0), offset),
  transpose: ([a = [], b = []]) => [shuffle(a, b, [0, 2]), shuffle(a, b, [1, 3])],
};

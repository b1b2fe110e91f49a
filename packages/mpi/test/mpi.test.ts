import { execFileSync } from 'node:child_process';
import { mpi } from '@pullback/mpi';
import { OptionError, UnsupportedError } from 'pullback';
import { describe, expect, test } from 'vitest';
import { all, type Launcher, launch, launchers, nodeArguments } from './launch.ts';

const timeout = 120_000;

async function trained(launcher: Launcher, ranks: number, given: object) {
  const { code, told, output } = await launch(launcher, ranks, 'train.ts', given);
  expect(code, output).toBe(0);
  expect(told.map(({ rank, size }) => [rank, size])).toEqual(
    Array.from({ length: ranks }, (_, rank) => [rank, ranks]),
  );
  const results = told.map(({ steps, history, numbers }) => ({ steps, history, numbers }));
  for (const result of results) expect(result).toEqual(results[0]);
  return results[0];
}

describe.each(all ? launchers : launchers.slice(0, 1))('on $name', (launcher) => {
  const sizes = all ? [1, 2, 3, 4] : [2];

  test.each(sizes)(
    'sums and exchanges in the order of the calls, on %i ranks',
    { timeout },
    async (ranks) => {
      const { code, told, output } = await launch(launcher, ranks, 'calls.ts');
      expect(code, output).toBe(0);
      const places = Array.from({ length: ranks }, (_, rank) => rank);
      const sum = places.reduce((a, b) => a + b, 0);
      expect(told).toEqual(
        places.map((rank) => ({
          rank,
          size: ranks,
          few: [sum, 0.5 * ranks, sum === 0 ? 0 : -sum],
          wrong: -1,
          lengths: places.map(() => rank * 1000),
          from: places.map((from) => (rank === 0 ? -1 : from)),
          none: places.map(() => 0),
        })),
      );
    },
  );

  test('all ranks have the same weights and figures', { timeout }, async () => {
    await trained(launcher, all ? 3 : 2, {});
  });
});

const [first] = launchers;
describe.runIf(first !== undefined)('with deterministic: true', () => {
  test.runIf(all)(
    '1, 2, 3 and 4 ranks make the same bits in 200 steps',
    { timeout: 4 * timeout },
    async () => {
      if (first === undefined) return;
      const given = { options: { deterministic: true }, epochs: 50 };
      const one = await trained(first, 1, given);
      expect(one?.steps).toBe(200);
      for (const ranks of [2, 3, 4]) expect(await trained(first, ranks, given)).toEqual(one);
      for (const other of launchers.slice(1)) expect(await trained(other, 2, given)).toEqual(one);
    },
  );

  test.runIf(all)('a process without a launcher makes them too, without MPI', { timeout }, async () => {
    if (first === undefined) return;
    const given = { options: { deterministic: true }, epochs: 2 };
    const two = await trained(first, 2, given);
    const line = execFileSync(process.execPath, [...nodeArguments('train.ts'), JSON.stringify(given)]);
    expect(JSON.parse(String(line))).toEqual({ rank: 0, size: 1, ...two });
  });
});

describe('without a launcher', () => {
  test('there is one rank, which sums and exchanges with itself', async () => {
    const reducer = await mpi({ deterministic: true, parts: 3 });
    expect(reducer).toMatchObject({ rank: 0, size: 1, parts: 3 });
    const numbers = Float32Array.of(1, 2);
    await reducer.sum(numbers);
    const bytes = Uint8Array.of(1, 2);
    const [got] = await reducer.exchange([bytes]);
    bytes.fill(0);
    expect([[...numbers], [...(got ?? [])]]).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect((await mpi()).parts).toBeUndefined();
    expect((await mpi({ deterministic: true })).parts).toBe(12);
  });

  test('options that cannot be are refused', async () => {
    await expect(mpi({ parts: 3 })).rejects.toThrow('deterministic: true beside them');
    await expect(mpi({ deterministic: true, parts: 0 })).rejects.toThrow(OptionError);
    await expect(mpi({ library: '/nowhere/libmpi.so' })).rejects.toThrow(UnsupportedError);
    await expect(mpi({ library: 'libm.so.6' })).rejects.toThrow('Open MPI or MPICH');
  });
});

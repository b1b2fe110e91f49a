// Milliseconds of sums of several sizes over all ranks, the median of many: a line of JSON.
import { mpi } from '@pullback/mpi';

const reducer = await mpi({ timeout: 0 });
const rounds = Number(process.argv[2] ?? 30);
const found: [number, number][] = [];
for (const length of [1, 2 ** 8, 2 ** 12, 2 ** 15, 2 ** 17, 2 ** 18, 2 ** 19, 2 ** 20]) {
  const numbers = new Float32Array(length);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await reducer.sum(new Float32Array(1));
    const began = performance.now();
    await reducer.sum(numbers);
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  found.push([4 * length, times[rounds >> 1] ?? 0]);
}
if (reducer.rank === 0) console.log(JSON.stringify({ size: reducer.size, sums: found }));

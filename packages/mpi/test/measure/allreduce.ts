// Sums 40 MB over all ranks, as allreduce.c does, and tells milliseconds of wall time, and the longest turn of the event loop in CPU time.
import { mpi } from '@pullback/mpi';

const reducer = await mpi({ timeout: 0 });
const numbers = new Float32Array(1e7);
let longest = 0;
let before = process.cpuUsage();
const turns = setInterval(() => {
  const { user, system } = process.cpuUsage(before);
  before = process.cpuUsage();
  longest = Math.max(longest, (user + system) / 1000);
}, 0);
for (let round = 0; round < Number(process.argv[2] ?? 20); round++) {
  await reducer.sum(new Float32Array(1));
  if (round === 1) longest = 0;
  const started = performance.now();
  await reducer.sum(numbers);
  if (reducer.rank === 0) console.log('js', (performance.now() - started).toFixed(2));
}
clearInterval(turns);
if (reducer.rank === 0) console.log('turn', longest.toFixed(2));

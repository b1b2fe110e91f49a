import { mpi } from '@pullback/mpi';
import { tell } from './tell.ts';

const reducer = await mpi();
const { rank, size } = reducer;
const few = Float32Array.of(rank, 0.5, -rank);
const many = Float64Array.from({ length: 2 ** 20 + 3 }, (_, i) => (rank + 1) * (i % 1000));
// Asked for without waiting: they are done in this order.
const [, , bytes, none] = await Promise.all([
  reducer.sum(few),
  reducer.sum(many),
  reducer.exchange(Array.from({ length: size }, (_, to) => new Uint8Array(to * 1000).fill(rank))),
  reducer.exchange(Array.from({ length: size }, () => new Uint8Array())),
]);
const wrong = many.findIndex((x, i) => x !== ((size * (size + 1)) / 2) * (i % 1000));
await reducer.sum(new Float32Array());
tell({
  rank,
  size,
  few: [...few],
  wrong,
  lengths: bytes.map(({ length }) => length),
  from: bytes.map((each) => (each.length === 0 ? -1 : each.every((x) => x === each[0]) ? each[0] : -2)),
  none: none.map(({ length }) => length),
});

// A process of its own, for threads.test.ts: it computes on several threads, and ends by itself.
import { add, compile } from '@pullback/core';
import { native } from '../src/index.ts';
import { cache } from './folder.ts';

const backend = native({ threads: 3, cache });
const run = await compile((x, y) => [add(x, y)], { inputs: [[300_000], [300_000]], backend });
const [result] = await run(new Float32Array(300_000).fill(2), new Float32Array(300_000).fill(3));
console.log(result?.data[299_999]);

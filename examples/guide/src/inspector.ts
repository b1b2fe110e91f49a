import { type FrameData, flagsOf } from '@pullback/inspector';
import { look, Recorder, recording } from '@pullback/inspector/record';
import {
  adam,
  binaryCrossEntropy,
  dense,
  Model,
  placeholder,
  sequential,
  sigmoid,
  square,
  sum,
  tanh,
} from 'pullback';

const x = Array.from({ length: 64 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
const y = x.map(([a = 0, b = 0]) => [a * b > 0 ? 1 : 0]);

// #region record
const model = await Model.create({
  network: sequential(dense(8, { activation: tanh }), dense(1, { activation: sigmoid })),
  input: [2],
  loss: binaryCrossEntropy(),
  optimizer: adam({ learningRate: 0.01 }),
});
const recorder = await Recorder.of(model, { x: x.slice(0, 32), y: y.slice(0, 32) });
const frames: FrameData[] = [];
const watch = recording(recorder, (frame) => frames.push(frame)); // a page would show it, a worker post it
await model.fit(x, y, { epochs: 3, callbacks: [watch], progress: false });

for (const { kind, message } of flagsOf(recorder.graph, frames)) console.log(`${kind}: ${message}`);
const checked = await recorder.check(); // in float64, with every J^T g beside differences
console.log(flagsOf(recorder.graph, [checked]).length); // 0
// #endregion
if (frames.length === 0 || flagsOf(recorder.graph, [checked]).length > 0)
  throw new Error('a frame without flags was expected');
model.dispose();

// #region any
const w = placeholder({ shape: [3], dtype: 'float64' }, 'w');
const { graph, frame } = look(sum(square(w)), new Map([[w, [1, 2, 3]]]), {
  leaves: new Map([[w, { kind: 'weight', path: 'w' }]]),
});
console.log(graph.edges[0]?.vjp, frame.edges[0]?.sample); // g · 2 · w, 2 4 6
// #endregion
if (frame.edges[0]?.sample.join() !== '2,4,6') throw new Error('2 w was expected');
console.log('inspector: as the documentation says');

import { inWorker } from '@pullback/worker';
import { rings } from './rings.ts';

const { points, labels } = rings(200);
const side = 60; // cells of the picture in a row
const cells = Array.from({ length: side * side }, (_, i) => [
  ((i % side) / side) * 3 - 1.5,
  (Math.floor(i / side) / side) * 3 - 1.5,
]);

const worker = new Worker(new URL('./model.worker.ts', import.meta.url), { type: 'module' });
const model = await inWorker(worker, 16);
const [output, button, canvas] = [
  document.querySelector('output'),
  document.querySelector('button'),
  document.querySelector('canvas'),
];

/** Says and shows how far it is. */
async function show(text: string): Promise<void> {
  if (output !== null) output.textContent = text;
  const picture = canvas?.getContext('2d');
  if (canvas === null || picture === null || picture === undefined) return;
  const { data } = await model.predict(cells);
  const size = canvas.width / side;
  cells.forEach((_, i) => {
    const isOuter = (data[2 * i + 1] ?? 0) > (data[2 * i] ?? 0);
    picture.fillStyle = isOuter ? '#f4c38a' : '#9fc5e8';
    picture.fillRect((i % side) * size, Math.floor(i / side) * size, size, size);
  });
}

async function train(): Promise<void> {
  for (let round = 1; round <= 20; round++) {
    const [record] = await model.fit(points, labels, { epochs: 5, batchSize: 20, metrics: ['accuracy'] });
    await show(`${round * 5} epochs: loss ${record?.['loss']?.toFixed(4)}, accuracy ${record?.['accuracy']}`);
  }
}

await show('not trained yet');
button?.addEventListener('click', () => {
  train().catch((failure: unknown) => {
    if (output !== null) output.textContent = String(failure);
  });
});

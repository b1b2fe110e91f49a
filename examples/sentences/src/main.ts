import { trainedClassifier } from './classifier.ts';
import { encoder } from './encoded.ts';
import { kinds, training, trial } from './labelled.ts';
import { loadMinilm } from './minilm.ts';
import { modelFiles } from './model-files.ts';

const found = modelFiles();
if ('why' in found) {
  console.log(`This example needs the weights of all-MiniLM-L6-v2. ${found.why}`);
  process.exit(0);
}
const length = 24;
const seconds = ({ user, system }: NodeJS.CpuUsage) => `${((user + system) / 1e6).toFixed(1)} s of CPU`;
let since = process.cpuUsage();
const [encode, minilm] = [
  await encoder(found.folder, length),
  await loadMinilm(`${found.folder}model.safetensors`, length),
];
console.log(`all-MiniLM-L6-v2 on ${minilm.backend.name}, loaded in ${seconds(process.cpuUsage(since))}`);

const sentences = [
  'A man is eating food.',
  'Someone has his lunch.',
  'The girl carries a baby.',
  'A cheetah runs behind its prey.',
];
const data = Array.from((await minilm.predict(encode(sentences))).data);
const likeness = (i: number, j: number) =>
  data.slice(384 * i, 384 * i + 384).reduce((sum, x, k) => sum + x * (data[384 * j + k] ?? 0), 0);
console.log('How alike two sentences are, the cosine of their embeddings:');
sentences.forEach((sentence, i) => {
  console.log(`  ${sentences.map((_, j) => likeness(i, j).toFixed(2).padStart(5)).join(' ')}  ${sentence}`);
});

since = process.cpuUsage();
const embedded = await minilm.predict(encode(training.sentences));
const classifier = await trainedClassifier(embedded, training.kinds);
console.log(
  `A classifier of ${training.sentences.length} labelled sentences, trained in ${seconds(process.cpuUsage(since))}`,
);

const tried = await minilm.predict(encode(trial.sentences));
const { accuracy } = await classifier.evaluate(tried, trial.kinds, { metrics: ['accuracy'] });
console.log(`  of ${trial.sentences.length} others ${Math.round(100 * (accuracy ?? 0))}% are told right`);
const scores = await classifier.predict(tried);
trial.sentences.forEach((sentence, i) => {
  const row = Array.from(scores.data.slice(kinds.length * i, kinds.length * (i + 1)));
  const told = kinds[row.indexOf(Math.max(...row))];
  const right = kinds[trial.kinds[i] ?? 0];
  if (i % 6 === 0 || told !== right)
    console.log(`  ${told}${told === right ? '' : ` (it is ${right})`}: ${sentence}`);
});

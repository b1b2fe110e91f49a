// Tells female from male English first names by their letters: a recurrent network beside counts of letters.
//   npm run example names          14 epochs
//   npm run example names -- 5     so many
import { classifier } from './classifier.ts';
import { naiveBayes } from './counts.ts';
import { encoded, type Named, namesOf } from './data.ts';

const { training, heldOut } = namesOf();
const epochs = Number(process.argv[2] ?? 14);
const batchSize = 32;
const share = (right: number) => `${((100 * right) / heldOut.length).toFixed(1)} %`;
const rightBy = (label: (name: string) => number) =>
  heldOut.filter((each) => label(each.name) === each.label).length;

console.log(`${training.length} names to learn from, ${heldOut.length} held out`);
console.log(`always female: ${share(rightBy(() => 0))}`);
console.log(`last letter: ${share(rightBy((name) => (/[aeiy]$/.test(name) ? 0 : 1)))}`);
for (const most of [1, 2, 3, 4, 5])
  console.log(`naive Bayes, up to ${most} letters: ${share(rightBy(naiveBayes(training, most)))}`);

const spent = process.cpuUsage();
const model = await classifier(Math.ceil(training.length / batchSize) * epochs);
const of = (names: readonly Named[]) => ({
  x: names.map(({ name }) => encoded(name)),
  y: names.map(({ label }) => label),
});
const [given, asked] = [of(training), of(heldOut)];
await model.fit(given.x, given.y, { epochs, batchSize });
const { accuracy = Number.NaN } = await model.evaluate(asked.x, asked.y, { metrics: ['accuracy'] });
const { user, system } = process.cpuUsage(spent);
console.log(`GRU: ${share(accuracy * heldOut.length)}, ${((user + system) / 1e6).toFixed(0)} s of one CPU`);

const { data } = await model.predict(['ishmael', 'elena', 'robin'].map(encoded));
console.log(
  ['ishmael', 'elena', 'robin']
    .map((name, i) => `${name} ${Number(data[2 * i]) > Number(data[2 * i + 1]) ? 'female' : 'male'}`)
    .join(', '),
);

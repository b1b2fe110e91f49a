import { answers } from './answers.ts';
import { exerciseNames, exercises } from './exercises.ts';
import { grade } from './grade.ts';
import { solutions } from './solutions.ts';

// `-- --solutions` grades those that come with the exercises.
const given = process.argv.includes('--solutions') ? solutions : answers;
let right = 0;
for (const name of exerciseNames) {
  const wrong = await grade(name, given[name]);
  if (wrong === undefined) right++;
  console.log(`${wrong === undefined ? 'right' : 'wrong'}  ${name} ${exercises[name].equation}`);
  if (wrong !== undefined) console.log(`  ${wrong.replaceAll('\n', '\n  ')}`);
}
console.log(`${right} of ${exerciseNames.length}`);

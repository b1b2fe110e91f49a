// Asks the worker that workerd serves where two points lie. The file that the first argument names tells the port.
import { readFileSync } from 'node:fs';

async function portOf(file) {
  for (let i = 0; i < 100; i++) {
    const port = /"event":"listen","socket":"http","port":(\d+)/.exec(readFileSync(file, 'utf8'))?.[1];
    if (port !== undefined) return port;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('workerd does not listen');
}

const url = `http://127.0.0.1:${await portOf(process.argv[2])}`;
for (const [x, y, expected] of [
  [0.5, 0, 'inner'],
  [0, -1, 'outer'],
]) {
  const { ring } = await (await fetch(`${url}/?x=${x}&y=${y}`)).json();
  if (ring !== expected) throw new Error(`${x}, ${y} is on the ${ring} ring`);
}

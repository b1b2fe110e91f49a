// Asks the worker that workerd serves on the port of the first argument where two points lie.
const url = `http://127.0.0.1:${process.argv[2]}`;

/** The answer, once somebody listens. */
async function answerTo(query) {
  for (let left = 100; ; left--)
    try {
      return await (await fetch(`${url}${query}`)).json();
    } catch (failure) {
      if (left === 0) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
}

for (const [x, y, expected] of [
  [0.5, 0, 'inner'],
  [0, -1, 'outer'],
]) {
  const { ring } = await answerTo(`/?x=${x}&y=${y}`);
  if (ring !== expected) throw new Error(`${x}, ${y} is on the ${ring} ring`);
}

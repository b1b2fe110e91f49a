import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { Playground } from './playground.ts';

/** A file as it begins: the length of a header in JSON, the magic number of WebAssembly, the version field of an ONNX model. */
const beginnings = {
  safetensors: (bytes: Buffer) => {
    const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString());
    return Object.keys(header).some((path) => path.endsWith('output/kernel'));
  },
  wasm: (bytes: Buffer) => bytes.subarray(0, 4).toString('latin1') === '\0asm',
  onnx: (bytes: Buffer) => bytes[0] === 0x08,
};

test('the model is given as a file while it trains; another backend than wasm says why it writes no wasm', async () => {
  const playground = await Playground.open({ hash: '#problem=points' });
  const { page } = playground;
  await playground.train();
  await playground.reachesStep(10);
  for (const [format, isRight] of Object.entries(beginnings)) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click(`#download-${format}`)]);
    expect(download.suggestedFilename()).toBe(`model.${format}`);
    expect(isRight(await readFile(await download.path())), format).toBe(true);
  }
  await playground.choose('backend', 'cpu');
  await playground.says(/Moved to cpu/);
  await page.click('#download-wasm');
  await playground.says(/model\.to\('wasm'\)|wasm/);
  const step = await playground.number('figure-step');
  await playground.reachesStep(step);
});

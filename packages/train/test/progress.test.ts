import { progressTo } from '@pullback/train';
import { expect, test } from 'vitest';

const progress = { epoch: 2, epochs: 5, samples: 25, total: 100, seconds: 0.5 };

async function run(isTTY: boolean): Promise<string> {
  let text = '';
  const reporter = progressTo({ isTTY, write: (part: string) => (text += part) }, 8);
  await reporter.batch(progress, async () => ({ loss: 0.75 }));
  await reporter.batch({ ...progress, seconds: 0.55 }, () => Promise.reject(new Error('read too often')));
  reporter.epoch({ ...progress, samples: 100, seconds: 2 }, { loss: 0.25, 'validation loss': 0.5 });
  return text;
}

test('a bar with the figures so far on a terminal, which the line of the epoch replaces', async () => {
  expect(await run(true)).toBe(
    '\r\u001b[Kepoch 2/5 [==      ] 50 samples/s, 2 s left  loss 0.7500\r\u001b[Kepoch 2/5  loss 0.2500  validation loss 0.5000  2.0 s\n',
  );
});

test('plain lines elsewhere', async () => {
  expect(await run(false)).toBe('epoch 2/5  loss 0.2500  validation loss 0.5000  2.0 s\n');
});

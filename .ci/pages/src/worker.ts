import type { BackendName } from 'pullback';
import { train } from './train.ts';

addEventListener('message', async ({ data }: MessageEvent<BackendName>) => {
  postMessage(await train(data).catch((error: unknown) => `failed: ${String(error)}`));
});

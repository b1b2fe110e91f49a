import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** One line of where a run took place, and when. */
export function machine(): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const day = new Date().toISOString().slice(0, 10);
  return `${day}, ${first?.model ?? 'an unknown processor'}, ${cpus().length} cores, ${memory} GiB, Node ${process.versions.node} (V8 ${process.versions.v8})`;
}

/** The installed versions of the peers. */
export function peerVersions(): string {
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return ['@jax-js/jax', '@tensorflow/tfjs-core', 'deepbox', 'convnetjs', 'onnxruntime-web']
    .map((name) => `${name} ${dependencies[name]}`)
    .join(', ');
}

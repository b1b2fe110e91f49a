import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import type { Model } from 'pullback';

/** One line of JSON, of at most 2 kB, at once: launchers do not mix such lines of several ranks. */
export function tell(what: object): void {
  writeSync(1, `${JSON.stringify(what)}\n`);
}

/** A hash of all weights and states. */
export async function fingerprint(model: Model): Promise<string> {
  const hash = createHash('sha256');
  for (const named of [await model.weights(), await model.states()])
    for (const { data } of Object.values(named))
      hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}

import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { all, launch, launchers } from './launch.ts';

const timeout = 120_000;
describe.runIf(all)('a rank that is lost ends the training on all', () => {
  describe.each(launchers)('of $name', (launcher) => {
    test.each([
      ['is killed', 'kill', /rank 1 (is lost|with PID)|KILLED BY SIGNAL: 9|EXIT CODE: 9/],
      ['is stopped', 'stop', /rank 1 is lost to rank [02]: nothing was heard of it/],
      ['computes without end', 'spin', /rank 1 is lost to rank [012]: its event loop stands still/],
      ['fails', 'throw', /a mistake of the script/],
      ['is stopped before all have met', 'start', /did not come to the start within 5 s/],
    ])('when one %s', { timeout }, async (_, fault, words) => {
      const given = { fault, epochs: 1e6, ...(fault === 'start' && { timeout: 1 }) };
      const { code, ended, told, output } = await launch(launcher, 3, 'long.ts', given);
      expect(code).not.toBe(0);
      expect(output).toMatch(words);
      const since = told.flatMap(({ fault: time }) => (time === undefined ? [] : [Number(time)]));
      expect((ended - (since[0] ?? 0)) / 1000).toBeLessThan(10);
      // Nobody is left behind.
      for (const { pid = 0 } of told.filter((each) => 'pid' in each))
        expect(isRunning(Number(pid))).toBe(false);
    });
  });
});

describe.runIf(all && launchers.length > 0)('after it', () => {
  test('training goes on from the last checkpoint, on fewer ranks or more, to the weights of one that was not disturbed', {
    timeout: 3 * timeout,
  }, async () => {
    const [launcher] = launchers;
    if (launcher === undefined) return;
    const run = (ranks: number, given: object) => launch(launcher, ranks, 'long.ts', { epochs: 6, ...given });
    const whole = (await run(1, {})).told.at(-1);
    expect(whole?.['steps']).toBe(24);
    const file = join(mkdtempSync(join(tmpdir(), 'mpi-')), 'model.safetensors');
    // Moments within an epoch, at its end, and within a checkpoint's neighbourhood; the last run is left alone.
    const moments = [
      [2, 0, 3],
      [3, 2, 8],
      [4, 1, 13],
      [1, 0, 20],
    ] as const;
    for (const [ranks, victim, at] of moments)
      expect((await run(ranks, { file, fault: 'kill', victim, at })).code).not.toBe(0);
    const { code, told, output } = await run(3, { file });
    expect(code, output).toBe(0);
    for (const { steps, numbers } of told.filter((each) => 'numbers' in each))
      expect({ steps, numbers }).toEqual({ steps: 24, numbers: whole?.['numbers'] });
  });
});

/** Whether a process runs; one that has ended may still be listed until somebody asks how. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

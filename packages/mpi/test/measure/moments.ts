// Ends ranks at random moments, from the start of their processes on, and starts the training again each time, on another number of ranks, until it is done:
// `moments.ts 50 10` kills (SIGKILL) 50 times, and stops (SIGSTOP) 10 times. Ends with 1 where a job took longer than 10 s to end everywhere, or came to
// other weights than a training that nobody disturbed.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchers, nodeArguments } from '../launch.ts';

const [kills = 50, stops = 10] = process.argv.slice(2).map(Number);
const given = { epochs: 30, pause: 20 };
const most = 10;
const below = (n: number) => Math.floor(n * Math.random());

/** The hash of the weights that a job told, if it came to its end. */
function hashIn(output: string): string | undefined {
  return /"numbers":"(\w+)"/.exec(output)?.[1];
}

/** The processes that run the script of a rank, whoever started them. */
function ranksOf(file: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      const [, state] = /\) (\w)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
      return words[0] === process.execPath && words.some((word) => word.includes(file)) && state !== 'Z'
        ? [+name]
        : [];
    } catch {
      return [];
    }
  });
}

/** Whether the process was still there. */
function sent(pid: number, fault: 'kill' | 'stop'): boolean {
  try {
    return process.kill(pid, fault === 'kill' ? 'SIGKILL' : 'SIGSTOP');
  } catch {
    return false;
  }
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Told {
  readonly fault: 'kill' | 'stop' | 'none';
  readonly seconds: number;
  readonly output: string;
}

/** Runs the job, and ends one of its ranks after some milliseconds: a stopped one after all have said that they train. */
async function job(file: string, ranks: number, fault: 'kill' | 'stop', after: number): Promise<Told> {
  const launcher = launchers[below(launchers.length)];
  if (launcher === undefined) throw new Error('there is no MPI here');
  const words = [...nodeArguments('long.ts'), JSON.stringify({ ...given, file, timeout: 4 })];
  const child = spawn(launcher.command, [
    ...launcher.options,
    '-n',
    String(ranks),
    process.execPath,
    ...words,
  ]);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => {
      output += bytes;
    });
  let ended = false;
  const end = new Promise<void>((resolve) =>
    child.on('close', () => {
      ended = true;
      resolve();
    }),
  );
  const train = () => output.split('"pid"').length > ranks;
  while (fault === 'stop' && !train() && !ended) await wait(10);
  await Promise.race([wait(after), end]);
  const running = ranksOf(file);
  const victim = running[below(running.length)];
  if (ended || victim === undefined || hashIn(output) !== undefined || !sent(victim, fault)) {
    await end;
    return { fault: 'none', seconds: 0, output };
  }
  const began = performance.now();
  await end;
  while (ranksOf(file).length > 0 && performance.now() - began < 60_000) await wait(10);
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `${launcher.name}, ${ranks} ranks, ${fault} ${train() ? 'in training' : 'at the start'}: ended after ${seconds.toFixed(1)} s`,
  );
  for (const pid of ranksOf(file)) process.kill(pid, 'SIGKILL');
  return { fault, seconds, output };
}

const began = performance.now();
const alone = spawnSync(process.execPath, [...nodeArguments('long.ts'), JSON.stringify(given)], {
  encoding: 'utf8',
});
const wanted = hashIn(alone.stdout);
if (wanted === undefined) throw new Error(alone.stderr);
/** Moments lie in the time that a training takes that nobody disturbs, its start among it. */
const span = performance.now() - began;
const folder = mkdtempSync(join(tmpdir(), 'mpi-moments-'));
const counts = { kill: 0, stop: 0, trainings: 0, wrong: 0, longest: 0 };
for (let training = 0; counts.kill < kills || counts.stop < stops || training > counts.trainings; ) {
  const left = [kills - counts.kill, stops - counts.stop];
  const fault =
    below(Math.max(0, left[0] ?? 0) + Math.max(0, left[1] ?? 0)) < (left[0] ?? 0) ? 'kill' : 'stop';
  const enough = counts.kill >= kills && counts.stop >= stops;
  training = counts.trainings + 1;
  const file = join(folder, `${training}.safetensors`);
  const told = await job(file, 1 + below(4), fault, enough ? 600_000 : below(span));
  if (told.fault !== 'none') counts[told.fault]++;
  counts.longest = Math.max(counts.longest, told.seconds);
  const hash = hashIn(told.output);
  if (told.fault === 'none' && hash === undefined) throw new Error(told.output);
  if (hash === undefined) continue;
  counts.trainings++;
  if (hash !== wanted) counts.wrong++;
}
console.log(
  `${counts.kill} killed, ${counts.stop} stopped: ended everywhere within ${counts.longest.toFixed(1)} s (must ${most}); ${counts.trainings} trainings came to their end, ${counts.wrong} to other weights`,
);
process.exitCode = counts.longest > most || counts.wrong > 0 ? 1 : 0;

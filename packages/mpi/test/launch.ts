import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A launcher of MPI that is installed here. */
export interface Launcher {
  readonly name: 'Open MPI' | 'MPICH';
  readonly command: string;
  readonly options: readonly string[];
}

const root = process.getuid?.() === 0 ? ['--allow-run-as-root'] : [];
const known: readonly Launcher[] = [
  { name: 'Open MPI', command: 'mpirun.openmpi', options: [...root, '--oversubscribe', '--bind-to', 'none'] },
  { name: 'MPICH', command: 'mpirun.mpich', options: [] },
];

export const launchers = known.filter(({ command }) => spawnSync(command, ['--version']).status === 0);

if (launchers.length === 0)
  console.log('not run: the tests with MPI, since there is neither mpirun.openmpi nor mpirun.mpich');

/** Whether everything is examined, and not only what is quick. */
export const all = process.env['MPI_EVERY'] === '1';

export interface Told {
  readonly rank: number;
  readonly [name: string]: unknown;
}

export interface Ended {
  readonly code: number | null;
  /** Milliseconds since 1970. */
  readonly ended: number;
  /** What the ranks told, in their order. */
  readonly told: readonly Told[];
  readonly output: string;
}

export function nodeArguments(script: string): readonly string[] {
  const file = fileURLToPath(new URL(`ranks/${script}`, import.meta.url));
  return ['--conditions=@pullback/source', '--import', 'tsx', file];
}

/** Starts a script on several ranks. @param watched is given every piece of output, while it runs. */
export function launch(
  { command, options }: Launcher,
  ranks: number,
  script: string,
  given: object = {},
  watched: (output: string) => void = () => {},
): Promise<Ended> {
  const words = [...options, '-n', String(ranks), process.execPath, ...nodeArguments(script)];
  const child = spawn(command, [...words, JSON.stringify(given)]);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => {
      output += bytes;
      watched(output);
    });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const lines = output.split('\n').filter((line) => line.startsWith('{"'));
      const told: Told[] = lines.map((line) => JSON.parse(line));
      told.sort((a, b) => a.rank - b.rank);
      resolve({ code, ended: Date.now(), told, output });
    });
  });
}

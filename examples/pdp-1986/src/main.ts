// The simulations of "Learning internal representations by error propagation" (Rumelhart, Hinton and Williams 1986).
import { type Options, readOptions, usage } from './options.ts';
import { outcomeOf } from './outcome.ts';
import { Pool } from './pool.ts';
import { outputsOfPrinted, type Portrait } from './portrait.ts';
import { printedLines } from './printed.ts';
import { type Finding, writeReport } from './report.ts';
import type { Simulation } from './simulation.ts';
import { heading, line } from './table.ts';
import type { BackendName, Run } from './train.ts';

/** Seeds that one question is about: few enough that all processes end at about the same time. */
const share = 5;

/** So many learned receptive fields are drawn. */
const mostFields = 4;

async function runsOf(pool: Pool, { name }: Simulation, count: number, backend: BackendName): Promise<Run[]> {
  const seeds = Array.from({ length: count }, (_, i) => i + 1);
  const parts = Array.from({ length: Math.ceil(count / share) }, (_, i) =>
    seeds.slice(i * share, (i + 1) * share),
  );
  const answers = await Promise.all(
    parts.map((part) => pool.ask({ kind: 'runs', problem: name, seeds: part, backend })),
  );
  return answers.flatMap((answer) => (answer.kind === 'runs' ? answer.runs : []));
}

/** The run that took the median of sweeps, and where fields are drawn the other first ones. */
function shownRuns({ field }: Simulation, runs: readonly Run[]): readonly Required<Run>[] {
  const solved = runs.flatMap(({ sweeps, ...run }) => (sweeps === undefined ? [] : [{ ...run, sweeps }]));
  const middle = [...solved].sort((a, b) => a.sweeps - b.sweeps)[(solved.length - 1) >> 1];
  if (middle === undefined) return [];
  const others = field === undefined ? [] : solved.filter((run) => run !== middle);
  return [middle, ...others.slice(0, mostFields - 1)];
}

async function portraitsOf(pool: Pool, simulation: Simulation, runs: readonly Run[], backend: BackendName) {
  const answers = await Promise.all(
    shownRuns(simulation, runs).map(({ seed, sweeps = 0 }) =>
      pool.ask({ kind: 'portrait', problem: simulation.name, seed, sweeps, backend }),
    ),
  );
  return answers.flatMap((answer): Portrait[] => (answer.kind === 'portrait' ? [answer.portrait] : []));
}

/** Runs what was asked for, and tells of each simulation as it ends. */
async function findings(pool: Pool, { chosen, seeds, backend, json, whole }: Options): Promise<Finding[]> {
  const started = chosen.map((simulation) => ({
    simulation,
    running: runsOf(pool, simulation, seeds ?? simulation.seeds, backend),
  }));
  if (!json) console.log(heading);
  const found: Promise<Finding>[] = [];
  for (const { simulation, running } of started) {
    const runs = await running;
    const outcome = outcomeOf(simulation, backend, runs);
    console.log(json ? JSON.stringify(outcome) : line(outcome));
    found.push(
      (async () => ({
        simulation,
        outcome,
        portraits: whole ? await portraitsOf(pool, simulation, runs, backend) : [],
        printed: simulation.publishedWeights && (await outputsOfPrinted(simulation, backend)),
      }))(),
    );
  }
  return Promise.all(found);
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const pool = new Pool();
  try {
    const found = await findings(pool, options);
    if (!options.json)
      for (const { simulation, printed } of found)
        if (printed !== undefined)
          console.log(`\n${simulation.name}: ${printedLines(simulation, printed).join('\n')}`);
    if (options.whole) writeReport(found);
    if (found.some(({ outcome }) => outcome.ok === false)) process.exitCode = 1;
  } finally {
    pool.close();
  }
}

main().catch((failure: unknown) => {
  console.error(`${failure instanceof Error ? failure.message : failure}\n\n${usage}`);
  process.exitCode = 1;
});

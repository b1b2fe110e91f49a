// The simulations of "Learning internal representations by error propagation" (Rumelhart, Hinton and Williams 1986).
import { readOptions, usage } from './options.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { Pool } from './pool.ts';
import type { Simulation } from './simulation.ts';
import { heading, line } from './table.ts';
import type { BackendName, Run } from './train.ts';

/** Seeds that one question is about: few enough that all threads end at about the same time. */
const share = 5;

async function runsOf(
  pool: Pool,
  simulation: Simulation,
  count: number,
  backend: BackendName,
): Promise<Run[]> {
  const seeds = Array.from({ length: count }, (_, i) => i + 1);
  const parts = Array.from({ length: Math.ceil(count / share) }, (_, i) =>
    seeds.slice(i * share, (i + 1) * share),
  );
  const answers = await Promise.all(
    parts.map((part) => pool.ask({ kind: 'runs', problem: simulation.name, seeds: part, backend })),
  );
  return answers.flatMap((answer) => (answer.kind === 'runs' ? answer.runs : []));
}

async function main(): Promise<void> {
  const { chosen, seeds, backend, json } = readOptions(process.argv.slice(2));
  const pool = new Pool();
  try {
    const results = chosen.map((simulation) => ({
      simulation,
      runs: runsOf(pool, simulation, seeds ?? simulation.seeds, backend),
    }));
    if (!json) console.log(heading);
    const outcomes: Outcome[] = [];
    for (const { simulation, runs } of results) {
      const outcome = outcomeOf(simulation, backend, await runs);
      outcomes.push(outcome);
      console.log(json ? JSON.stringify(outcome) : line(outcome));
    }
    if (outcomes.some(({ ok }) => ok === false)) process.exitCode = 1;
  } finally {
    pool.close();
  }
}

main().catch((failure: unknown) => {
  console.error(`${failure instanceof Error ? failure.message : failure}\n\n${usage}`);
  process.exitCode = 1;
});

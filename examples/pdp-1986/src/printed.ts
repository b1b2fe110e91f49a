import type { Simulation } from './simulation.ts';

/** How many output units are on the side of one half that they shall be on, and how near the nearest are to it. */
export interface Reading {
  readonly right: number;
  readonly units: number;
  /** The lowest activation where on is wanted, and the highest where off is. */
  readonly lowestOn: number;
  readonly highestOff: number;
}

export function readingOf({ patterns }: Simulation, outputs: readonly (readonly number[])[]): Reading {
  const pairs = patterns.targets.flatMap((row, i) =>
    row.map((target, k) => ({ on: target > 0.5, output: outputs[i]?.[k] ?? Number.NaN })),
  );
  const [on, off] = [pairs.filter((pair) => pair.on), pairs.filter((pair) => !pair.on)];
  return {
    right: on.filter(({ output }) => output > 0.5).length + off.filter(({ output }) => output < 0.5).length,
    units: pairs.length,
    lowestOn: Math.min(...on.map(({ output }) => output)),
    highestOff: Math.max(...off.map(({ output }) => output)),
  };
}

/** What printed weights do, as lines of Markdown: every pattern where there are few, and the reading of all. */
export function printedLines(simulation: Simulation, outputs: readonly (readonly number[])[]): string[] {
  const { patterns, publishedWeights: printed } = simulation;
  if (printed === undefined) return [];
  const { right, units, lowestOn, highestOff } = readingOf(simulation, outputs);
  const rows = patterns.inputs.map((input, i) =>
    [
      input.join(' '),
      (patterns.targets[i] ?? []).map((target) => (target > 0.5 ? 'on' : 'off')).join(' '),
      (outputs[i] ?? []).map(shown).join(' '),
    ].join(' | '),
  );
  const table = ['| input | wanted | gives |', '|---|---|---|', ...rows.map((row) => `| ${row} |`)];
  return [
    `The weights of ${printed.title}, ${printed.source}, were loaded: ${right} of ${units} output units are on the right side of one half; ` +
      `the lowest that is to be on is at ${shown(lowestOn)}, the highest that is to be off at ${shown(highestOff)}. ${printed.claim}`,
    ...(rows.length > 16 ? [] : ['', ...table]),
  ];
}

/** Three digits after the point, without the zero before it. */
export function shown(activation: number): string {
  return activation.toFixed(3).replace(/^0/, '');
}

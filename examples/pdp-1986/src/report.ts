import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { drawBlobs, drawField } from './draw/blobs.ts';
import { drawCurve } from './draw/curve.ts';
import { drawNet } from './draw/net.ts';
import { wired } from './draw/numbers.ts';
import type { Outcome } from './outcome.ts';
import type { Portrait } from './portrait.ts';
import { printedLines, shown } from './printed.ts';
import type { Simulation } from './simulation.ts';
import { figuresOf } from './table.ts';

/** All that the report says of one simulation. */
export interface Finding {
  readonly simulation: Simulation;
  readonly outcome: Outcome;
  /** Runs that were solved, the one that is shown first. */
  readonly portraits: readonly Portrait[];
  /** The outputs of printed weights, where there are some. */
  readonly printed: readonly (readonly number[])[] | undefined;
}

const page = new URL('../../../docs/pdp-1986.md', import.meta.url);
const folder = new URL('../../../docs/pdp-1986/', import.meta.url);

/** A net with more links than this is drawn as squares. */
const mostLinks = 24;

/** Draws the pictures, and fills in what stands between `<!-- run NAME -->` and `<!-- end -->` in the report. */
export function writeReport(findings: readonly Finding[]): void {
  mkdirSync(folder, { recursive: true });
  const parts = { table: tableOf(findings), problems: findings.map(sectionOf).join('\n') };
  let text = readFileSync(page, 'utf8');
  for (const [name, filling] of Object.entries(parts)) text = filledIn(text, name, filling);
  writeFileSync(page, text);
}

/** The text with the part of that name replaced. @throws Error where the page has no such part. */
export function filledIn(text: string, name: string, filling: string): string {
  const [start, end] = [`<!-- run ${name} -->\n`, '<!-- end -->'];
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`docs/pdp-1986.md has no part '${name}'`);
  return `${text.slice(0, from + start.length)}${filling}\n${text.slice(to)}`;
}

function tableOf(findings: readonly Finding[]): string {
  const columns = ['problem', 'solved', '95%', 'median sweeps', 'range', 'reference', 'ok', 'published'];
  const rows = findings.map(({ outcome }) => [
    `\`${outcome.problem}\``,
    ...figuresOf(outcome),
    outcome.published,
  ]);
  return [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function sectionOf(finding: Finding): string {
  const { simulation, outcome, portraits, printed } = finding;
  const { learning, heldOut } = simulation;
  const { rate, momentum = 0.9, decay, start = 0.5, updates = 'sweep', tolerance = 0.1, limit } = learning;
  const settings =
    `eta ${rate}, alpha ${momentum}${decay === undefined ? '' : `, ${100 * decay}% of every weight lost in a sweep`}, ` +
    `weights from within ${start}, changed after every ${updates}; all outputs within ${tolerance}, within ${limit} sweeps.`;
  const right =
    heldOut === undefined || outcome.heldOut === undefined
      ? []
      : [
          `Of ${heldOut.of} ${heldOut.unit} that were held out, ${heldOut.of * outcome.heldOut} are right at the median.`,
        ];
  const lines = [
    `### ${simulation.title}`,
    `\`${simulation.name}\`: ${simulation.about}`,
    `Here: ${settings} ${[`${outcome.solved} of ${outcome.seeds} starts solve it.`, ...right].join(' ')}`,
    ...pictures(finding),
    ...codes(simulation, portraits),
    ...(printed === undefined ? [] : [printedLines(simulation, printed).join('\n')]),
  ];
  return `${lines.join('\n\n')}\n`;
}

/** Draws a simulation's pictures into files of their own, and shows them. */
function pictures({ simulation, portraits }: Finding): string[] {
  const [first] = portraits;
  if (first === undefined) return [];
  const { name, wiring, field } = simulation;
  const shownAs = (suffix: string, words: string, draw: (title: string) => string): string => {
    writeFileSync(new URL(`${name}-${suffix}.svg`, folder), draw(words));
    return `![${words}](pdp-1986/${name}-${suffix}.svg)`;
  };
  const images: string[] = [];
  if (wiring !== undefined) {
    const net = wired(wiring, first.weights);
    const recurrent = wiring.some(({ from, to }) => from.some((unit) => to.includes(unit)));
    const draw = recurrent || net.links.length > mostLinks ? drawBlobs : drawNet;
    images.push(
      shownAs('weights', `The weights that seed ${first.seed} learned`, (title) => draw(wiring, net, title)),
    );
  }
  if (field !== undefined)
    for (const { seed, weights } of portraits) {
      const numbers = weights[`${field.layer}/kernel`]?.data ?? [];
      const bias = weights[`${field.layer}/bias`]?.data[0] ?? 0;
      const caption = `seed ${seed}, bias ${bias.toFixed(1)}`;
      images.push(
        shownAs(`field-${seed}`, `The receptive field that seed ${seed} learned`, (title) =>
          drawField(numbers, field.side, caption, title),
        ),
      );
    }
  const note = `sweeps of seed ${first.seed}, which took ${first.sweeps}`;
  images.push(
    shownAs('curve', `The error of seed ${first.seed}`, (title) => drawCurve(first.curve, note, title)),
  );
  return [images.join(' ')];
}

/** The activations of the units that are shown, for every pattern of the first run. */
function codes({ patterns }: Simulation, [first]: readonly Portrait[]): string[] {
  if (first?.codes === undefined) return [];
  const rows = first.codes.map(
    (code, i) => `| ${patterns.inputs[i]?.join('')} | ${code.map(shown).join(' ')} |`,
  );
  return [[`Hidden codes of seed ${first.seed}:`, '', '| pattern | code |', '|---|---|', ...rows].join('\n')];
}

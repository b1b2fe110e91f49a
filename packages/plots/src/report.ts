import type { EpochRecord } from '@pullback/train';
import { plotConfusion, plotHistory } from './charts.ts';
import type { Picture } from './picture.ts';
import { escaped } from './svg.ts';

/** The parts of a model that a report tells: those of `pullback` and of `@pullback/train` have them. */
export interface Reported {
  readonly stepCount: number;
  readonly dtype: string;
  readonly learningRate: number;
  readonly backend: { readonly name: string };
  summary(): string;
}

export interface ReportOptions {
  readonly title?: string;
  /** As `confusionMatrix` counts it. */
  readonly confusion?: readonly (readonly number[])[];
  readonly labels?: readonly string[];
  readonly seed?: number;
  /** More pictures, such as weights and decision regions. */
  readonly pictures?: readonly Picture[];
  /** Anything else that one wants to know later, by name. */
  readonly details?: Readonly<Record<string, string | number>>;
}

/** A run as one page of HTML that needs nothing else: curves, figures of the last epoch, the network, the confusion, machine and seed. */
export function report(
  model: Reported,
  history: readonly EpochRecord[],
  options: ReportOptions = {},
): string {
  const { title = 'A training', confusion, labels, seed, pictures = [], details = {} } = options;
  const names = [...new Set(history.flatMap((record) => Object.keys(record)))];
  const bases = [...new Set(names.map((name) => name.replace(/^validation /, '')))];
  const curves = bases.map((base) =>
    plotHistory(history, { figures: [base, `validation ${base}`].filter((name) => names.includes(name)) }),
  );
  const last = history.at(-1) ?? {};
  const facts = {
    Epochs: history.length,
    Steps: model.stepCount,
    Backend: model.backend.name,
    'Float dtype': model.dtype,
    'Learning rate': model.learningRate,
    ...(seed === undefined ? {} : { Seed: seed }),
    Machine: machine(),
    ...details,
  };
  const parts = [
    section('The run', table(Object.entries(facts).map(([name, value]) => [name, String(value)]))),
    section(
      'The last epoch',
      history.length === 0
        ? '<p>No epoch was trained.</p>'
        : table(names.map((name) => [name, figure(last[name])])),
    ),
    history.length === 0
      ? ''
      : section('Curves', curves.map((curve) => `<figure>${curve.toSvg()}</figure>`).join('\n')),
    confusion === undefined
      ? ''
      : section('Confusion', plotConfusion(confusion, labels === undefined ? {} : { labels }).toSvg()),
    ...pictures.map((picture) => section(picture.title, picture.toSvg())),
    section('The network', `<pre>${escaped(model.summary())}</pre>`),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #1d1f24; background: #ffffff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; } th, td { padding: 0.2rem 1.5rem 0.2rem 0; text-align: left; border-bottom: 1px solid #d9dad6; font-variant-numeric: tabular-nums; }
th { font-weight: 400; color: #5b6069; } figure { display: inline-block; margin: 0 1rem 1rem 0; } svg { max-width: 100%; height: auto; } pre { overflow-x: auto; }
</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${parts.filter((part) => part !== '').join('\n')}
</body>
</html>
`;
}

const section = (heading: string, body: string) =>
  `<section>\n<h2>${escaped(heading)}</h2>\n${body}\n</section>`;

const table = (rows: readonly (readonly [string, string])[]) =>
  `<table>\n${rows.map(([name, value]) => `<tr><th scope="row">${escaped(name)}</th><td>${escaped(value)}</td></tr>`).join('\n')}\n</table>`;

const figure = (value: number | undefined) =>
  value === undefined ? '–' : String(Number(value.toPrecision(6)));

function machine(): string {
  const { process, navigator } = globalThis;
  if (process?.versions?.node !== undefined)
    return `Node ${process.versions.node}, ${process.platform} ${process.arch}`;
  return navigator?.userAgent ?? 'unknown';
}

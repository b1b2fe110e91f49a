import type { Straggler } from '../distributed/stragglers.ts';

/** How far a fit is. */
export interface Progress {
  readonly epoch: number;
  readonly epochs: number;
  readonly samples: number;
  /** Samples of an epoch; undefined for a stream, whose length nobody knows. */
  readonly total: number | undefined;
  readonly seconds: number;
  /** Of several processes that train together, the one that the others wait for. */
  readonly straggler?: Straggler | undefined;
}

/** The figures of one epoch: `loss`, the metrics, and those of the validation data as `validation loss` and so on. */
export type EpochRecord = Readonly<Record<string, number>>;

/** Told about a fit while it runs. */
export interface ProgressReporter {
  /** @param figures reads the loss and the metrics of the epoch so far; costs nothing when it is not called. */
  batch(progress: Progress, figures: () => Promise<EpochRecord>): void | Promise<void>;
  epoch(progress: Progress, record: EpochRecord): void;
}

export const quiet: ProgressReporter = { batch: () => {}, epoch: () => {} };

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Seconds between two drawings of the bar. */
const pause = 0.1;

/** A bar with the figures so far on a terminal, one line for each epoch elsewhere. */
export function progressTo(stream: Terminal, width = 24): ProgressReporter {
  let drawn = 0;
  return {
    batch: async ({ epoch, epochs, samples, total, seconds, straggler }, figures) => {
      if (stream.isTTY !== true || (seconds > drawn && seconds < drawn + pause)) return;
      drawn = seconds;
      const rate = samples / seconds;
      const speed = `${Math.round(rate)} samples/s`;
      const filled = total === undefined ? 0 : Math.round((samples / total) * width);
      const bar = `[${'='.repeat(filled)}${' '.repeat(width - filled)}] ${speed}`;
      const text =
        total === undefined
          ? `${samples} samples, ${speed}`
          : `${bar}, ${((total - samples) / rate).toFixed(0)} s left`;
      const late = straggler && `  rank ${straggler.rank} takes ${straggler.factor.toFixed(1)} times as long`;
      stream.write(
        `\r\u001b[Kepoch ${epoch}/${epochs} ${text}  ${formatFigures(await figures())}${late ?? ''}`,
      );
    },
    epoch: ({ epoch, epochs, seconds }, record) => {
      const start = stream.isTTY === true ? '\r\u001b[K' : '';
      stream.write(`${start}epoch ${epoch}/${epochs}  ${formatFigures(record)}  ${seconds.toFixed(1)} s\n`);
    },
  };
}

function formatFigures(record: EpochRecord): string {
  return Object.entries(record)
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join('  ');
}

/** The console where there is one. */
export function defaultProgress(): ProgressReporter {
  const { process } = globalThis as { process?: { stdout?: Terminal } };
  return process?.stdout === undefined ? quiet : progressTo(process.stdout);
}

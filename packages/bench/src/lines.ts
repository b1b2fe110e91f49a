import { labelOf } from './entries.ts';
import type { Result } from './match.ts';

/** An object that `--json` prints, one a line. */
export interface Line {
  readonly case: string;
  readonly library: string;
  readonly backend: string;
  readonly threads: number;
  readonly medianMs: number;
  readonly minMs: number;
  readonly stepsPerSecond: number;
  readonly gflops?: number;
  readonly firstStepMs: number;
  readonly peakRssMb: number;
  readonly perStep?: Readonly<Record<string, number>>;
}

export function lineOf({
  entry,
  medianMs,
  minMs,
  firstStepMs,
  peakRssMb,
  gflops,
  perStep,
  ...rest
}: Result): Line {
  const { backend, threads } = entry.setting;
  return {
    case: rest.case,
    library: labelOf(entry),
    backend,
    threads,
    medianMs,
    minMs,
    stepsPerSecond: 1000 / medianMs,
    ...(gflops !== undefined && { gflops }),
    firstStepMs,
    peakRssMb,
    ...(Object.keys(perStep).length > 0 && { perStep }),
  };
}

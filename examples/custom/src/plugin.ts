import { type EpochRecord, field, PROGRESS, type Progress, type ProgressReporter, plugin } from 'pullback';
import { Gate } from './gate.ts';
import { signDescent } from './sign-descent.ts';
import { smoothError } from './smooth-error.ts';
import { swish } from './swish.ts';

// #region plugin
/** Says nothing while it trains, and keeps the last figures. */
export class Remembering implements ProgressReporter {
  last: EpochRecord = {};
  batch(): void {}
  epoch(_: Progress, record: EpochRecord): void {
    this.last = record;
  }
}

export const gating = plugin(
  ({ layer, activation, loss, optimizer, service }) => {
    layer('gate', ({ units }: { units: number }) => new Gate(units), {
      doc: 'sigmoid(X W + b)',
      options: { units: field.needed(field.whole({ from: 1 })) },
    });
    activation('swish', swish, { doc: 'x sigmoid(x)' });
    loss('smoothError', () => smoothError(), { doc: 'sqrt(1 + (x - t)^2) - 1' });
    optimizer('signDescent', (options: { learningRate: number }) => signDescent(options));
    service(PROGRESS, Remembering);
  },
  { name: 'gating' },
);

declare module 'pullback' {
  interface LayerSpecs {
    gate: { units: number };
  }
  interface ActivationSpecs {
    swish: object;
  }
  interface LossSpecs {
    smoothError: object;
  }
  interface OptimizerSpecs {
    signDescent: { learningRate: number };
  }
}
// #endregion

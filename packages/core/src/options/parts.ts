import type { Backend } from '../contracts/backend.ts';
import type { Initializer } from '../contracts/initializer.ts';
import type { Layer } from '../contracts/layer.ts';
import type { Loss } from '../contracts/loss.ts';
import type { Metric } from '../contracts/metric.ts';
import type { Optimizer, Schedule } from '../contracts/optimizer.ts';
import type { Reducer } from '../contracts/reducer.ts';
import type { Activation } from '../graph/define-activation.ts';
import type { Value } from '../graph/value.ts';
import { callable, having } from './field.ts';
import { partOf } from './part-of.ts';

/** The things that are options of others, by kind: an object in code; in a spec a name, or an object with `type`. */
export const parts = {
  layer: partOf('layer', having<Layer<readonly [Value]>>('a layer', 'forward')),
  activation: partOf('activation', callable<Activation>('an activation')),
  loss: partOf('loss', having<Loss>('a loss', 'forward')),
  optimizer: partOf('optimizer', having<Optimizer>('an optimizer', 'slots', 'update')),
  schedule: partOf('schedule', callable<Schedule>('a schedule')),
  initializer: partOf('initializer', callable<Initializer>('an initializer')),
  metric: partOf('metric', having<Metric>('a metric', 'observe')),
  backend: partOf('backend', having<Backend>('a backend', 'allocate', 'compile')),
  reducer: having<Reducer>('a reducer with sum and exchange', 'sum', 'exchange'),
};

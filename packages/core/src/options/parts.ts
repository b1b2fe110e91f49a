import type { Backend } from '../contracts/backend.ts';
import type { Initializer } from '../contracts/initializer.ts';
import type { Layer } from '../contracts/layer.ts';
import type { Loss } from '../contracts/loss.ts';
import type { Metric } from '../contracts/metric.ts';
import type { Optimizer, Schedule } from '../contracts/optimizer.ts';
import type { Activation } from '../graph/define-activation.ts';
import type { Value } from '../graph/value.ts';
import { callable, having, part } from './field.ts';

/** The things that are options of others, by kind: an object in code; in a spec a name, or an object with `type`. */
export const parts = {
  layer: part('layer', having<Layer<readonly [Value]>>('a layer', 'forward')),
  activation: part('activation', callable<Activation>('an activation')),
  loss: part('loss', having<Loss>('a loss', 'forward')),
  optimizer: part('optimizer', having<Optimizer>('an optimizer', 'slots', 'update')),
  schedule: part('schedule', callable<Schedule>('a schedule')),
  initializer: part('initializer', callable<Initializer>('an initializer')),
  metric: part('metric', having<Metric>('a metric', 'observe')),
  backend: part('backend', having<Backend>('a backend', 'allocate', 'compile')),
};

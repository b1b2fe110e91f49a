import { plugin } from '@pullback/plugin';
import { type MetricOptions, metricsByName } from './by-name.ts';

declare module '@pullback/plugin' {
  interface MetricSpecs extends MetricOptions {}
}

/** The metrics of this package, by name. */
export const metricsPlugin = plugin(
  ({ metric }) => {
    for (const [name, { create, ...description }] of Object.entries(metricsByName))
      metric<never>(name, create, description);
  },
  { name: '@pullback/metrics' },
);

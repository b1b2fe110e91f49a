export {
  type ConfusionOptions,
  type HistoryOptions,
  plotConfusion,
  plotHistory,
  plotMatrix,
  plotRegions,
  type RegionOptions,
} from './charts.ts';
export { Picture } from './picture.ts';
export { type Reported, type ReportOptions, report } from './report.ts';
export type { Colour, Shape, Shapes } from './shapes.ts';
export type { TerminalOptions } from './terminal.ts';

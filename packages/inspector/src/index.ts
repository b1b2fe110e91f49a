export type {
  Difference,
  EdgeData,
  FrameData,
  GraphData,
  GroupData,
  Listing,
  NodeData,
  NodeKind,
  Numbers,
  ValueData,
} from './data.ts';
export { type Flag, type FlagKind, type FlagLimits, flagsOf } from './flags.ts';
export { type Folded, type FoldedEdge, fold, type Item, openedUpTo } from './folding.ts';
export { type Layout, type LayoutOptions, layout } from './layout.ts';
export { histogramOf, normOf, rangeOf } from './numbers.ts';
export { type Stop, walkOf } from './walk.ts';

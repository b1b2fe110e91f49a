export type { FrameData, GraphData, Listing } from './data.ts';
export type { Described, Naming } from './record/described.ts';
export { look, type Recorded, Recorder, type RecorderOptions, recording } from './record/recorder.ts';

export { defineInspector, InspectorElement } from './element/inspector.ts';

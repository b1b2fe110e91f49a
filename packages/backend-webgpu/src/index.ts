export { type AdapterDescription, type AdapterOptions, findAdapter, isSoftware } from './device.ts';
export { ShaderError } from './pipelines.ts';
export {
  DeviceLostError,
  type Tuning,
  WebGpuBackend,
  type WebGpuBinding,
  type WebGpuOptions,
  webgpu,
} from './webgpu-backend.ts';

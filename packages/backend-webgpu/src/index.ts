export {
  type AdapterDescription,
  type AdapterOptions,
  findAdapter,
  isSoftware,
  type SubgroupUse,
} from './device.ts';
export { ShaderError } from './pipelines.ts';
export {
  DeviceLostError,
  type Tuning,
  WebGpuBackend,
  type WebGpuOptions,
  webgpu,
} from './webgpu-backend.ts';
export type { WebGpuBinding } from './webgpu-executable.ts';

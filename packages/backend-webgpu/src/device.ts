import { UnsupportedError } from '@pullback/core';

export interface AdapterOptions {
  readonly powerPreference?: GPUPowerPreference;
  /** A device of one's own; it is used as it is and never destroyed. */
  readonly device?: GPUDevice;
  /** Whether long rows may be reduced by subgroups, where the adapter has them; it is false when it is left out. */
  readonly subgroups?: boolean;
}

/** Whether long rows are reduced by subgroups and, where they are not though it was asked for, why. */
export type SubgroupUse =
  | 'used'
  | 'not asked for'
  | 'asked for, but the adapter has no feature subgroups'
  | 'asked for, but the given device was made without the feature subgroups';

/** The adapter that computes. */
export interface AdapterDescription {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** Whether the adapter runs on the CPU: then the backend wasm is faster. */
  readonly software: boolean;
  readonly subgroups: SubgroupUse;
}

export interface Opened {
  readonly device: GPUDevice;
  readonly adapter: AdapterDescription;
  /** Whether the device is ours to destroy. */
  readonly owned: boolean;
}

let gpuOfNode: Promise<GPU | undefined> | undefined;

/** navigator.gpu, or that of the optional package `webgpu` in Node; undefined where there is neither. */
export async function findGpu(): Promise<GPU | undefined> {
  if (typeof navigator === 'object' && 'gpu' in navigator && navigator.gpu !== undefined)
    return navigator.gpu;
  if (typeof document === 'object') return undefined;
  // One for the whole process: the package wants it to be kept alive.
  gpuOfNode ??= (async () => {
    try {
      const found = packageOfNode();
      if (found === undefined) return undefined;
      const { create, globals }: typeof import('webgpu') = await import(
        /* webpackIgnore: true */ /* @vite-ignore */ found
      );
      for (const [key, value] of Object.entries(globals))
        if (!(key in globalThis)) Reflect.set(globalThis, key, value);
      return create([]);
    } catch {
      return undefined;
    }
  })();
  return gpuOfNode;
}

/** Where Node finds the optional package `webgpu`. Named in an import, even by way of a constant, it is a file that bundlers of pages miss. */
function packageOfNode(): string | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const module = process?.getBuiltinModule?.('node:module') as ModuleOfNode | undefined;
  const url = process?.getBuiltinModule?.('node:url') as UrlOfNode | undefined;
  const path = module?.createRequire(import.meta.url).resolve('webgpu');
  return path === undefined ? undefined : url?.pathToFileURL(path).href;
}

interface ModuleOfNode {
  createRequire(from: string): { resolve(name: string): string };
}

interface UrlOfNode {
  pathToFileURL(path: string): URL;
}

/** The adapter that would be used, without a device; undefined where there is none. */
export async function findAdapter({ powerPreference }: AdapterOptions = {}): Promise<GPUAdapter | undefined> {
  const gpu = await findGpu();
  const found = await gpu?.requestAdapter(powerPreference === undefined ? {} : { powerPreference });
  return found ?? undefined;
}

/** Whether the adapter computes on the CPU. */
export function isSoftware({ info }: { readonly info: GPUAdapterInfo }): boolean {
  const text = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  return info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|softpipe|basic render/i.test(text);
}

/** @throws UnsupportedError where there is no WebGPU, no adapter or none with the features; it says what to do. */
export async function openDevice(
  options: AdapterOptions,
  features: readonly Feature[] = [],
): Promise<Opened> {
  const { device: given, subgroups: asked = false } = options;
  if (given !== undefined) {
    for (const feature of features)
      if (!given.features.has(feature)) throw missing(feature, 'the device', given.adapterInfo);
    const without = 'asked for, but the given device was made without the feature subgroups';
    const use = !asked ? 'not asked for' : given.features.has('subgroups') ? 'used' : without;
    return { device: given, adapter: described(given.adapterInfo, use), owned: false };
  }
  const gpu = await findGpu();
  if (gpu === undefined)
    throw new UnsupportedError({
      got: 'no WebGPU here',
      expected: 'a browser with navigator.gpu, or Node with the package webgpu installed',
      hint: "In Node: npm install webgpu. The backends 'wasm' and 'cpu' need neither.",
    });
  const adapter = await findAdapter(options);
  if (adapter === undefined)
    throw new UnsupportedError({
      got: 'WebGPU without an adapter',
      expected: 'a graphics driver that WebGPU takes',
      hint: "Software adapters must be asked for (Vulkan's VK_ICD_FILENAMES in Node, --enable-unsafe-webgpu in Chromium). The backends 'wasm' and 'cpu' need none.",
    });
  for (const feature of features)
    if (!adapter.features.has(feature)) throw missing(feature, 'the adapter', adapter.info);
  const { limits } = adapter;
  const without = 'asked for, but the adapter has no feature subgroups';
  const use = !asked ? 'not asked for' : adapter.features.has('subgroups') ? 'used' : without;
  const device = await adapter.requestDevice({
    label: 'pullback',
    requiredFeatures: use === 'used' ? [...features, 'subgroups'] : [...features],
    requiredLimits: {
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
    },
  });
  return { device, adapter: described(adapter.info, use), owned: true };
}

/** Features that options need, and the options. */
const needs = { 'shader-f16': 'float16: true' } as const;
export type Feature = keyof typeof needs;

function missing(feature: Feature, of: 'the device' | 'the adapter', info: GPUAdapterInfo): UnsupportedError {
  return new UnsupportedError({
    got: `${needs[feature]}, and ${of} (${nameOf(info)}) without the feature '${feature}'`,
    expected: `${of} to have '${feature}'`,
    hint:
      of === 'the device'
        ? `Ask for it: adapter.requestDevice({ requiredFeatures: ['${feature}'] }), where the adapter has it; or leave the option out.`
        : 'Leave the option out: temporaries are then kept in float32.',
  });
}

/** The name of the adapter. */
export function nameOf({
  vendor,
  architecture,
  device,
  description,
}: Omit<AdapterDescription, 'software' | 'subgroups'>): string {
  return [vendor, architecture, device, description].filter((text) => text !== '').join(' ');
}

function described(info: GPUAdapterInfo, subgroups: SubgroupUse): AdapterDescription {
  const { vendor, architecture, device, description } = info;
  return { vendor, architecture, device, description, software: isSoftware({ info }), subgroups };
}

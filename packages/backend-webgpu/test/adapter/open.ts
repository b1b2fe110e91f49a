import { type WebGpuBackend, type WebGpuOptions, webgpu } from '../../src/index.ts';

/** Debian's chromium brings a software adapter; Dawn finds it by this variable. */
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Lets Dawn find a software adapter, where one is installed and none is named. */
async function prepare(): Promise<void> {
  if (typeof document === 'object') return;
  const { existsSync } = await import('node:fs');
  if (process.env['VK_ICD_FILENAMES'] === undefined && existsSync(swiftShader))
    process.env['VK_ICD_FILENAMES'] = swiftShader;
}

/** A backend on whatever adapter there is. @throws UnsupportedError */
export async function open(options: WebGpuOptions = {}): Promise<WebGpuBackend> {
  await prepare();
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return await webgpu(options);
  } finally {
    console.warn = warn;
  }
}

/** The same, or undefined where there is no adapter. */
export async function openIfThere(): Promise<WebGpuBackend | undefined> {
  try {
    return await open();
  } catch {
    return undefined;
  }
}

/** Cuts kernels as for a GPU, with every path taken at small sizes: workgroups for long rows, tiles, split sums. */
export const asOnHardware: WebGpuOptions = {
  tuning: { invocations: 4096, longestRow: 20, sharedTiles: true, innerVectors: true },
};

import { existsSync } from 'node:fs';

/** Debian's chromium brings this software adapter. */
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Gives Node the `navigator.gpu` of the package webgpu, on SwiftShader unless VK_ICD_FILENAMES names another adapter. */
export async function provideWebGpu(): Promise<void> {
  if (existsSync(swiftShader)) process.env['VK_ICD_FILENAMES'] ??= swiftShader;
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([]);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });
  if ((await gpu.requestAdapter()) === null)
    throw new Error(
      'no WebGPU adapter: Debian has one, apt-get install --no-install-recommends chromium libvulkan1',
    );
}

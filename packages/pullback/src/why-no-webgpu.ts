import { nodeProcess } from './node-process.ts';

/** Why there is no WebGPU here, on whatever adapter; undefined where there is. */
export async function whyNoWebGpu(): Promise<string | undefined> {
  if (!mayHaveWebGpu()) {
    if (Reflect.get(globalThis, 'isSecureContext') === false)
      return 'there is no WebGPU in a page that did not come by https or from localhost';
    return 'there is no WebGPU';
  }
  const { findAdapter } = await import('@pullback/backend-webgpu');
  return (await findAdapter()) === undefined ? 'WebGPU has no adapter' : undefined;
}

/** In Node it is the application that brings WebGPU, as the package `webgpu` in a folder above the one that it runs in. */
export function mayHaveWebGpu(): boolean {
  if (typeof navigator === 'object' && 'gpu' in navigator) return true;
  const host = nodeProcess();
  if (host === undefined) return false;
  const { existsSync } = host.getBuiltinModule('fs');
  const { dirname, join } = host.getBuiltinModule('path');
  let folder = host.cwd();
  while (!existsSync(join(folder, 'node_modules', 'webgpu'))) {
    const above = dirname(folder);
    if (above === folder) return false;
    folder = above;
  }
  return true;
}

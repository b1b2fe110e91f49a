import type { Counters } from './library.ts';

/** Counts calls into WebAssembly and new instances from now on. Slows calls down: not for a process that is measured. */
export function countWasm(): () => Counters {
  const counters = { calls: 0, instances: 0 };
  const counted = ({ exports }: WebAssembly.Instance): WebAssembly.Instance => {
    counters.instances++;
    const wrapped = Object.entries(exports).map(([name, value]) => {
      if (typeof value !== 'function') return [name, value];
      const call = (...args: unknown[]): unknown => {
        counters.calls++;
        return value(...args);
      };
      return [name, call];
    });
    return { exports: Object.fromEntries(wrapped) };
  };
  const { Instance, instantiate, instantiateStreaming } = WebAssembly;
  WebAssembly.Instance = new Proxy(Instance, {
    construct: (target, [module, imports]) => counted(new target(module, imports)),
  });
  WebAssembly.instantiate = new Proxy(instantiate, {
    apply: async (target, self, args) => {
      const made = await Reflect.apply(target, self, args);
      return 'instance' in made ? { ...made, instance: counted(made.instance) } : counted(made);
    },
  });
  WebAssembly.instantiateStreaming = new Proxy(instantiateStreaming, {
    apply: async (target, self, args) => {
      const made = await Reflect.apply(target, self, args);
      return { ...made, instance: counted(made.instance) };
    },
  });
  return () => ({ ...counters });
}

/** Which method of which WebGPU class is counted under which name. */
const gpuMethods = [
  ['GPUComputePassEncoder', 'dispatchWorkgroups', 'dispatches'],
  ['GPUComputePassEncoder', 'dispatchWorkgroupsIndirect', 'dispatches'],
  ['GPUQueue', 'submit', 'submits'],
  ['GPUCommandEncoder', 'beginComputePass', 'passes'],
  ['GPUDevice', 'createBuffer', 'createBuffer'],
  ['GPUDevice', 'createBindGroup', 'createBindGroup'],
  ['GPUDevice', 'createComputePipeline', 'createComputePipeline'],
  ['GPUDevice', 'createComputePipelineAsync', 'createComputePipeline'],
  ['GPUQueue', 'writeBuffer', 'writeBuffer'],
  ['GPUBuffer', 'mapAsync', 'mapAsync'],
] as const;

/** Counts, on the prototypes of the classes that `scope` has, what is asked of a WebGPU device, and the bytes of new buffers. */
export function countGpu(scope: object): () => Counters {
  const counters: Record<string, number> = { allocatedBytes: 0 };
  for (const [className, method, name] of gpuMethods) {
    counters[name] = 0;
    const made: unknown = Reflect.get(scope, className);
    const prototype: unknown = typeof made === 'function' ? made.prototype : undefined;
    if (typeof prototype !== 'object' || prototype === null) continue;
    const original: unknown = Reflect.get(prototype, method);
    if (typeof original !== 'function') continue;
    Reflect.set(prototype, method, function (this: unknown, ...args: unknown[]): unknown {
      counters[name] = (counters[name] ?? 0) + 1;
      if (method === 'createBuffer')
        counters['allocatedBytes'] = (counters['allocatedBytes'] ?? 0) + sizeIn(args[0]);
      return Reflect.apply(original, this, args);
    });
  }
  return () => ({ ...counters });
}

function sizeIn(descriptor: unknown): number {
  if (typeof descriptor !== 'object' || descriptor === null || !('size' in descriptor)) return 0;
  return Number(descriptor.size);
}

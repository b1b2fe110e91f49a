/** What was asked of a device, by name of the call; `bytes` of buffers that were created and of writes beside. */
export interface Counts {
  dispatchWorkgroups: number;
  submit: number;
  beginComputePass: number;
  createBuffer: number;
  createBindGroup: number;
  createPipelines: number;
  createShaderModule: number;
  writeBuffer: number;
  mapAsync: number;
  allocatedBytes: number;
}

const none: Counts = {
  dispatchWorkgroups: 0,
  submit: 0,
  beginComputePass: 0,
  createBuffer: 0,
  createBindGroup: 0,
  createPipelines: 0,
  createShaderModule: 0,
  writeBuffer: 0,
  mapAsync: 0,
  allocatedBytes: 0,
};

type Method = (this: unknown, ...x: unknown[]) => unknown;

/** Counts calls through the prototypes of a device, its queue, encoders and buffers, until `stop`. */
export function countCalls(device: GPUDevice): { readonly counts: Counts; reset(): void; stop(): void } {
  const counts: Counts = { ...none };
  const restore: (() => void)[] = [];
  const wrap = (object: object, name: string, before: (argument: unknown) => void): void => {
    const prototype: unknown = Object.getPrototypeOf(object);
    if (typeof prototype !== 'object' || prototype === null) return;
    const original: unknown = Reflect.get(prototype, name);
    if (typeof original !== 'function') return;
    const wrapped: Method = function (...x) {
      before(x[0]);
      return Reflect.apply(original, this, x);
    };
    Reflect.set(prototype, name, wrapped);
    restore.push(() => Reflect.set(prototype, name, original));
  };
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  const buffer = device.createBuffer({ size: 16, usage: 8 });
  wrap(pass, 'dispatchWorkgroups', () => counts.dispatchWorkgroups++);
  wrap(encoder, 'beginComputePass', () => counts.beginComputePass++);
  wrap(buffer, 'mapAsync', () => counts.mapAsync++);
  wrap(device.queue, 'submit', () => counts.submit++);
  wrap(device.queue, 'writeBuffer', () => counts.writeBuffer++);
  wrap(device, 'createBuffer', (descriptor) => {
    counts.createBuffer++;
    counts.allocatedBytes += Number(Reflect.get(Object(descriptor), 'size'));
  });
  wrap(device, 'createBindGroup', () => counts.createBindGroup++);
  wrap(device, 'createShaderModule', () => counts.createShaderModule++);
  for (const name of ['createComputePipeline', 'createComputePipelineAsync'])
    wrap(device, name, () => counts.createPipelines++);
  pass.end();
  encoder.finish();
  buffer.destroy();
  return {
    counts,
    reset: () => Object.assign(counts, none),
    stop: () => {
      for (const undo of restore.splice(0)) undo();
    },
  };
}

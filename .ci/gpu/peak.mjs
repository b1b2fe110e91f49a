// How much an adapter can multiply and add: many invocations with chains of `fma` in registers, which touch no memory between.

const [chains, rounds, size] = [4, 256, 64];
const code = `
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(${size})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let x = vec4f(f32(id.x) * 1e-9 + 1e-3);
  ${Array.from({ length: chains }, (_, i) => `var a${i} = x * ${i + 1}.0;`).join('\n  ')}
  for (var i = 0; i < ${rounds}; i++) {
    ${Array.from({ length: 8 * chains }, (_, i) => `a${i % chains} = fma(a${i % chains}, x, x);`).join('\n    ')}
  }
  let s = ${Array.from({ length: chains }, (_, i) => `a${i}`).join(' + ')};
  out[id.x] = s.x + s.y + s.z + s.w;
}`;

/** GFLOP/s, an fma counted as two. */
export async function peakOf(device) {
  const groups = 4096;
  const buffer = device.createBuffer({ size: 4 * size * groups, usage: 128 | 4 });
  const read = device.createBuffer({ size: 4, usage: 8 | 1 });
  const pipeline = device.createComputePipeline({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }) },
  });
  const bind = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer } }],
  });
  const run = async (times, some) => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bind);
    for (let i = 0; i < times; i++) pass.dispatchWorkgroups(some);
    pass.end();
    encoder.copyBufferToBuffer(buffer, 0, read, 0, 4);
    device.queue.submit([encoder.finish()]);
    const begin = performance.now();
    await read.mapAsync(1);
    read.unmap();
    return performance.now() - begin;
  };
  const flops = (some) => some * size * rounds * 8 * chains * 4 * 2;
  // On a CPU so many invocations take seconds: as many as take some 50 ms.
  await run(1, 16);
  const some = (await run(1, 64)) > 5 ? 64 : groups;
  let best = 0;
  for (let i = 0; i < 5; i++) best = Math.max(best, (8 * flops(some)) / (await run(8, some)) / 1e6);
  return best;
}

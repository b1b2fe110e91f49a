// Three steps by native code, as any runtime of JavaScript does them. Run by elsewhere.test.ts, in Node, Bun and Deno.
import { type NativeOptions, native } from '@pullback/backend-native';
import { add, matmul, mul, placeholder, sum, tanh, trace } from '@pullback/core';

/** y = tanh(x w), and w moved by its sum, in the order of their places. */
export async function numbers(options: NativeOptions): Promise<number[]> {
  const backend = native({ threads: 2, optimize: 1, deterministic: true, ...options });
  const x = placeholder({ shape: [16, 48], dtype: 'float32' }, 'x');
  const w = placeholder({ shape: [48, 33], dtype: 'float32' }, 'w');
  const y = tanh(matmul(x, w));
  const executable = await backend.compile(trace([x, w], [y, add(w, mul(sum(y), 0.01))]));
  const [first, second] = [x, w].map(({ spec }) => {
    const buffer = backend.allocate(spec);
    const size = spec.shape.reduce((all, extent) => all * extent, 1);
    backend.write(
      buffer,
      Float32Array.from({ length: size }, (_, i) => ((i * 7919) % 101) / 101 - 0.5),
    );
    return buffer;
  });
  if (first === undefined || second === undefined) throw new Error('two arguments have no buffers');
  const made = backend.allocate(y.spec);
  executable.bind([first, second], [made, second]).run(3);
  const all = [...(await backend.read(made)), ...(await backend.read(second))];
  backend.dispose();
  return all;
}

if (process.argv[1]?.endsWith('elsewhere.ts'))
  console.log(JSON.stringify(await numbers({ cache: process.argv[2] ?? '' })));

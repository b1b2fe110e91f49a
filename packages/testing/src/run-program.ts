import type { Backend, TypedArray } from '@pullback/core';
import type { RandomProgram } from './random-program.ts';

/** Runs a random Program on a backend; what each output's buffer holds in the end. Everything is given back. */
export async function runProgram(
  backend: Backend,
  { program, data, over, times }: RandomProgram,
): Promise<TypedArray[]> {
  const specs = [...program.inputs, ...program.body.flatMap(({ outputs }) => outputs)];
  const given = data.map((tensor) => {
    const buffer = backend.allocate(tensor);
    backend.write(buffer, tensor.data);
    return buffer;
  });
  const made = program.outputs.map((value, i) => {
    const own = given[over[i] ?? -1];
    return own ?? backend.allocate(specs[value] ?? { shape: [], dtype: 'float32' });
  });
  const executable = await backend.compile(program);
  const binding = executable.bind(given, made);
  binding.run(times);
  const results = await Promise.all(made.map((buffer) => backend.read(buffer)));
  executable.dispose?.();
  for (const buffer of new Set([...given, ...made])) backend.free(buffer);
  return results;
}

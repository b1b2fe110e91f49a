import { type Backend, mul, placeholder, trace } from '@pullback/core';
import { type Examination, expectError, expectNumbers, matrix } from './backend-expectations.ts';
import { ConformanceError } from './case.ts';

/** Examinations that end a backend; none where `make` gives the same one again, which others still need. */
export function ends(make: () => Backend): Examination[] {
  const [one, other] = [make(), make()];
  if (one === other) return [];
  one.dispose?.();
  other.dispose?.();
  return [
    ['the end of one backend is not that of another', (backend) => examineOther(backend, make())],
    ['after its end a backend refuses everything, and frees nothing twice', examineEnd],
    ['a backend is not lost before it is', examineLost],
  ];
}

async function doubled(backend: Backend) {
  const a = placeholder(matrix, 'a');
  const program = trace([a], [mul(a, 2)]);
  const executable = await backend.compile(program);
  const [from, to] = [backend.allocate(matrix), backend.allocate(matrix)];
  const binding = executable.bind([from], [to]);
  return { program, executable, from, to, binding };
}

async function examineOther(backend: Backend, other: Backend): Promise<void> {
  const [own, gone] = [await doubled(backend), await doubled(other)];
  own.binding.run();
  gone.binding.run();
  other.dispose?.();
  backend.write(own.from, Float32Array.of(1, 2, 3, 4));
  own.binding.run();
  await expectNumbers(backend, own.to, [2, 4, 6, 8], 'a result after another backend was disposed of');
  await expectError('binding a buffer of another backend', 'DisposedError', () =>
    own.executable.bind([gone.from], [own.to]),
  );
}

async function examineEnd(backend: Backend): Promise<void> {
  const { program, executable, from, to, binding } = await doubled(backend);
  if (backend.dispose === undefined) return;
  backend.dispose();
  const calls: readonly (readonly [string, () => unknown])[] = [
    ['allocate', () => backend.allocate(matrix)],
    ['write', () => backend.write(from, new Float32Array(4))],
    ['read', () => backend.read(from)],
    ['compile', () => backend.compile(program)],
    ['bind', () => executable.bind([from], [to])],
    ['run', () => binding.run()],
  ];
  for (const [name, call] of calls) await expectError(`${name} after dispose`, 'DisposedError', call);
  for (const [name, call] of [
    ['free', () => backend.free(from)],
    ['dispose of a binding', () => binding.dispose?.()],
    ['dispose of an executable', () => executable.dispose?.()],
    ['dispose', () => backend.dispose?.()],
  ] as const)
    try {
      call();
    } catch (error) {
      throw new ConformanceError({
        what: `${name} after dispose`,
        got: String(error),
        expected: 'nothing to happen',
      });
    }
}

async function examineLost(backend: Backend): Promise<void> {
  const { binding } = await doubled(backend);
  binding.run();
  if (backend.lost === undefined) return;
  const told = await Promise.race([
    backend.lost.then(
      (reason) => `fulfilled with ${String(reason)}`,
      (error: unknown) => `rejected with ${String(error)}`,
    ),
    new Promise<string>((done) => setTimeout(() => done('pending'), 5)),
  ]);
  if (told !== 'pending')
    throw new ConformanceError({
      what: '`lost` of a backend that computes',
      got: told,
      expected: 'it is pending',
    });
}

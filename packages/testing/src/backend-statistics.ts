import { type Backend, bytesOf, mul, placeholder, trace } from '@pullback/core';
import { type Examination, expectSame, matrix } from './backend-expectations.ts';

const count = (
  backend: Backend,
  name: 'programs' | 'bindings' | 'calls' | 'allocations' | 'buffers' | 'bytes',
) => backend.statistics?.()[name];

/** The statistics of a backend, as far as it has them: up with every thing made, down with every thing given back, never below. */
export const statistics: readonly Examination[] = [
  [
    'buffers are counted once, however often they are freed',
    async (backend) => {
      const [buffers, bytes] = [count(backend, 'buffers'), count(backend, 'bytes')];
      if (buffers === undefined || bytes === undefined) return;
      const [one, two] = [backend.allocate(matrix), backend.allocate(matrix)];
      expectSame('the number of buffers after two more', count(backend, 'buffers'), buffers + 2);
      backend.free(one);
      backend.free(one);
      expectSame('the number of buffers after one was freed twice', count(backend, 'buffers'), buffers + 1);
      backend.free(two);
      expectSame('the number of buffers after both were freed', count(backend, 'buffers'), buffers);
      expectSame('the bytes after both were freed', count(backend, 'bytes'), bytes);
    },
  ],
  [
    'bytes are those of the elements, in every dtype',
    async (backend) => {
      for (const dtype of backend.dtypes) {
        const before = count(backend, 'bytes');
        if (before === undefined) return;
        const buffer = backend.allocate({ shape: [3, 5], dtype });
        const wanted = before + 15 * bytesOf(dtype);
        expectSame(`the bytes after a buffer of ${dtype}[3, 5]`, count(backend, 'bytes'), wanted);
        backend.free(buffer);
      }
    },
  ],
  [
    'allocations are those that were ever made',
    async (backend) => {
      const before = count(backend, 'allocations');
      if (before === undefined) return;
      const buffer = backend.allocate(matrix);
      const after = count(backend, 'allocations') ?? 0;
      expectSame('whether an allocation is counted', after > before, true);
      backend.free(buffer);
      expectSame('allocations after a buffer was freed', count(backend, 'allocations'), after);
    },
  ],
  [
    'programs and bindings fall back when they are disposed of, once',
    async (backend) => {
      const [programs, bindings] = [count(backend, 'programs'), count(backend, 'bindings')];
      const a = placeholder(matrix, 'a');
      const executable = await backend.compile(trace([a], [mul(a, 3)]));
      const binding = executable.bind([backend.allocate(matrix)], [backend.allocate(matrix)]);
      const more = (was: number | undefined, by: number) => (was === undefined ? undefined : was + by);
      expectSame('the number of programs after one more', count(backend, 'programs'), more(programs, 1));
      expectSame('the number of bindings after one more', count(backend, 'bindings'), more(bindings, 1));
      if (binding.dispose !== undefined) {
        binding.dispose();
        binding.dispose();
        expectSame(
          'the number of bindings after it was disposed of twice',
          count(backend, 'bindings'),
          bindings,
        );
      }
      if (executable.dispose === undefined) return;
      executable.bind([backend.allocate(matrix)], [backend.allocate(matrix)]);
      executable.dispose();
      executable.dispose();
      expectSame(
        'the number of programs after it was disposed of twice',
        count(backend, 'programs'),
        programs,
      );
      expectSame(
        'the number of bindings after their executable was disposed of',
        count(backend, 'bindings'),
        bindings,
      );
    },
  ],
  [
    'calls count runs, whatever the number of times',
    async (backend) => {
      const a = placeholder(matrix, 'a');
      const executable = await backend.compile(trace([a], [mul(a, 5)]));
      const binding = executable.bind([backend.allocate(matrix)], [backend.allocate(matrix)]);
      const before = count(backend, 'calls');
      if (before === undefined) return;
      binding.run(7);
      expectSame('the number of calls after one of seven times', count(backend, 'calls'), before + 1);
      binding.run();
      expectSame('the number of calls after another', count(backend, 'calls'), before + 2);
    },
  ],
];

// Backends that lose track: of buffers, bindings, executables, what was asked first, what they refuse and count.
import type { Backend, Buffer, Executable, Program, TypedArray } from '@pullback/core';
import { formatProgram } from '@pullback/core';
import { changed, executing } from './backends-of.ts';

const nothing = (): Promise<Executable> => Promise.reject(new Error('no such executable'));

export const wrongLives: Record<string, () => Backend> = {
  'one buffer for two inputs is read as zeros': () =>
    changed(({ compile, allocate }) => ({
      compile: async (program) => {
        const executable = await compile(program);
        return {
          ...executable,
          bind: (inputs, outputs) =>
            executable.bind(
              inputs.map((buffer, i) => (inputs.indexOf(buffer) < i ? allocate(buffer.spec) : buffer)),
              outputs,
            ),
        };
      },
    })),
  'a write of a subarray begins at the start of its memory': () =>
    changed(({ write }) => ({
      write: (buffer, data) => {
        const Kind = data.constructor as new (memory: ArrayBufferLike, from: number, n: number) => TypedArray;
        write(buffer, new Kind(data.buffer, 0, data.length));
      },
    })),
  'a write is kept by reference': () =>
    changed(({ write, read, compile }) => {
      const waiting = new Map<Buffer, TypedArray>();
      const flush = () => {
        for (const [buffer, data] of waiting) write(buffer, data);
        waiting.clear();
      };
      return {
        write: (buffer, data) => {
          if (data.length !== buffer.spec.shape.reduce((n, extent) => n * extent, 1)) write(buffer, data);
          waiting.set(buffer, data);
        },
        read: (buffer) => {
          flush();
          return read(buffer);
        },
        compile: async (program) => {
          const executable = await compile(program);
          return {
            ...executable,
            bind: (inputs, outputs) => {
              const binding = executable.bind(inputs, outputs);
              return {
                ...binding,
                run: (times) => {
                  flush();
                  binding.run(times);
                },
              };
            },
          };
        },
      };
    }),
  'a read is the memory itself': () =>
    changed(({ read, write, allocate }) => {
      const seen = new Map<Buffer, TypedArray>();
      return {
        allocate,
        read: async (buffer) => {
          const known = seen.get(buffer);
          if (known !== undefined) write(buffer, known);
          const data = known ?? (await read(buffer));
          seen.set(buffer, data);
          return data;
        },
        write: (buffer, data) => {
          seen.delete(buffer);
          write(buffer, data);
        },
      };
    }),
  'a shorter write is taken': () =>
    changed(({ write, allocate }) => ({
      write: (buffer, data) => {
        const { data: whole } = { data: data.slice() };
        const size = buffer.spec.shape.reduce((n, extent) => n * extent, 1);
        if (whole.length >= size) write(buffer, whole);
        else void allocate;
      },
    })),
  'a longer write is cut': () =>
    changed(({ write }) => ({
      write: (buffer, data) =>
        write(
          buffer,
          data.subarray(
            0,
            buffer.spec.shape.reduce((n, extent) => n * extent, 1),
          ),
        ),
    })),
  'a write to what was freed is nothing': () =>
    changed(({ write }) => ({
      write: (buffer, data) => {
        try {
          write(buffer, data);
        } catch {
          // Swallowed.
        }
      },
    })),
  'a read of what was freed is zeros': () =>
    changed(({ read }) => ({
      read: async (buffer) => {
        try {
          return await read(buffer);
        } catch {
          return new Float32Array(buffer.spec.shape.reduce((n, extent) => n * extent, 1));
        }
      },
    })),
  'one executable a Program, disposed of with the first': () =>
    changed(({ compile }) => {
      const known = new Map<Program, Promise<Executable>>();
      return {
        compile: (program) => {
          const made = known.get(program) ?? compile(program);
          known.set(program, made);
          return made;
        },
      };
    }),
  'one binding an executable': () =>
    executing((inner) => {
      let current: ReturnType<Executable['bind']> | undefined;
      return {
        ...inner,
        bind: (inputs, outputs) => {
          current = inner.bind(inputs, outputs);
          return { run: (times) => current?.run(times), dispose: () => current?.dispose?.() };
        },
      };
    }),
  'disposing of a binding ends its executable': () =>
    executing((inner) => ({
      ...inner,
      bind: (inputs, outputs) => {
        const binding = inner.bind(inputs, outputs);
        return { run: (times) => binding.run(times), dispose: () => inner.dispose?.() };
      },
    })),
  'disposing of an executable ends the backend': () =>
    changed(({ compile, dispose }) => ({
      compile: async (program) => ({ ...(await compile(program)), dispose: () => dispose?.() }),
    })),
  'what was disposed of still runs': () => executing((inner) => ({ bind: inner.bind, dispose: () => {} })),
  'no times is once': () =>
    executing((inner) => ({
      ...inner,
      bind: (inputs, outputs) => {
        const binding = inner.bind(inputs, outputs);
        return { ...binding, run: (times) => binding.run(times || 1) };
      },
    })),
  'many times are at most three': () =>
    executing((inner) => ({
      ...inner,
      bind: (inputs, outputs) => {
        const binding = inner.bind(inputs, outputs);
        return { ...binding, run: (times = 1) => binding.run(Math.min(3, times)) };
      },
    })),
  "the second run gives the first one's results": () =>
    executing((inner) => ({
      ...inner,
      bind: (inputs, outputs) => {
        const binding = inner.bind(inputs, outputs);
        let ran = false;
        const donated = outputs.some((buffer) => inputs.includes(buffer));
        return {
          ...binding,
          run: (times) => {
            if (!ran || donated) binding.run(times);
            ran = true;
          },
        };
      },
    })),
  'compiled once for all Programs that print alike': () =>
    changed(({ compile }) => {
      const known = new Map<string, Program>();
      return {
        compile: (program) => {
          const key = formatProgram(program).replaceAll(/#.*/g, '');
          const first = known.get(key) ?? program;
          known.set(key, first);
          return compile(first);
        },
      };
    }),
  'errors of a run are swallowed': () =>
    executing((inner) => ({
      ...inner,
      bind: (inputs, outputs) => {
        const binding = inner.bind(inputs, outputs);
        return {
          ...binding,
          run: (times) => {
            try {
              binding.run(times);
            } catch {
              // Nobody hears of it.
            }
          },
        };
      },
    })),
  'too few buffers are taken': () =>
    executing((inner, program) => ({
      ...inner,
      bind: (inputs, outputs) =>
        inputs.length === program.inputs.length && outputs.length === program.outputs.length
          ? inner.bind(inputs, outputs)
          : { run: () => {} },
    })),
  'an output that is asked for twice is written once': () =>
    changed(({ compile, allocate }) => ({
      compile: async (program) => {
        const executable = await compile(program);
        return {
          ...executable,
          bind: (inputs, outputs) =>
            executable.bind(
              inputs,
              outputs.map((buffer, i) =>
                program.outputs.indexOf(program.outputs[i] ?? -1) < i ? allocate(buffer.spec) : buffer,
              ),
            ),
        };
      },
    })),
  'a dtype that it does not have is float32': () =>
    changed(({ allocate }) => ({
      dtypes: ['float32', 'int32', 'bool', 'uint8'],
      allocate: (spec) => allocate(spec.dtype === 'float64' ? { ...spec, dtype: 'float32' } : spec),
    })),
  'counts that never fall': () =>
    changed(({ statistics }) => {
      let most = { buffers: 0, bytes: 0 };
      return {
        statistics: () => {
          const now = statistics?.() ?? most;
          most = { buffers: Math.max(most.buffers, now.buffers), bytes: Math.max(most.bytes, now.bytes) };
          return { ...now, ...most };
        },
      };
    }),
  'bytes that count elements': () =>
    changed(({ statistics }) => ({
      statistics: () => {
        const now = statistics?.() ?? { buffers: 0, bytes: 0 };
        return { ...now, bytes: now.bytes / 4 };
      },
    })),
  'Programs that are never given back': () =>
    changed(({ statistics }) => {
      let most = 0;
      return {
        statistics: () => {
          const now = statistics?.() ?? { buffers: 0, bytes: 0 };
          most = Math.max(most, now.programs ?? 0);
          return { ...now, programs: most };
        },
      };
    }),
  'calls that count times': () =>
    changed(({ statistics, compile }) => {
      let more = 0;
      return {
        compile: async (program) => {
          const executable = await compile(program);
          return {
            ...executable,
            bind: (inputs, outputs) => {
              const binding = executable.bind(inputs, outputs);
              return {
                ...binding,
                run: (times = 1) => {
                  more += times - 1;
                  binding.run(times);
                },
              };
            },
          };
        },
        statistics: () => {
          const now = statistics?.() ?? { buffers: 0, bytes: 0 };
          return { ...now, calls: (now.calls ?? 0) + more };
        },
      };
    }),
  'freed twice, counted twice': () =>
    changed(({ free, statistics }) => {
      let freed = 0;
      const gone = new Set<Buffer>();
      return {
        free: (buffer) => {
          if (gone.has(buffer)) freed++;
          gone.add(buffer);
          free(buffer);
        },
        statistics: () => {
          const now = statistics?.() ?? { buffers: 0, bytes: 0 };
          return { ...now, buffers: now.buffers - freed };
        },
      };
    }),
  'after the end it goes on': () => changed(() => ({ dispose: () => {} })),
  'an end that cannot come twice': () =>
    changed(({ dispose }) => {
      let over = false;
      return {
        dispose: () => {
          if (over) throw new Error('already over');
          over = true;
          dispose?.();
        },
      };
    }),
  'lost from the start': () => changed(() => ({ lost: quietly() })),
  'the same Program a second time is refused': () =>
    changed(({ compile }) => {
      const seen = new Set<string>();
      return {
        compile: (program) => {
          const key = formatProgram(program);
          if (seen.has(key)) return nothing();
          seen.add(key);
          return compile(program);
        },
      };
    }),
  'outputs are written in order, and an input that is an output is read after': () =>
    changed(({ compile, read, write }) => ({
      compile: async (program) => {
        const executable = await compile(program);
        const swapped = program.outputs.every((place) => place < program.inputs.length);
        return {
          ...executable,
          bind: (inputs, outputs) => {
            const binding = executable.bind(inputs, outputs);
            const [a, b] = outputs;
            if (!swapped || a === undefined || b === undefined || a === b || !inputs.includes(a))
              return binding;
            void read;
            return {
              ...binding,
              run: (times) => {
                binding.run(times);
                write(b, new Float32Array(b.spec.shape.reduce((n, extent) => n * extent, 1)));
              },
            };
          },
        };
      },
    })),
};

/** A promise that is rejected, of which Node does not complain. */
function quietly(): Promise<Error> {
  const lost = Promise.reject(new Error('lost'));
  lost.catch(() => {});
  return lost;
}

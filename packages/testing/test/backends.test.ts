import { cpu } from '@pullback/backend-cpu';
import { type Backend, fill, type Primitive, square } from '@pullback/core';
import { conformBackend, report } from '@pullback/testing';
import { describe, expect, test } from 'vitest';

describe('the reference backend', () => {
  for (const c of conformBackend(cpu)) test(c.name, () => c.run());
});

const squaring = square(fill(2, [1])).node as Primitive;

/** The cases that a backend made of the reference, changed in one place, does not pass. */
async function failures(change: (backend: Backend) => Partial<Backend>): Promise<string[]> {
  const make = (): Backend => {
    const inner = cpu();
    const whole: Backend = {
      name: 'wrong',
      dtypes: ['float32', 'int32'],
      allocate: (spec) => inner.allocate(spec),
      write: (buffer, data) => inner.write(buffer, data),
      read: (buffer) => inner.read(buffer),
      free: (buffer) => inner.free(buffer),
      compile: (program) => inner.compile(program),
    };
    return { ...whole, ...change(whole) };
  };
  return (await report(conformBackend(make), () => {})).map(({ name }) => name);
}

describe('wrong backends are caught', () => {
  test('reading without a copy', async () => {
    const names = await failures(({ read }) => {
      const seen = new WeakMap<object, Awaited<ReturnType<typeof read>>>();
      return {
        read: async (buffer) => {
          const data = seen.get(buffer) ?? (await read(buffer));
          seen.set(buffer, data);
          return data;
        },
      };
    });
    expect(names.length).toBeGreaterThan(0);
  });
  test('never freeing', async () => {
    expect(await failures(() => ({ free: () => {} }))).toEqual([expect.stringContaining('freed')]);
  });
  test('running once whatever is asked', async () => {
    const names = await failures(({ compile }) => ({
      compile: async (program) => {
        const executable = await compile(program);
        return {
          bind: (inputs, outputs) => {
            const binding = executable.bind(inputs, outputs);
            return { run: () => binding.run() };
          },
        };
      },
    }));
    expect(names).toEqual([expect.stringContaining('crosswise')]);
  });
  test('a primitive that is wrong for one extent', async () => {
    const names = await failures(({ compile }) => ({
      compile: (program) =>
        compile({
          ...program,
          body: program.body.map((instruction) =>
            instruction.primitive.name === 'tanh' && instruction.outputs[0]?.shape[1] === 7
              ? { ...instruction, primitive: squaring }
              : instruction,
          ),
        }),
    }));
    expect(names).toEqual([expect.stringContaining('tanh of float32[1, 7]')]);
  });
});

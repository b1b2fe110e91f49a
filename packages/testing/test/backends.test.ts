import { readdirSync, readFileSync } from 'node:fs';
import { cpu } from '@pullback/backend-cpu';
import {
  type Backend,
  type Buffer,
  fill,
  type Instruction,
  type Primitive,
  type Program,
  placeholder,
  square,
  type TypedArray,
  trace,
} from '@pullback/core';
import { conformBackend, report } from '@pullback/testing';
import { describe, expect, test } from 'vitest';
import { probesOf } from '../src/probes.ts';

describe('the reference backend', () => {
  for (const c of conformBackend(cpu)) test(c.name, () => c.run());
});

test('every primitive of core is among what is examined', () => {
  const ops = new URL('../../core/src/ops/', import.meta.url);
  const written = readdirSync(ops).flatMap((file) =>
    [
      ...readFileSync(new URL(file, ops), 'utf8').matchAll(
        /(?:\n {2}name: |(?:unary|binary|(?:view|parts)Primitive(?:<[^(]*>)?)\()'(\w+)'/g,
      ),
    ].map(([, name = '']) => name),
  );
  const examined = new Set(
    probesOf(['float32', 'float64', 'int32', 'bool', 'uint8']).flatMap(({ inputs, f }) => {
      const values = inputs.map((spec, i) => placeholder(spec, `input ${i}`));
      return trace(values, [f(...values)].flat()).body.map(({ primitive }) => primitive.name);
    }),
  );
  expect(written.length).toBeGreaterThan(40);
  expect(written.filter((name) => !examined.has(name))).toEqual([]);
});

const squaring = square(fill(2, [1])).node as Primitive;
const dtypes = ['float32', 'float64', 'int32', 'bool', 'uint8'] as const;

/** The cases that a backend made of the reference, changed in one place, does not pass. */
async function failures(change: (backend: Backend) => Partial<Backend>): Promise<string[]> {
  const make = (): Backend => {
    const inner = cpu();
    const whole: Backend = {
      name: 'wrong',
      dtypes,
      allocate: (spec) => inner.allocate(spec),
      write: (buffer, data) => inner.write(buffer, data),
      read: (buffer) => inner.read(buffer),
      free: (buffer) => inner.free(buffer),
      compile: (program) => inner.compile(program),
      statistics: () => inner.statistics(),
    };
    return { ...whole, ...change(whole) };
  };
  return (await report(conformBackend(make), () => {})).map(({ name }) => name);
}

/** A backend that compiles another Program than it was given. */
const compiling = (change: (instruction: Instruction, program: Program) => Partial<Instruction>) =>
  failures(({ compile }) => ({
    compile: (program) =>
      compile({
        ...program,
        body: program.body.map((instruction) => ({ ...instruction, ...change(instruction, program) })),
      }),
  }));

/** A primitive with another meaning. */
const meaning = (primitive: Primitive, evaluate: Primitive['evaluate']): { primitive: Primitive } => ({
  primitive: { ...primitive, evaluate },
});

describe('wrong backends are caught', () => {
  test('reading without a copy', async () => {
    const names = await failures(({ read }) => {
      const seen = new WeakMap<object, TypedArray>();
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
    const names = await failures(() => ({ free: () => {} }));
    expect(names).toEqual([
      expect.stringContaining('held falls back'),
      expect.stringContaining('a buffer that was freed'),
      expect.stringContaining('counted once'),
    ]);
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
    expect(names).toEqual([
      expect.stringContaining('crosswise'),
      expect.stringContaining('a run of no times'),
      expect.stringContaining('all round'),
      expect.stringContaining('five steps'),
    ]);
  });
  test('a primitive that is wrong for one extent', async () => {
    const names = await compiling(({ primitive, outputs: [output] }) =>
      primitive.name === 'tanh' && output?.shape[1] === 7 ? { primitive: squaring } : {},
    );
    expect(names).toEqual([
      expect.stringContaining('tanh of float32[1, 7]'),
      expect.stringContaining('tanh of float64[1, 7]'),
    ]);
  });
  test('outputs that are written while inputs are still read', async () => {
    const names = await failures(({ compile }) => ({
      compile: async (program) => {
        // One output after the other, each from what the buffers hold by then.
        const parts = await Promise.all(
          program.outputs.map((output) => compile({ ...program, outputs: [output] })),
        );
        const whole = await compile(program);
        return {
          bind: (inputs, outputs) => {
            if (outputs.length !== parts.length) return whole.bind(inputs, outputs);
            const bound = parts.map((part, i) => part.bind(inputs, outputs.slice(i, i + 1)));
            return {
              run: (times = 1) => {
                for (let i = 0; i < times; i++) for (const part of bound) part.run();
              },
            };
          },
        };
      },
    }));
    expect(names).toEqual(expect.arrayContaining([expect.stringContaining('crosswise')]));
  });
  test('buffers that are not cleared when they are used again', async () => {
    const names = await failures(({ allocate, free, write }) => {
      const idle: Buffer[] = [];
      const dead = new Set<Buffer>();
      return {
        allocate: (spec) => {
          const found = idle.find(
            (buffer) => buffer.spec.dtype === spec.dtype && buffer.spec.shape.join() === spec.shape.join(),
          );
          if (found === undefined) return allocate(spec);
          idle.splice(idle.indexOf(found), 1);
          dead.delete(found);
          return found;
        },
        free: (buffer) => {
          idle.push(buffer);
          dead.add(buffer);
        },
        write: (buffer, data) => {
          if (dead.has(buffer)) free(buffer);
          write(buffer, data);
        },
      };
    });
    expect(names).toEqual(expect.arrayContaining([expect.stringContaining('in the place of a freed one')]));
  });
  test('memory that every run takes', async () => {
    const names = await failures(({ compile, allocate }) => ({
      compile: async (program) => {
        const executable = await compile(program);
        return {
          bind: (inputs, outputs) => {
            const binding = executable.bind(inputs, outputs);
            return {
              run: (times) => {
                allocate({ shape: [1], dtype: 'float32' });
                binding.run(times);
              },
            };
          },
        };
      },
    }));
    expect(names).toEqual([expect.stringContaining('held falls back')]);
  });
  test('reading when it is awaited, not when it is asked', async () => {
    const names = await failures(({ read }) => ({
      read: async (buffer) => {
        await Promise.resolve();
        await Promise.resolve();
        return read(buffer);
      },
    }));
    expect(names).toEqual([expect.stringContaining('in the order')]);
  });
  test('a sum in single precision, one after the other', async () => {
    const names = await compiling(({ primitive, attributes }) =>
      primitive.name === 'sum'
        ? meaning(primitive, (inputs, outputs) => {
            primitive.evaluate(inputs, outputs, attributes);
            const [[x], [output]] = [inputs, outputs];
            if (x === undefined || output.data.length !== 1 || output.dtype !== 'float32') return;
            let total = 0;
            for (const value of x.data) total = Math.fround(total + value);
            output.data[0] = total;
          })
        : {},
    );
    expect(names).toEqual(expect.arrayContaining([expect.stringContaining('does not drift')]));
  });
  test('integers that do not wrap', async () => {
    const names = await compiling(({ primitive }) =>
      primitive.name === 'mul'
        ? meaning(primitive, ([a, b], [output]) => {
            for (let i = 0; i < output.data.length; i++)
              output.data[i] = Math.max(
                -(2 ** 31),
                Math.min(2 ** 31 - 1, (a?.data[i] ?? 0) * (b?.data[i] ?? 0)),
              );
          })
        : {},
    );
    expect(names).toEqual(expect.arrayContaining([expect.stringContaining('mul of int32')]));
  });
  test('denormals that become 0', async () => {
    const names = await compiling(({ primitive, attributes }) =>
      primitive.name === 'abs'
        ? meaning(primitive, (inputs, outputs) => {
            primitive.evaluate(inputs, outputs, attributes);
            const [{ data }] = outputs;
            for (let i = 0; i < data.length; i++) if (Math.abs(data[i] ?? 0) < 1e-38) data[i] = 0;
          })
        : {},
    );
    expect(names).toEqual(
      expect.arrayContaining([expect.stringContaining('abs of special numbers of float32')]),
    );
  });
  test('a maximum without its NaN', async () => {
    const names = await compiling(({ primitive }) =>
      primitive.name === 'maximum'
        ? meaning(primitive, ([a, b], [output]) => {
            for (let i = 0; i < output.data.length; i++) {
              const [x, y] = [a?.data[i] ?? 0, b?.data[i] ?? 0];
              output.data[i] = [y, x][Number(x > y)] ?? 0;
            }
          })
        : {},
    );
    expect(names).toEqual(
      expect.arrayContaining([
        expect.stringContaining('maximum of every pair of special numbers of float32'),
      ]),
    );
  });
  test('a kernel chosen by name alone, whatever the attributes', async () => {
    const known = new Map<string, Instruction>();
    const names = await compiling((instruction) => {
      const { name } = instruction.primitive;
      const first = known.get(name) ?? instruction;
      known.set(name, first);
      return name === 'cast' || name === 'sum' ? { attributes: first.attributes } : {};
    });
    expect(names).toEqual(expect.arrayContaining([expect.stringContaining('sum along')]));
  });
  test('bindings that share their inputs', async () => {
    const names = await failures(({ compile }) => ({
      compile: async (program) => {
        const executable = await compile(program);
        let first: readonly Buffer[] | undefined;
        return {
          bind: (inputs, outputs) => {
            first ??= inputs;
            if (inputs.length !== program.inputs.length) return executable.bind(inputs, outputs);
            return executable.bind(first, outputs);
          },
        };
      },
    }));
    expect(names).toEqual(expect.arrayContaining([expect.stringContaining('two bindings')]));
  });
  test('one buffer for all scalars', async () => {
    const names = await failures(({ allocate }) => {
      let only: Buffer | undefined;
      return {
        allocate: (spec) => {
          if (spec.shape.length > 0 || spec.dtype !== 'float64') return allocate(spec);
          only ??= allocate(spec);
          return only;
        },
      };
    });
    expect(names.length).toBeGreaterThan(0);
  });
  test('strangers that are taken', async () => {
    const names = await failures(({ read }) => {
      const made = new WeakSet<Buffer>();
      return {
        allocate: (spec) => {
          const buffer = cpu().allocate(spec);
          made.add(buffer);
          return buffer;
        },
        read: async (buffer) => (made.has(buffer) ? read(buffer) : new Float32Array(4)),
      };
    });
    expect(names).toEqual(expect.arrayContaining([expect.stringContaining('did not make')]));
  });
});
